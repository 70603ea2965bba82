"""How the elastic response of a crystal depends on direction.

With the compliance s of rank four, a unit vector n and a unit vector m across it (Nye, Physical
Properties of Crystals, 1985, chapter VIII; Marmier et al., Comput. Phys. Commun. 181, 2102
(2010))::

    Young's modulus          1 / E(n)      = s_ijkl n_i n_j n_k n_l
    linear compressibility   beta(n)       = s_ijkk n_i n_j
    shear modulus            1 / G(n, m)   = 4 s_ijkl n_i m_j n_k m_l
    Poisson ratio            nu(n, m)      = -s_ijkl n_i n_j m_k m_l E(n)

The extremes over m are eigenvalues of a 2x2 matrix, so that only n is searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from monty.json import MSONable

from elatbot_flows.elasticity.mandel import mandel_from_voigt
from elatbot_flows.elasticity.sphere import lowest_on_sphere, unit_vectors, vectors_across
from elatbot_flows.elasticity.stability import smallest_eigenvalue

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DirectionalModuli",
    "Extremes",
    "directional_moduli",
    "linear_compressibility",
    "poisson_ratio_bounds",
    "shear_modulus_bounds",
    "youngs_modulus",
]

_ROOT2 = np.sqrt(2.0)
_DILATION = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True)
class Extremes(MSONable):
    """Smallest and largest value over all directions.

    Parameters
    ----------
    minimum, maximum
        In the unit of the quantity.
    minimum_direction, maximum_direction
        Unit vectors n where they are found, to six decimals; one of several if symmetry makes
        them equal.
    """

    minimum: float
    maximum: float
    minimum_direction: tuple[float, float, float]
    maximum_direction: tuple[float, float, float]

    def __post_init__(self) -> None:
        for name in ("minimum_direction", "maximum_direction"):  # documents turn tuples into lists
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def anisotropy(self) -> float:
        """Largest over smallest value; infinite if the smallest is not positive."""
        return self.maximum / self.minimum if self.minimum > 0 else float("inf")


@dataclass(frozen=True)
class DirectionalModuli(MSONable):
    """Extremes of the directional moduli of a crystal.

    Parameters
    ----------
    youngs_modulus, shear_modulus
        GPa.
    linear_compressibility
        1/GPa; negative where the crystal grows under hydrostatic pressure.
    poisson_ratio
        Dimensionless.
    """

    youngs_modulus: Extremes
    shear_modulus: Extremes
    linear_compressibility: Extremes
    poisson_ratio: Extremes


def youngs_modulus(tensor: ArrayLike, directions: ArrayLike) -> NDArray[np.float64]:
    """Young's modulus along directions.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, GPa, positive definite.
    directions
        Shape (..., 3), of any length but zero.

    Returns
    -------
    numpy.ndarray
        GPa, shape (...).

    Raises
    ------
    ValueError
        If the tensor is not a positive definite 6x6 matrix, or a direction has no length.
    """
    return _youngs(_compliance(tensor), unit_vectors(directions))


def linear_compressibility(tensor: ArrayLike, directions: ArrayLike) -> NDArray[np.float64]:
    """Relative shortening along directions for each GPa of hydrostatic pressure.

    Parameters and errors are those of :func:`youngs_modulus`.

    Returns
    -------
    numpy.ndarray
        1/GPa, shape (...).
    """
    return _compressibility(_compliance(tensor), unit_vectors(directions))


def shear_modulus_bounds(
    tensor: ArrayLike, directions: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest shear modulus on planes with given normals.

    Parameters and errors are those of :func:`youngs_modulus`; the directions are the normals, and
    the modulus varies with the direction of shear in the plane.

    Returns
    -------
    tuple of numpy.ndarray
        GPa, shape (...) each.
    """
    return _shear(_compliance(tensor), unit_vectors(directions))


def poisson_ratio_bounds(
    tensor: ArrayLike, directions: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest Poisson ratio under tension along directions.

    Parameters and errors are those of :func:`youngs_modulus`; the ratio varies with the direction
    across, in which the contraction is measured.

    Returns
    -------
    tuple of numpy.ndarray
        Shape (...) each.
    """
    return _poisson(_compliance(tensor), unit_vectors(directions))


def directional_moduli(tensor: ArrayLike) -> DirectionalModuli:
    """Extremes over all directions: a grid on the sphere, the best points of it refined.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, GPa, positive definite.

    Raises
    ------
    ValueError
        If the tensor is not a positive definite 6x6 matrix.
    """
    compliance = _compliance(tensor)
    return DirectionalModuli(
        youngs_modulus=_extremes(lambda n: (_youngs(compliance, n),) * 2),
        shear_modulus=_extremes(lambda n: _shear(compliance, n)),
        linear_compressibility=_extremes(lambda n: (_compressibility(compliance, n),) * 2),
        poisson_ratio=_extremes(lambda n: _poisson(compliance, n)),
    )


def _compliance(tensor: ArrayLike) -> NDArray[np.float64]:
    """Compliance in Mandel's scaling, where it is the inverse of the stiffness."""
    matrix = np.asarray(tensor, dtype=float)
    if matrix.shape != (6, 6) or not np.isfinite(matrix).all():
        raise ValueError("an elastic tensor is a finite 6x6 matrix")
    if smallest_eigenvalue(matrix) <= 1e-10 * np.abs(matrix).max():
        raise ValueError(
            "the elastic tensor is not positive definite, so the crystal is unstable and has no "
            "moduli along directions; relax it further or discard it"
        )
    return np.asarray(np.linalg.inv(mandel_from_voigt(0.5 * (matrix + matrix.T))))


def _dyad(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mandel components of the symmetric part of u v, shape (..., 6)."""
    axial = u * v
    i, j = [1, 0, 0], [2, 2, 1]
    shear = (u[..., i] * v[..., j] + u[..., j] * v[..., i]) / _ROOT2
    return np.concatenate([axial, shear], axis=-1)


def _youngs(compliance: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    along = _dyad(n, n)
    return np.asarray(1.0 / ((along @ compliance) * along).sum(axis=-1))


def _compressibility(
    compliance: NDArray[np.float64], n: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(_dyad(n, n) @ (compliance @ _DILATION))


def _shear(
    compliance: NDArray[np.float64], n: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = (_dyad(n, m) for m in vectors_across(n))
    at_a, at_b = a @ compliance, b @ compliance
    smallest, largest = _bounds((at_a * a).sum(-1), (at_b * b).sum(-1), (at_a * b).sum(-1))
    return 0.25 / largest, 0.25 / smallest


def _poisson(
    compliance: NDArray[np.float64], n: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = vectors_across(n)
    response = -_youngs(compliance, n)[..., None] * (_dyad(n, n) @ compliance)
    return _bounds(*((response * _dyad(u, v)).sum(-1) for u, v in ((a, a), (b, b), (a, b))))


def _bounds(
    aa: NDArray[np.float64], bb: NDArray[np.float64], ab: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues of symmetric 2x2 matrices."""
    middle, half = 0.5 * (aa + bb), np.hypot(0.5 * (aa - bb), ab)
    return middle - half, middle + half


def _extremes(
    bounds: Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> Extremes:
    """Minimum of the first and maximum of the second of two functions on the sphere."""
    minimum, at_minimum = lowest_on_sphere(lambda n: bounds(n)[0])
    maximum, at_maximum = lowest_on_sphere(lambda n: -bounds(n)[1])
    return Extremes(minimum, -maximum, at_minimum, at_maximum)
