"""Chemical formulas as text: read strictly, written in one normal form."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymatgen.core.composition import Composition

__all__ = [
    "anonymous_formula",
    "element_symbols",
    "formula_counts",
    "join_counts",
    "parse_formula",
    "read_composition",
    "reduced_formula",
]

_PART = r"[A-Z][a-z]?(?:[1-9][0-9]{0,2})?"
_FORMULA = re.compile(rf"(?:{_PART}|\((?:{_PART})+\)(?:[1-9][0-9]{{0,2}})?)+")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_LONGEST = 200


@cache
def element_symbols() -> tuple[str, ...]:
    """Symbols of the elements 1 (H) to 118 (Og), by atomic number."""
    from pymatgen.core.periodic_table import Element

    return tuple(Element.from_Z(number).symbol for number in range(1, 119))


def parse_formula(text: str) -> Composition:
    """Read a formula such as ``"Ni3Al"`` or ``"Mg(ScGa)2"``.

    Integer counts without leading zeros and at most one level of parentheses are accepted; blanks
    around the formula are ignored.

    Parameters
    ----------
    text
        The formula alone.

    Returns
    -------
    Composition
        Atoms per formula unit, as written.

    Raises
    ------
    ParseError
        With reason ``"not_a_formula"`` or ``"unknown_element"``.
    """
    return read_composition(text, _FORMULA, "write element symbols with whole counts, e.g. Ni3Al")


def read_composition(text: str, grammar: re.Pattern[str], advice: str) -> Composition:
    """Read a formula of a grammar, in which every symbol is that of an element.

    Parameters
    ----------
    text
        The formula alone; blanks around it are ignored.
    grammar
        Matches all of it.
    advice
        What to write instead, for the message.

    Raises
    ------
    ParseError
        With reason ``"not_a_formula"`` or ``"unknown_element"``.
    """
    word = text.strip()
    if len(word) > _LONGEST or not grammar.fullmatch(word):
        raise ParseError(f"{word[:60]!r} is not a formula: {advice}", reason="not_a_formula")
    unknown = sorted(set(_SYMBOL.findall(word)) - set(element_symbols()))
    if unknown:
        raise ParseError(
            f"{word!r} holds {', '.join(unknown)}, which is no chemical element",
            reason="unknown_element",
        )
    from pymatgen.core.composition import Composition

    return Composition(word)


def reduced_formula(text: str) -> str:
    """Pymatgen's reduced formula of `text`: ``"Al2Ni6"`` becomes ``"AlNi3"``.

    Raises
    ------
    ParseError
        If `text` is not a formula.
    """
    return str(parse_formula(text).reduced_formula)


def anonymous_formula(text: str) -> str:
    """Stoichiometry without names: ``"Ni3Al"`` becomes ``"AB3"``.

    Raises
    ------
    ParseError
        If `text` is not a formula.
    """
    return str(parse_formula(text).anonymized_formula)


def formula_counts(text: str) -> tuple[tuple[str, int], ...]:
    """Elements and counts of the reduced formula, in the order of pymatgen's reduced formula.

    ``"Al2Ni6"`` becomes ``(("Al", 1), ("Ni", 3))``.

    Raises
    ------
    ParseError
        If `text` is not a formula.
    """
    from pymatgen.core.composition import Composition

    reduced = Composition(reduced_formula(text))
    return tuple((element.symbol, int(number)) for element, number in reduced.items())


def join_counts(counts: Iterable[tuple[str, int]]) -> str:
    """Write the formula that `counts` spells, in the given order: ``(("Ni", 3),)`` is ``"Ni3"``."""
    return "".join(symbol if number == 1 else f"{symbol}{number}" for symbol, number in counts)
