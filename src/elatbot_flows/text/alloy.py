"""Formulas of alloys, whose amounts may be fractions: ``"Ni72.1Al10.4Cr1Fe3.2Ti13.3"``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from elatbot_flows.text.formula import read_composition
from elatbot_flows.text.temperature_text import percentages

if TYPE_CHECKING:
    from pymatgen.core.composition import Composition

__all__ = ["Percent", "atomic_percent", "parse_alloy", "simplest_formula"]

Percent = tuple[tuple[str, float], ...]
"""Elements by symbol, each with its atomic percent rounded to 0.01."""
_LARGEST_UNIT = 60
"""Atoms of the largest formula unit that percent are recognised as."""
_AMOUNT = r"(?:(?=[0-9.]*[1-9])[0-9]{1,5}(?:\.[0-9]{1,6})?)?"
_PART = rf"[A-Z][a-z]?{_AMOUNT}"
_FORMULA = re.compile(rf"(?:{_PART}|\((?:{_PART})+\){_AMOUNT})+")


def parse_alloy(text: str) -> Composition:
    """Read a formula whose amounts may have decimals, with at most one level of parentheses.

    Parameters
    ----------
    text
        The formula alone; blanks around it are ignored.

    Returns
    -------
    Composition
        Amounts as written.

    Raises
    ------
    ParseError
        With reason ``"not_a_formula"`` or ``"unknown_element"``.
    """
    return read_composition(text, _FORMULA, "write symbols with amounts, e.g. Ni3Al or Ti44Al56")


def atomic_percent(composition: Composition) -> Percent:
    """Atomic percent of each element rounded to 0.01, by symbol: the same for the same alloy.

    ``MgCu2`` and ``Mg33.33Cu66.67`` are one alloy.
    """
    return tuple(sorted(percentages(composition)))


def simplest_formula(text: str) -> str:
    """One name for an alloy, however it is written: the reduced formula with whole numbers, if any.

    Parameters
    ----------
    text
        A formula; amounts may have decimals.

    Returns
    -------
    str
        Pymatgen's reduced formula. If the amounts have decimals, that of the smallest formula unit
        with the same atomic percents, rounded to 0.01; of the percents themselves if there is none.

    Raises
    ------
    ParseError
        As `parse_alloy`.

    Examples
    --------
    >>> simplest_formula("Ni3Al"), simplest_formula("Mg33.33Cu66.67")
    ('AlNi3', 'MgCu2')
    >>> simplest_formula("Ga1.58Cu98.42")
    'Ga1.58Cu98.42'
    """
    composition = parse_alloy(text)
    if "." not in text:
        return str(composition.reduced_formula)
    from pymatgen.core.composition import Composition

    percent = dict(atomic_percent(composition))
    for atoms in range(len(percent), _LARGEST_UNIT + 1):
        counts = {symbol: round(part * atoms / 100) for symbol, part in percent.items()}
        unit = Composition(counts)
        if all(counts.values()) and dict(atomic_percent(unit)) == percent:
            return str(unit.reduced_formula)
    return str(Composition(percent).reduced_formula)
