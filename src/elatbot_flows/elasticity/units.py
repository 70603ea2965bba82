"""The one border where stresses change units: everything inside this package is in GPa."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["GPA_PER_EV_A3", "ase_stress_to_gpa", "bulk_modulus_from_pressures", "gpa_to_kbar"]

GPA_PER_EV_A3 = 160.21766208
"""1 eV/A^3 in GPa (CODATA 2018 elementary charge)."""


def ase_stress_to_gpa(stress: ArrayLike) -> NDArray[np.float64]:
    """Stress tensor in GPa from ASE's Voigt stress.

    Parameters
    ----------
    stress
        Shape (6,), order xx yy zz yz xz xy, in eV/A^3, positive under tension (ASE's convention).

    Returns
    -------
    numpy.ndarray
        Shape (3, 3), GPa, positive under tension.
    """
    xx, yy, zz, yz, xz, xy = np.asarray(stress, dtype=float) * GPA_PER_EV_A3
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def gpa_to_kbar(stress: ArrayLike) -> NDArray[np.float64]:
    """Stress in kbar with VASP's sign (positive under compression), as atomate2 documents hold it.

    Parameters
    ----------
    stress
        Shape (3, 3), GPa, positive under tension.
    """
    return -10.0 * np.asarray(stress, dtype=float)


def bulk_modulus_from_pressures(volumes: Sequence[float], pressures: Sequence[float]) -> float:
    """Bulk modulus K = -V dP/dV (GPa) from pressures at two volumes about equilibrium.

    Parameters
    ----------
    volumes
        Two volumes, A^3.
    pressures
        Pressures there, GPa, positive under compression.
    """
    (low, high), (at_low, at_high) = volumes, pressures
    return -0.5 * (low + high) * (at_high - at_low) / (high - low)
