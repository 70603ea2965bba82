r"""Elastic tensor from the second derivatives of the energy at the relaxed crystal.

With strains :math:`\epsilon` and displacements :math:`u` the energy is quadratic,
:math:`E = \frac12 (\epsilon, u) H (\epsilon, u)^T`, and eliminating the displacements gives the
relaxed-ion tensor :math:`C = (H_{\epsilon\epsilon} - H_{\epsilon u} H_{uu}^{-1} H_{u\epsilon}) / V`
(Born and Huang 1954; Wu, Vanderbilt and Hamann, Phys. Rev. B 72, 035105 (2005)).

Every gradient measured at a displaced point is one product :math:`H x`. The space group turns it
into the products for all images of :math:`x`, so a few general directions are enough: as many as
the largest ratio of multiplicity to dimension among the irreducible representations, for instance
one for the L1_2 structure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.symmetry import translation_free
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from elatbot_flows.elasticity.symmetry import CrystalSymmetry

__all__ = [
    "Response",
    "choose_directions",
    "hessian_from_products",
    "optical_modes",
    "response",
]

_TRIALS, _TRIALS_WITHOUT_STRAIN = 30, 5
"""Draws of directions; few where only the sign of a curvature is asked for, in large cells."""
_WORST_CONDITION = 25.0
_DEGENERATE = 1e-6
"""Eigenvalues this near, relative to the largest, are one that belongs to several directions: the
symmetry, which measured derivatives are given exactly, makes them equal."""
_MANDEL_TO_VOIGT = np.array([1.0, 1.0, 1.0, 2.0**0.5, 2.0**0.5, 2.0**0.5])


@dataclass(frozen=True)
class Response:
    """Second derivatives of the energy of a crystal, and the elastic tensors that follow.

    Parameters
    ----------
    relaxed, clamped
        Elastic tensors with ions relaxed and clamped, shape (6, 6), Voigt order, in the unit of
        energy over volume.
    softest_mode
        Smallest curvature of the energy along a displacement of the atoms at fixed cell, that is
        smallest eigenvalue of the force constants at the zone centre without translations; inf
        for one atom.
    soft_modes
        Orthonormal displacements with that curvature, coordinates as columns, shape (6 + 3 n, m);
        m is 0 for one atom.
    soft_strains
        Strains of the smallest eigenvalue of `relaxed`, each of length 1 (Mandel) and with the
        displacements that it causes, shape (6 + 3 n, m).
    asymmetry
        How far the measured second derivatives were from being symmetric, relative to their
        size: an estimate of the error.
    """

    relaxed: NDArray[np.float64]
    clamped: NDArray[np.float64]
    softest_mode: float
    soft_modes: NDArray[np.float64]
    soft_strains: NDArray[np.float64]
    asymmetry: float


def choose_directions(
    symmetry: CrystalSymmetry, seed: int = 0, *, strains: bool = True
) -> NDArray[np.float64]:
    """A few general directions whose images under the space group span all coordinates.

    Parameters
    ----------
    symmetry
        The space group.
    seed
        Directions are drawn at random; the best conditioned of some draws are taken.
    strains
        Whether the cell is strained too; the images otherwise span all displacements.

    Returns
    -------
    numpy.ndarray
        Shape (6 + 3 n, m); strain part and largest displacement of an atom of length 1 each.
    """
    rng = np.random.default_rng(seed)
    free = translation_free(symmetry.dimension)
    rank = symmetry.dimension - (3 if strains else 9)
    least = max(1, -(-rank // len(symmetry.matrices)))
    trials = _TRIALS if strains else _TRIALS_WITHOUT_STRAIN
    for m in range(least, rank + 2):
        draws = [_draw(rng, free, m, strains=strains) for _ in range(trials)]
        conditions = [_condition(symmetry.orbit(draw), rank) for draw in draws]
        best = int(np.argmin(conditions))
        if conditions[best] < _WORST_CONDITION or (m > rank and np.isfinite(conditions[best])):
            return draws[best]
    raise ValueError("no set of directions spans the coordinates: the symmetry is inconsistent")


def _draw(
    rng: np.random.Generator, free: NDArray[np.float64], m: int, *, strains: bool
) -> NDArray[np.float64]:
    """Random directions, strain and displacements scaled to 1 each."""
    vectors = free @ rng.normal(size=(len(free), m))
    vectors[:6] *= strains / np.linalg.norm(vectors[:6], axis=0)
    steps = np.linalg.norm(vectors[6:].reshape(-1, 3, m), axis=1)
    largest = steps.max(axis=0)
    vectors[6:] /= np.where(largest > 1e-9, largest, 1.0)
    return np.asarray(vectors)


def _condition(orbit: NDArray[np.float64], rank: int) -> float:
    weights = np.linalg.svd(orbit, compute_uv=False)
    if len(weights) < rank or weights[rank - 1] < 1e-6 * weights[0]:
        return np.inf
    return float(weights[0] / weights[rank - 1])


def hessian_from_products(
    directions: NDArray[np.float64], products: NDArray[np.float64], symmetry: CrystalSymmetry
) -> tuple[NDArray[np.float64], float]:
    """The symmetric matrix H whose products with `directions` were measured.

    Parameters
    ----------
    directions, products
        Shape (6 + 3 n, m) each; column k of `products` is H times column k of `directions`.
    symmetry
        The space group, under which H is invariant.

    Returns
    -------
    numpy.ndarray
        H, shape (6 + 3 n, 6 + 3 n), zero for uniform translations.
    float
        Norm of the antisymmetric part over that of H.

    Raises
    ------
    StructureError
        With the reason ``"isolated_atoms"`` if no strain and no displacement changes any force.
    """
    if not np.any(products):
        message = "no strain changes a stress or force: atoms are farther apart than the judge sees"
        raise StructureError(message, "isolated_atoms")
    free = translation_free(symmetry.dimension)
    inputs = symmetry.orbit(free @ directions)
    outputs = symmetry.orbit(free @ products)
    raw = outputs @ np.linalg.pinv(inputs, rcond=1e-8)
    asymmetry = float(np.linalg.norm(raw - raw.T) / (2 * np.linalg.norm(raw)))
    return 0.5 * (raw + raw.T), asymmetry


def response(hessian: NDArray[np.float64], volume: float, asymmetry: float = 0.0) -> Response:
    """Elastic tensors and the softest displacement from second derivatives.

    Parameters
    ----------
    hessian
        Shape (6 + 3 n, 6 + 3 n), energy over (strain in Mandel components, displacement).
    volume
        Of the cell.
    asymmetry
        Passed through.
    """
    strain, mixed = hessian[:6, :6], hessian[:6, 6:]
    values, vectors = optical_modes(hessian)
    coupling = mixed @ vectors
    relaxed = strain - (coupling / values) @ coupling.T
    stiffness, strains = np.linalg.eigh(relaxed)
    strains = strains[:, _lowest(stiffness)]
    shifts = -vectors @ ((coupling.T @ strains) / values[:, None])
    modes = vectors[:, _lowest(values)]
    scale = np.outer(_MANDEL_TO_VOIGT, _MANDEL_TO_VOIGT)
    return Response(
        relaxed=relaxed / volume / scale,
        clamped=strain / volume / scale,
        softest_mode=float(values[0]) if len(values) else np.inf,
        soft_modes=np.vstack([np.zeros((6, modes.shape[1])), modes]),
        soft_strains=np.vstack([strains, shifts]),
        asymmetry=asymmetry,
    )


def optical_modes(
    hessian: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Curvatures along displacements of atoms, ascending, and their modes as columns.

    Uniform translations are left out.

    Parameters
    ----------
    hessian
        As for `response`.
    """
    values, vectors = np.linalg.eigh(hessian[6:, 6:])
    translations = 1.0 - np.linalg.norm(translation_free(len(hessian))[6:, 6:] @ vectors, axis=0)
    optical = translations < 0.5
    return values[optical], vectors[:, optical]


def _lowest(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of some ascending eigenvalues equal the first."""
    return np.asarray(values <= values[:1] + _DEGENERATE * np.abs(values).max(initial=0.0))
