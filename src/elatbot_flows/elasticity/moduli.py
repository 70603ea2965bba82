"""Isotropic averages of an elastic tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from monty.json import MSONable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Moduli", "moduli_from_tensor"]


@dataclass(frozen=True)
class Moduli(MSONable):
    """Elastic moduli of a polycrystal (Voigt-Reuss-Hill averages unless the name says otherwise).

    Parameters
    ----------
    bulk_modulus, shear_modulus, youngs_modulus
        GPa.
    poisson_ratio
        Homogeneous Poisson ratio.
    pugh_ratio
        K/G.
    universal_anisotropy
        5 G_V/G_R + K_V/K_R - 6 (Ranganathan and Ostoja-Starzewski 2008).
    bulk_modulus_voigt, bulk_modulus_reuss, shear_modulus_voigt, shear_modulus_reuss
        GPa.
    """

    bulk_modulus: float
    shear_modulus: float
    youngs_modulus: float
    poisson_ratio: float
    pugh_ratio: float
    universal_anisotropy: float
    bulk_modulus_voigt: float
    bulk_modulus_reuss: float
    shear_modulus_voigt: float
    shear_modulus_reuss: float


def moduli_from_tensor(tensor: ArrayLike) -> Moduli:
    """Moduli of an elastic tensor.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, GPa; finite and not singular.

    Raises
    ------
    ValueError
        If the tensor is not a finite 6x6 matrix, or cannot be inverted.

    Notes
    -----
    Voigt and Reuss bounds and Hill's mean as in Hill, Proc. Phys. Soc. A 65, 349 (1952);
    E = 9KG/(3K+G), nu = (3K-2G)/(6K+2G).
    """
    matrix = np.asarray(tensor, dtype=float)
    if matrix.shape != (6, 6) or not np.isfinite(matrix).all():
        raise ValueError("an elastic tensor is a finite 6x6 matrix")
    if np.linalg.matrix_rank(matrix) < 6:
        raise ValueError("the elastic tensor is singular: it has no compliance")
    stiffness = 0.5 * (matrix + matrix.T)
    bulk_voigt, shear_voigt = _voigt(stiffness)
    bulk_reuss, shear_reuss = _reuss(np.linalg.inv(stiffness))
    bulk, shear = 0.5 * (bulk_voigt + bulk_reuss), 0.5 * (shear_voigt + shear_reuss)
    return Moduli(
        bulk_modulus=bulk,
        shear_modulus=shear,
        youngs_modulus=9 * bulk * shear / (3 * bulk + shear),
        poisson_ratio=(3 * bulk - 2 * shear) / (6 * bulk + 2 * shear),
        pugh_ratio=bulk / shear,
        universal_anisotropy=5 * shear_voigt / shear_reuss + bulk_voigt / bulk_reuss - 6,
        bulk_modulus_voigt=bulk_voigt,
        bulk_modulus_reuss=bulk_reuss,
        shear_modulus_voigt=shear_voigt,
        shear_modulus_reuss=shear_reuss,
    )


def _sums(matrix: NDArray[np.float64]) -> tuple[float, float, float]:
    """Sums of 11, 22, 33; of 12, 13, 23; and of 44, 55, 66."""
    diagonal = np.diag(matrix)
    beside = matrix[0, 1] + matrix[0, 2] + matrix[1, 2]
    return float(diagonal[:3].sum()), float(beside), float(diagonal[3:].sum())


def _voigt(stiffness: NDArray[np.float64]) -> tuple[float, float]:
    normal, beside, shear = _sums(stiffness)
    return (normal + 2 * beside) / 9, (normal - beside + 3 * shear) / 15


def _reuss(compliance: NDArray[np.float64]) -> tuple[float, float]:
    normal, beside, shear = _sums(compliance)
    return 1 / (normal + 2 * beside), 15 / (4 * normal - 4 * beside + 3 * shear)
