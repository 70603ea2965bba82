"""Mechanical stability of a crystal at zero stress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["smallest_eigenvalue"]

_MANDEL = np.array([1.0, 1.0, 1.0, np.sqrt(2), np.sqrt(2), np.sqrt(2)])


def smallest_eigenvalue(tensor: ArrayLike) -> float:
    """Smallest eigenvalue (GPa) of an elastic tensor; the crystal is stable if it is positive.

    Born's conditions for any crystal class amount to the stiffness being positive definite
    (Mouhat and Coudert, Phys. Rev. B 90, 224104 (2014)). Mandel's scaling is used, in which the
    eigenvalues do not depend on the choice of axes.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, GPa.
    """
    matrix = np.asarray(tensor, dtype=float)
    scaled = 0.5 * (matrix + matrix.T) * np.outer(_MANDEL, _MANDEL)
    return float(np.linalg.eigvalsh(scaled)[0])
