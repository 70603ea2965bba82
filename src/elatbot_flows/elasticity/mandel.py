"""Mandel's scaling of 6x6 tensors, in which lengths, angles and inverses are those of rank four."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["mandel_from_voigt", "voigt_from_mandel"]

_ROOTS = np.outer(*[np.repeat([1.0, np.sqrt(2.0)], 3)] * 2)


def mandel_from_voigt(stiffness: ArrayLike) -> NDArray[np.float64]:
    """Multiply shear rows and columns of stiffnesses by the square root of two.

    Parameters
    ----------
    stiffness
        Shape (..., 6, 6), Voigt order.
    """
    return np.asarray(np.asarray(stiffness, dtype=float) * _ROOTS)


def voigt_from_mandel(stiffness: ArrayLike) -> NDArray[np.float64]:
    """Inverse of :func:`mandel_from_voigt`."""
    return np.asarray(np.asarray(stiffness, dtype=float) / _ROOTS)
