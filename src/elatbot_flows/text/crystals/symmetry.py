"""Symmetry restored from what a text states: space groups, orbits of sites, cells that keep them.

Operations and symbols are those of spglib's database; in the standard setting of all 230 groups
they are the ones that pymatgen's `SpaceGroup` gives for the symbol, which the published models
were trained and are read with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.written import SYMPREC, find_space_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Lattice, Structure

__all__ = [
    "Operations",
    "Restored",
    "conform",
    "number_of",
    "orbit",
    "restore",
    "settings",
    "symbol_of",
]

_ALL_SETTINGS = range(1, 531)
_TOLERANCES = (0.01, 0.03, 0.1, 0.2, 0.3)
"""Widths in A at which `restore` looks for the stated symmetry."""
_SHIFT = 3.3e-8
"""Keeps coordinates that are fractions away from where rounding changes."""


@dataclass(frozen=True)
class Operations:
    """Operations of a space group in one setting.

    Parameters
    ----------
    rotations
        (n, 3, 3), acting on fractional coordinates.
    translations
        (n, 3), fractional.
    """

    rotations: NDArray[np.int_]
    translations: NDArray[np.float64]

    def images(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """All images of a point, (n, 3)."""
        return self.rotations @ point + self.translations

    @property
    def key(self) -> frozenset[tuple[int, ...]]:
        """The same for operations that differ in order or by translations of the lattice alone."""
        shifts = np.round(self.translations * 24).astype(int) % 24
        flat = np.hstack([self.rotations.reshape(len(shifts), 9), shifts])
        return frozenset(map(tuple, flat.tolist()))


@cache
def _halls() -> dict[int, tuple[int, ...]]:
    """Hall numbers of all settings by number of the space group, the standard one first."""
    found: dict[int, tuple[int, ...]] = {}
    for hall in _ALL_SETTINGS:
        number = _known(hall).number
        found[number] = (*found.get(number, ()), hall)
    return found


def _known(hall: int) -> Any:
    """What spglib knows of a setting."""
    import spglib

    return spglib.get_spacegroup_type(hall)


@cache
def _symbols() -> dict[str, int]:
    return {_known(halls[0]).international_short: number for number, halls in _halls().items()}


def number_of(symbol: str) -> int:
    """International number of a short Hermann-Mauguin symbol, blanks in it left out.

    Raises
    ------
    ParseError
        With reason ``"unknown_space_group"``.

    Examples
    --------
    >>> number_of("P4/nmm"), number_of("P 1")
    (129, 1)
    """
    known = _symbols().get(symbol.replace(" ", ""))
    if known is None:
        raise refusal(Reason.UNKNOWN_SPACE_GROUP, symbol)
    return known


def symbol_of(number: int) -> str:
    """Short Hermann-Mauguin symbol of a space group.

    Raises
    ------
    ParseError
        With reason ``"unknown_space_group"``.
    """
    for symbol, known in _symbols().items():
        if known == number:
            return symbol
    raise refusal(Reason.UNKNOWN_SPACE_GROUP, number)


@cache
def settings(number: int) -> tuple[Operations, ...]:
    """Operations of a space group in all its settings, the standard one first."""
    import spglib

    found: list[Any] = [spglib.get_symmetry_from_database(hall) for hall in _halls()[number]]
    return tuple(Operations(each["rotations"], each["translations"]) for each in found)


def conform(lattice: Lattice, operations: Operations) -> tuple[Lattice, float]:
    """The nearest lattice that has the operations, and how far it is away.

    Parameters
    ----------
    lattice
        As stated.
    operations
        Of its space group.

    Returns
    -------
    tuple
        The lattice, its metric averaged over the rotations, and the largest component of
        the strain that leads there.
    """
    from pymatgen.core import Lattice

    metric = lattice.matrix @ lattice.matrix.T
    turned = np.swapaxes(operations.rotations, 1, 2) @ metric @ operations.rotations
    mean = turned.mean(axis=0)
    lengths = np.sqrt(np.diag(mean))
    angles = [
        np.degrees(np.arccos(np.clip(mean[i, j] / lengths[i] / lengths[j], -1, 1)))
        for i, j in ((1, 2), (0, 2), (0, 1))
    ]
    strain = np.abs(mean - metric) / np.outer(lengths, lengths) / 2
    return Lattice.from_parameters(*lengths, *angles), float(strain.max())


def orbit(
    point: Sequence[float],
    lattice: Lattice,
    operations: Operations,
    *,
    multiplicity: int | None = None,
    widths: Sequence[float] = (0.02, 0.002),
) -> NDArray[np.float64] | None:
    """All atoms that stand for one site.

    Images nearer to the site than a width are the site itself, which is put in their middle: on
    its special position, from which four decimals moved it.

    Parameters
    ----------
    point
        Fractional coordinates.
    lattice
        One that has the operations.
    operations
        Of the space group.
    multiplicity
        How many atoms there should be.
    widths
        A, tried in this order until the multiplicity is right.

    Returns
    -------
    array or None
        Fractional coordinates, (n, 3), n the multiplicity; None if no width gives it.
    """
    own = np.asarray(point, dtype=float)
    away = operations.images(own) - own
    away -= np.round(away)
    distances = np.linalg.norm(away @ lattice.matrix, axis=1)
    for width in widths:
        here = distances < width
        images = operations.images(own + away[here].mean(axis=0))
        _, places = np.unique(np.round((images + _SHIFT) % 1.0, 6) % 1.0, axis=0, return_index=True)
        whole = len(places) * int(here.sum()) == len(images)
        if whole and multiplicity in (None, len(places)):
            return np.asarray(images[np.sort(places)] % 1.0)
    return None


@dataclass(frozen=True)
class Restored:
    """A crystal with its stated symmetry.

    Parameters
    ----------
    structure
        Conventional cell, atoms on their Wyckoff positions.
    symprec
        Width within which the symmetry was there, A.
    """

    structure: Structure
    symprec: float


def restore(structure: Structure, space_group: int) -> Restored | None:
    """Put the atoms of a crystal where its stated space group wants them.

    Two decimals move atoms by up to 0.05 A. The narrowest of the widths up to 0.3 A at which spglib
    finds the stated space group is taken; None if none does.
    """
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    for width in _TOLERANCES:
        if find_space_group(structure, width) == space_group:
            found = SpacegroupAnalyzer(structure, symprec=width).get_refined_structure()
            kept = found.composition.reduced_formula == structure.composition.reduced_formula
            if kept and find_space_group(found, min(width, SYMPREC)) == space_group:
                return Restored(found, width)
    return None
