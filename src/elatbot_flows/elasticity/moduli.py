"""Isotropic averages of an elastic tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from monty.json import MSONable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

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
    from pymatgen.analysis.elasticity import ElasticTensor

    matrix = np.asarray(tensor, dtype=float)
    if matrix.shape != (6, 6) or not np.isfinite(matrix).all():
        raise ValueError("an elastic tensor is a finite 6x6 matrix")
    if np.linalg.matrix_rank(matrix) < 6:
        raise ValueError("the elastic tensor is singular: it has no compliance")
    elastic = ElasticTensor.from_voigt(0.5 * (matrix + matrix.T))
    bulk, shear = float(elastic.k_vrh), float(elastic.g_vrh)
    return Moduli(
        bulk_modulus=bulk,
        shear_modulus=shear,
        youngs_modulus=9 * bulk * shear / (3 * bulk + shear),
        poisson_ratio=(3 * bulk - 2 * shear) / (6 * bulk + 2 * shear),
        pugh_ratio=bulk / shear,
        universal_anisotropy=float(elastic.universal_anisotropy),
        bulk_modulus_voigt=float(elastic.k_voigt),
        bulk_modulus_reuss=float(elastic.k_reuss),
        shear_modulus_voigt=float(elastic.g_voigt),
        shear_modulus_reuss=float(elastic.g_reuss),
    )
