"""A crystal that was read from text, with what the text stated and what had to be repaired."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.formula import element_symbols

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

__all__ = [
    "LONGEST_TEXT",
    "MOST_SITES",
    "SYMPREC",
    "Stated",
    "WrittenCrystal",
    "check_apart",
    "check_cell",
    "find_space_group",
    "number",
    "require_element",
]

SYMPREC = 0.1
"""Tolerance of symmetry searches, A; CrystaLLM compares space groups at it."""
LONGEST_TEXT = 200_000
"""Characters."""
MOST_SITES = 1000
"""In a cell, and of an asymmetric unit."""
LENGTHS, ANGLES = (0.5, 1000.0), (10.0, 170.0)
"""What CrystaLLM calls sensible: A, degrees."""
_FLATTEST = 0.02
"""Volume over product of lengths below which a cell has no room between its faces."""
CLOSEST = 0.5
"""CDVAE's smallest distance of two atoms, A; here images of the same atom count too."""
_DECIMAL = re.compile(r"[+-]?[0-9]{1,6}(?:\.[0-9]{1,12})?|[+-]?\.[0-9]{1,12}")


@dataclass(frozen=True)
class Stated:
    """What a text, or the question it answers, says beside the sites; None where it does not.

    Parameters
    ----------
    formula
        Formula, as it is written.
    space_group
        International number.
    volume
        A^3.
    units
        Formula units in the cell.
    """

    formula: str | None = None
    space_group: int | None = None
    volume: float | None = None
    units: int | None = None


@dataclass(frozen=True)
class WrittenCrystal:
    """A crystal read from text.

    Parameters
    ----------
    structure
        All atoms of the cell as it is written.
    stated
        What the text says beside the sites.
    repairs
        What tolerant reading put right, e.g. ``"leading_text"``; empty in strict reading.
    """

    structure: Structure
    stated: Stated = Stated()
    repairs: tuple[str, ...] = ()

    def space_group(self, symprec: float = SYMPREC) -> int | None:
        """Number of the space group that spglib finds within `symprec` (A); None if it fails."""
        return find_space_group(self.structure, symprec)

    def as_stated(self, symprec: float = SYMPREC) -> dict[str, bool]:
        """Whether formula and space group are those stated, for each of them that is."""
        from elatbot_flows.text.formula import reduced_formula

        found: dict[str, bool] = {}
        if self.stated.formula is not None:
            own = self.structure.composition.reduced_formula
            found["formula"] = own == reduced_formula(self.stated.formula)
        if self.stated.space_group is not None:
            found["space_group"] = self.space_group(symprec) == self.stated.space_group
        return found

    def asked_for(self, formula: str | None, space_group: int | None) -> WrittenCrystal:
        """The same, with what its question stated where the text itself states nothing."""
        own = self.stated
        stated = replace(
            own,
            formula=own.formula or formula,
            space_group=own.space_group or space_group,
        )
        return replace(self, stated=stated)


def find_space_group(structure: Structure, symprec: float = SYMPREC) -> int | None:
    """Number of the space group that spglib finds within `symprec` (A); None if it finds none."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer, SymmetryUndeterminedError

    try:
        return int(SpacegroupAnalyzer(structure, symprec=symprec).get_space_group_number())
    except SymmetryUndeterminedError:
        return None


def number(word: str) -> float | None:
    """A decimal number without exponent; None if the word is none."""
    return float(word) if _DECIMAL.fullmatch(word) else None


def require_element(word: str) -> str:
    """The word, which has to be the symbol of an element.

    Raises
    ------
    ParseError
        With reason ``"unknown_element"``.
    """
    if word not in element_symbols():
        raise refusal(Reason.UNKNOWN_ELEMENT, word)
    return word


def check_cell(lengths: Sequence[float], angles: Sequence[float]) -> None:
    """Refuse lengths (A) and angles (degrees) that span no cell a crystal could have.

    Raises
    ------
    ParseError
        With reason ``"impossible_cell"``.
    """
    cosines = [math.cos(math.radians(angle)) for angle in angles]
    squared = 1 - sum(c * c for c in cosines) + 2 * math.prod(cosines)
    sensible = all(LENGTHS[0] <= each <= LENGTHS[1] for each in lengths) and all(
        ANGLES[0] <= each <= ANGLES[1] for each in angles
    )
    if not sensible or squared < _FLATTEST**2:
        raise refusal(Reason.IMPOSSIBLE_CELL, [*lengths, *angles])


def check_apart(structure: Structure) -> None:
    """Refuse atoms, or images of an atom, nearer to each other than 0.5 A, and too many atoms.

    Raises
    ------
    ParseError
        With reason ``"atoms_too_close"``, ``"no_sites"`` or ``"too_large"``.
    """
    if not len(structure):
        raise refusal(Reason.NO_SITES)
    if len(structure) > MOST_SITES:
        raise refusal(Reason.TOO_LARGE, f"{len(structure)} sites")
    first, second, _, apart = structure.get_neighbor_list(CLOSEST, exclude_self=True)
    if len(apart):
        pair = [structure[int(index)].species_string for index in (first[0], second[0])]
        raise refusal(Reason.ATOMS_TOO_CLOSE, f"{' and '.join(pair)}, {apart[0]:.2f} A")
