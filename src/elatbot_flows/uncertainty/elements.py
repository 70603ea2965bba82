"""Numbers that describe a composition by its elements and its volume per atom."""

from __future__ import annotations

import math
import warnings
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "ELEMENT_COLUMNS",
    "describe",
    "element_table",
    "feature_groups",
    "ionicity_of",
    "shares_of",
]

_LOGARITHMIC = (
    "atomic_mass",
    "molar_volume",
    "melting_point",
    "boiling_point",
    "bulk_modulus",
    "youngs_modulus",
)
_PLAIN = (
    "Z",
    "X",
    "group",
    "row",
    "mendeleev_no",
    "atomic_radius",
    "atomic_radius_calculated",
    "average_ionic_radius",
    "ionization_energy",
    "electron_affinity",
)
_ORBITALS = ("s", "p", "d", "f")
ELEMENT_COLUMNS = (
    *_PLAIN,
    *_LOGARITHMIC,
    *(f"{orbital} electrons" for orbital in _ORBITALS),
    *(f"{orbital} block" for orbital in _ORBITALS),
    "metal",
)
"""Columns of the table of elements: properties as pymatgen names them (logarithms of those that
span decades), valence electrons by orbital, and ones and zeros for block and metal."""
_MOLAR_VOLUME = ELEMENT_COLUMNS.index("molar_volume")
_STATISTICS = 4
_SMALLEST = 1e-3


@cache
def element_table() -> tuple[tuple[str, ...], Array]:
    """Symbols up to Z = 103 and their table, shape ``(103, len(ELEMENT_COLUMNS))``.

    What pymatgen does not know is the median of the column.
    """
    from pymatgen.core import Element

    elements = [Element.from_Z(number) for number in range(1, 104)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing property is a fact here, not a fault
        table = np.array([_properties(element) for element in elements])
    table = np.where(np.isnan(table), np.nanmedian(table, axis=0), table)
    return tuple(element.symbol for element in elements), table


def _properties(element: object) -> list[float]:
    plain = [_number(getattr(element, name)) for name in _PLAIN]
    logs = [math.log(max(_number(getattr(element, n)), _SMALLEST)) for n in _LOGARITHMIC]
    electrons = _valence(element)
    blocks = [float(str(element.block) == orbital) for orbital in _ORBITALS]  # type: ignore[attr-defined]
    return [*plain, *logs, *electrons, *blocks, float(element.is_metal)]  # type: ignore[attr-defined]


def _number(value: object) -> float:
    return math.nan if value is None else float(value)  # type: ignore[arg-type]


def _valence(element: object) -> list[float]:
    """Electrons outside the last full p shell of an earlier row, by orbital."""
    shells = element.full_electronic_structure  # type: ignore[attr-defined]
    row = element.row  # type: ignore[attr-defined]
    closed = [i for i, (n, o, k) in enumerate(shells) if o == "p" and k == 6 and n < row]
    counts = dict.fromkeys(_ORBITALS, 0.0)
    for _, orbital, electrons in shells[max(closed, default=-1) + 1 :]:
        counts[orbital] += electrons
    return list(counts.values())


def shares_of(composition: object) -> dict[str, float]:
    """Shares of atoms by symbol, of a formula or of what pymatgen makes a composition of."""
    from pymatgen.core import Composition

    fractions = Composition(composition).fractional_composition  # type: ignore[arg-type]
    return {element.symbol: float(share) for element, share in fractions.items()}


def ionicity_of(shares: Mapping[str, float]) -> float:
    """Standard deviation of Pauling's electronegativity over the atoms of a composition.

    What pymatgen does not know is the median.

    Examples
    --------
    >>> round(ionicity_of({"Li": 0.5, "F": 0.5}), 2), ionicity_of({"Li": 1.0})
    (1.5, 0.0)
    """
    symbols, table = element_table()
    negativities = table[[symbols.index(symbol) for symbol in shares], ELEMENT_COLUMNS.index("X")]
    weights = np.array(list(shares.values()))
    return float(np.sqrt(weights @ (negativities - weights @ negativities) ** 2))


def describe(
    shares: Mapping[str, float],
    volume_per_atom: float | None,
    table: Mapping[str, Array],
) -> Array:
    """Mean, spread, least and largest of every column, then two numbers of the volume.

    Parameters
    ----------
    shares
        Shares of atoms by symbol; they sum to 1.
    volume_per_atom
        A^3; None gives zeros in the last two places.
    table
        Columns by symbol, as in `element_table`.

    Returns
    -------
    numpy.ndarray
        Shape ``(4 * columns + 2,)``: the last are the logarithm of the volume and of the volume
        over that of the elements by themselves.
    """
    weights = np.array(list(shares.values()))
    rows = np.array([table[symbol] for symbol in shares])
    mean = weights @ rows
    spread = np.sqrt(weights @ (rows - mean) ** 2)
    alone = math.log(float(weights @ np.exp(rows[:, _MOLAR_VOLUME])))
    volume = math.log(volume_per_atom) if volume_per_atom else 0.0
    numbers = [volume, volume - alone] if volume_per_atom else [0.0, 0.0]
    return np.concatenate([mean, spread, rows.min(axis=0), rows.max(axis=0), numbers])


def feature_groups() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every number of `describe`, which statistic and which column it is of."""
    columns = len(ELEMENT_COLUMNS)
    statistic = np.r_[np.repeat(np.arange(_STATISTICS), columns), _STATISTICS, _STATISTICS + 1]
    column = np.r_[np.tile(np.arange(columns), _STATISTICS), columns, columns]
    return statistic, column
