"""How far two compositions are from each other."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from elatbot_flows.text.alloy import Percent

__all__ = ["composition_distances"]

_SCALE = 119
_LAST_ON_SCALE = 103


def composition_distances(
    first: Sequence[Percent], second: Sequence[Percent]
) -> NDArray[np.float64]:
    """Element mover's distance of all pairs of compositions.

    The least sum of (share of atoms) x (steps on the Mendeleev scale of elements) that turns one
    composition into the other. On a line of elements it is the area between the two cumulated
    compositions. Two neighbours on the scale, such as Nb and Ta, are one step from each other;
    elements of different families are tens of steps apart.

    Parameters
    ----------
    first, second
        Atomic percent by symbol.

    Returns
    -------
    numpy.ndarray
        Shape (len(first), len(second)), steps per atom.

    Notes
    -----
    Distance: Hargreaves et al., Chem. Mater. 32, 10610 (2020), with the scale of
    Pettifor (1984) as pymatgen tabulates it in place of the modified one.
    """
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(_cumulated(first), _cumulated(second), "cityblock"))


def _cumulated(compositions: Sequence[Percent]) -> NDArray[np.float64]:
    amounts = np.zeros((len(compositions), _SCALE))
    for row, percent in zip(amounts, compositions, strict=True):
        for symbol, share in percent:
            row[_place(symbol)] += share
    return np.cumsum(amounts / amounts.sum(axis=1, keepdims=True), axis=1)


@cache
def _place(symbol: str) -> int:
    """Place on the scale; elements beyond lawrencium, which it leaves out, follow by number."""
    from pymatgen.core.periodic_table import Element

    element = Element(symbol)
    return int(element.mendeleev_no if element.Z <= _LAST_ON_SCALE else element.Z)
