"""Tetragonal tensors whose fourfold axis is along x or y, turned so that it is along z.

Of 706 published tensors 28 are in such a setting. Independent constants cannot be read from them,
and a model that learns both settings has two right answers to one question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.laue import project_on_laue_class

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["turned_to_z"]

_TETRAGONAL = ("4/m", "4/mmm")
_CYCLIC = ((1, 2, 0, 4, 5, 3), (2, 0, 1, 5, 3, 4))
"""Voigt indices after x, y, z become y, z, x, and z, x, y."""
_ROUNDING = 5.0  # GPa, entry by entry; published labels are rounded and not symmetrised


def turned_to_z(tensor: ArrayLike, laue: str) -> NDArray[np.float64] | None:
    """A tensor in the conventional setting; None if it is in it, or in none.

    Parameters
    ----------
    tensor
        GPa, Voigt order, shape (6, 6).
    laue
        Laue class of the crystal; only ``"4/m"`` and ``"4/mmm"`` have such settings.

    Returns
    -------
    numpy.ndarray or None
        The tensor with its axes exchanged in a circle, entries unchanged, if that fits the class
        within 5 GPa and the tensor as it is does not.
    """
    array = np.asarray(tensor, dtype=float)
    if laue not in _TETRAGONAL or _misfit(array, laue) <= _ROUNDING:
        return None
    turned = [array[np.ix_(order, order)] for order in _CYCLIC]
    best = min(turned, key=lambda each: _misfit(each, laue))
    return best if _misfit(best, laue) <= _ROUNDING else None


def _misfit(tensor: NDArray[np.float64], laue: str) -> float:
    """Largest entry that has to change for the tensor to have the symmetry, GPa."""
    return float(np.abs(project_on_laue_class(tensor, laue).tensor - tensor).max())
