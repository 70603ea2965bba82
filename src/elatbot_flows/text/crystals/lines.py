"""The crystals of crystal-text-llm (Gruver et al., ICLR 2024), which LLaMat took over.

Lengths (A, one decimal), angles (whole degrees), then for each site a line with its element and a
line with its fractional coordinates (two decimals)::

    4.2 4.2 6.7
    90 90 120
    Ga
    0.37 0.85 0.89

A text ends with its last coordinate: whether atoms are missing at the end only the formula that
was asked for can tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.written import (
    LONGEST_TEXT,
    MOST_SITES,
    WrittenCrystal,
    check_apart,
    check_cell,
    number,
    require_element,
)
from elatbot_flows.text.formula import element_symbols

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Structure

__all__ = ["Lines", "describe", "parse", "read_sites", "render", "render_lines", "to_crystal"]

_END = re.compile(r"</s>|<eos>|<\|end_of_text\|>|<\|eot_id\|>")
_COORDINATE = re.compile(r"-?[0-9]\.[0-9]{2,8}")
_SHORT = re.compile(r"-?(?:[0-9](?:\.[0-9]{0,8})?)?")
_NUMBERS = 3
_ANY = "1 1 1"
_OUTSIDE = 1.0
"""How far outside the cell a coordinate may lie, in cells."""


@dataclass(frozen=True)
class Lines:
    """What the lines say.

    Parameters
    ----------
    lengths
        a, b, c in A.
    angles
        alpha, beta, gamma in degrees.
    species
        Element of each site.
    coordinates
        Fractional coordinates of each site.
    """

    lengths: tuple[float, ...]
    angles: tuple[float, ...]
    species: tuple[str, ...]
    coordinates: tuple[tuple[float, ...], ...]


def describe(structure: Structure, shift: Sequence[float] = (0.0, 0.0, 0.0)) -> Lines:
    """Gather what the lines say.

    Parameters
    ----------
    structure
        Any cell of an ordered crystal; it stays the cell it is.
    shift
        Fractional translation of the whole crystal; training draws one at random.

    Raises
    ------
    ParseError
        With reason ``"disordered"`` or ``"no_sites"``.
    """
    if not structure.is_ordered:
        raise refusal(Reason.DISORDERED, structure.composition.reduced_formula)
    if not len(structure):
        raise refusal(Reason.NO_SITES)
    lattice = structure.lattice
    return Lines(
        tuple(lattice.abc),
        tuple(lattice.angles),
        tuple(site.specie.symbol for site in structure),
        tuple(tuple(row) for row in ((structure.frac_coords + list(shift)) % 1.0).tolist()),
    )


def render_sites(facts: Lines) -> str:
    """The lines of the sites."""
    pairs = zip(facts.species, facts.coordinates, strict=True)
    return "\n".join(f"{symbol}\n{' '.join(f'{x:.2f}' for x in row)}" for symbol, row in pairs)


def render_lines(facts: Lines) -> str:
    """Write what the lines say. Angles are rounded; the original cuts 119.99 to 119."""
    lengths = " ".join(f"{each:.1f}" for each in facts.lengths)
    angles = " ".join(f"{each:.0f}" for each in facts.angles)
    return f"{lengths}\n{angles}\n{render_sites(facts)}"


def render(structure: Structure, shift: Sequence[float] = (0.0, 0.0, 0.0)) -> str:
    """Write a crystal; see `describe`.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> print(render(Structure(Lattice.cubic(2.87), ["Ni", "Al"], [[0, 0, 0], [0.5] * 3])))
    2.9 2.9 2.9
    90 90 90
    Ni
    0.00 0.00 0.00
    Al
    0.50 0.50 0.50
    """
    return render_lines(describe(structure, shift))


def parse(text: str, *, tolerant: bool = False) -> WrittenCrystal:
    """Read a crystal.

    Parameters
    ----------
    text
        An answer, without its question.
    tolerant
        Also read a crystal that stands whole behind other text, is followed by a token that ends
        texts, or has other decimals, and say so. Nothing is guessed: a number that is missing or
        has words in it is a refusal.

    Raises
    ------
    ParseError
        With a `elatbot_flows.text.crystals.reasons.Reason`.
    """
    rows, after = _rows(text)
    first, ended = _start(rows), after is not None
    if any(_is_three(row) for row in [*rows[:first], *(after or "").split("\n")]):
        raise refusal(Reason.AMBIGUOUS, "coordinates before or behind the crystal")
    lengths, angles = (tuple(map(float, rows[first + i].split())) for i in (0, 1))
    facts = Lines(lengths, angles, *read_sites(rows[first + 2 :]))
    found = {
        "leading_text": first > 0,
        "end_token": ended,
        "outside": not all(0 <= x <= 1 for row in facts.coordinates for x in row),
        "other_form": "\n".join(rows[first:]) != render_lines(facts),
        "blank_lines": len(rows) != text.strip().count("\n") + 1 and not ended,
    }
    repairs = tuple(name for name, needed in found.items() if needed)
    if repairs and not tolerant:
        other = found["leading_text"] or ended
        raise refusal(Reason.OTHER_TEXT if other else Reason.OTHER_FORM, repairs[0])
    return WrittenCrystal(to_crystal(facts), repairs=repairs)


def to_crystal(facts: Lines) -> Structure:
    """The crystal, if there can be one.

    Raises
    ------
    ParseError
        With reason ``"impossible_cell"``, ``"atoms_too_close"``, ...
    """
    from pymatgen.core import Lattice, Structure

    check_cell(facts.lengths, facts.angles)
    lattice = Lattice.from_parameters(*facts.lengths, *facts.angles)
    crystal = Structure(lattice, list(facts.species), list(facts.coordinates), to_unit_cell=True)
    check_apart(crystal)
    return crystal


def _rows(text: str) -> tuple[list[str], str | None]:
    """Lines that are not empty, up to a token that ends texts; what follows it, if there is one."""
    if len(text) > LONGEST_TEXT:
        raise refusal(Reason.TOO_LARGE, f"{len(text)} characters")
    before, *after = _END.split(text, maxsplit=1)
    rows = [" ".join(line.split()) for line in before.split("\n") if line.strip()]
    if not rows:
        raise refusal(Reason.EMPTY)
    return rows, after[0] if after else None


def _is_three(row: str) -> bool:
    words = [number(word) for word in row.split()]
    return len(words) == _NUMBERS and None not in words


def _start(rows: list[str]) -> int:
    """Where the cell begins: three lengths, three angles, and no third row of numbers."""
    found = [i for i in range(len(rows) - 1) if _is_cell(rows[i : i + 3])]
    if not found:
        raise refusal(_without_cell(rows), rows[0])
    if len(found) > 1:
        raise refusal(Reason.AMBIGUOUS, f"{len(found)} cells")
    return found[0]


def _without_cell(rows: list[str]) -> Reason:
    """What a text without a cell lacks."""
    if _is_cell([_ANY, *rows[1:3]]):  # words swallowed the lengths in the first row
        return Reason.NO_LENGTHS
    known = element_symbols()
    sites = any(_is_three(row) for symbol, row in pairwise(rows) if symbol in known)
    return Reason.NO_CELL if sites else Reason.UNKNOWN_FORMAT


def _is_cell(rows: list[str]) -> bool:
    if len(rows) < len("ab"):
        return False
    lengths, angles, *after = ([number(word) for word in row.split()] for row in rows)
    whole = all(len(each) == _NUMBERS and all(each) for each in (lengths, angles))
    # coordinates at the head of a text are no cell, however much they look like one
    return whole and min(filter(None, angles)) > 1 and all(None in row for row in after)


def read_sites(rows: list[str]) -> tuple[tuple[str, ...], tuple[tuple[float, ...], ...]]:
    """Elements and coordinates of sites.

    Raises
    ------
    ParseError
        With reason ``"no_sites"``, ``"too_large"``, ``"bad_site"``, ``"unknown_element"`` or
        ``"cut_off"``.
    """
    if not rows:
        raise refusal(Reason.NO_SITES)
    if len(rows) > 2 * MOST_SITES:
        raise refusal(Reason.TOO_LARGE, f"{len(rows) // 2} sites")
    places = [row.split() for row in rows[1::2]]
    digits = len(places[0][0].partition(".")[2]) if places else 0
    for symbol, words in zip(rows[::2], places, strict=False):
        if len(words) != _NUMBERS or not all(_is_coordinate(word, digits) for word in words):
            # shortened at the very end, as a text is that had no room for more
            whole = words is places[-1] and len(rows) % 2 == 0 and all(map(_SHORT.fullmatch, words))
            raise refusal(Reason.CUT_OFF if whole else Reason.BAD_SITE, f"{symbol} {words}")
        require_element(symbol)
    if len(rows) % 2:
        raise refusal(Reason.CUT_OFF, rows[-1])
    return tuple(rows[::2]), tuple(tuple(map(float, words)) for words in places)


def _is_coordinate(word: str, digits: int) -> bool:
    shaped = _COORDINATE.fullmatch(word) and len(word.partition(".")[2]) == digits
    return bool(shaped) and -_OUTSIDE <= float(word) <= 1 + _OUTSIDE
