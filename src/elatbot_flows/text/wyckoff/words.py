"""A crystal in words: space group, formula units, element and letter of each site, free numbers.

Answers for NiAl in the CsCl type and for TiO2 in the rutile type::

    sg221 01 Al @a Ni @b /
    sg136 02 Ti @a O @f / 00 64 30

The number behind the space group is that of formula units in the primitive cell. Behind the bar
come b/a, c/a and angles over 100 degrees, as far as they are free, in two words each, and then the
free coordinates of the sites in hundredths. The size of the cell is left to whoever builds it.
"""

from __future__ import annotations

from functools import cache
from math import gcd
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.wyckoff.positions import free_of_lattice_count, positions, primitive_share
from elatbot_flows.text.wyckoff.protostructure import Protostructure, WyckoffType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ANY_ELEMENT",
    "ANY_LETTER",
    "BAR",
    "BEGIN",
    "BULK",
    "COLON",
    "END",
    "PAIRS",
    "SHEAR",
    "TASKS",
    "group_word",
    "pair",
    "parse",
    "parse_type",
    "render",
    "render_type",
    "vocabulary",
]

PAD, BEGIN, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
"""Special words: filler, start of text, end of text, and what must never occur."""
BAR = "/"
"""Stands between sites and free numbers."""
PAIRS = tuple(f"{number:02d}" for number in range(100))
"""Words for two digits."""
_LETTERS = tuple(f"@{letter}" for letter in "abcdefghijklmnopqrstuvwxyzA")
ANY_ELEMENT, ANY_LETTER = "?", "@?"
"""Stand for an element, and for the letter of a site, that is to be found."""
COLON = ":"
"""Ends a question, and the formula of an answer that chooses it."""
TASKS = ("complete", "generate", "infill")
"""First words of questions."""
BULK, SHEAR = "bulk", "shear"
"""Stand before moduli."""
_CONTROL = (*TASKS, COLON, BAR, BULK, SHEAR, ANY_ELEMENT, ANY_LETTER)


def group_word(number: int) -> str:
    """The word of a space group."""
    return f"sg{number}"


@cache
def vocabulary() -> tuple[str, ...]:
    """All words of the format; the position of a word is its token number."""
    groups = tuple(group_word(number) for number in range(1, 231))
    special = (PAD, BEGIN, END, UNKNOWN, *_CONTROL)
    return (*special, *PAIRS, *_LETTERS, *groups, *CRYSTAL_SYSTEMS, *element_symbols())


def pair(number: int) -> str:
    """The word of a number of atoms.

    Raises
    ------
    ParseError
        With reason ``"too_many_atoms"`` if it has more than two digits.
    """
    if not 0 <= number < len(PAIRS):
        raise ParseError(f"{number} has more than two digits", reason="too_many_atoms")
    return PAIRS[number]


def units_of(kind: WyckoffType) -> int:
    """Formula units in the primitive cell."""
    return gcd(*kind.counts) // primitive_share(kind.spacegroup)


def render_type(kind: WyckoffType, elements: Sequence[str]) -> str:
    """Write space group and occupied positions, with the bar behind them."""
    words = [group_word(kind.spacegroup), pair(units_of(kind))]
    for slot, letter in kind.sites:
        words += [elements[slot], f"@{letter}"]
    return " ".join([*words, BAR])


def render(crystal: Protostructure) -> str:
    """Write a crystal.

    Raises
    ------
    ParseError
        With reason ``"too_many_atoms"`` or, if a ratio is 100 or more, ``"too_long"``.
    """
    words = [render_type(crystal.kind, crystal.elements)]
    for value in _scaled(crystal.kind.spacegroup, crystal.lattice, 0.01):
        hundredths = round(value * 100)
        if hundredths >= 10_000:
            raise ParseError(f"{value:g} has more than four digits", reason="too_long")
        words += [PAIRS[hundredths // 100], PAIRS[hundredths % 100]]
    words += [PAIRS[round(v * 100) % 100] for free in crystal.coordinates for v in free]
    return " ".join(words)


def _scaled(number: int, lattice: Sequence[float], by: float) -> list[float]:
    ratios, _ = free_of_lattice_count(number)
    return [round(v * (1.0 if at < ratios else by), 2) for at, v in enumerate(lattice)]


def parse(text: str) -> Protostructure:
    """Read what `render` writes.

    Raises
    ------
    ParseError
        With reason ``"not_a_crystal"``, ``"unknown_space_group"``, ``"unknown_element"``,
        ``"unknown_position"``, ``"occupied_twice"``, ``"wrong_units"`` or ``"wrong_numbers"``.
    """
    kind, units, elements = parse_type(text)
    _check_positions(kind, text)
    if units_of(kind) != units:
        raise _refused(text, "wrong_units")
    words = text.split()[text.split().index(BAR) + 1 :]
    lattice, coordinates = _free(kind, words, text)
    return Protostructure(kind, elements, lattice, coordinates)


def parse_type(text: str) -> tuple[WyckoffType, int, tuple[str, ...]]:
    """Type, formula units and element of each slot, without a look at what positions there are.

    Raises
    ------
    ParseError
        With reason ``"not_a_crystal"``, ``"unknown_space_group"`` or ``"unknown_element"``.
    """
    words = text.split()
    if words.count(BAR) != 1 or words.index(BAR) < 4 or words.index(BAR) % 2:
        raise _refused(text, "not_a_crystal")
    number, bar = _group_numbers().get(words[0]), words.index(BAR)
    if number is None:
        raise _refused(text, "unknown_space_group")
    if words[1] not in PAIRS:
        raise _refused(text, "wrong_units")
    symbols = words[2:bar:2]
    if any(symbol not in element_symbols() for symbol in symbols):
        raise _refused(text, "unknown_element")
    elements = tuple(dict.fromkeys(symbols))
    letters = (word.removeprefix("@") for word in words[3:bar:2])
    sites = ((elements.index(symbol), at) for symbol, at in zip(symbols, letters, strict=True))
    return WyckoffType(number, tuple(sites)), int(words[1]), elements


@cache
def _group_numbers() -> dict[str, int]:
    return {group_word(number): number for number in range(1, 231)}


def _check_positions(kind: WyckoffType, text: str) -> None:
    known = positions(kind.spacegroup)
    if any(letter not in known for _, letter in kind.sites):
        raise _refused(text, "unknown_position")
    fixed = [letter for _, letter in kind.sites if not known[letter].axes]
    if len(set(fixed)) < len(fixed):
        raise _refused(text, "occupied_twice")


def _free(
    kind: WyckoffType, words: Sequence[str], text: str
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    known: Mapping[str, object] = positions(kind.spacegroup)
    ratios, angles = free_of_lattice_count(kind.spacegroup)
    lengths = [len(known[letter].axes) for _, letter in kind.sites]  # type: ignore[attr-defined]
    pairs = 2 * (ratios + angles)
    if len(words) != pairs + sum(lengths) or any(word not in PAIRS for word in words):
        raise _refused(text, "wrong_numbers")
    values = [int(word) / 100 for word in words]
    cell = [
        round(100 * high + low, 2)
        for high, low in zip(values[:pairs:2], values[1:pairs:2], strict=True)
    ]
    rest = iter(values[pairs:])
    coordinates = tuple(tuple(next(rest) for _ in range(length)) for length in lengths)
    return tuple(_scaled(kind.spacegroup, cell, 100.0)), coordinates


def _refused(text: str, reason: str) -> ParseError:
    return ParseError(f"{text[:80]!r} is not a crystal in Wyckoff positions", reason=reason)
