"""Formulas of alloys, whose amounts may be fractions: ``"Ni72.1Al10.4Cr1Fe3.2Ti13.3"``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from elatbot_flows.text.formula import read_composition
from elatbot_flows.text.temperature_text import percentages

if TYPE_CHECKING:
    from pymatgen.core.composition import Composition

__all__ = ["Percent", "atomic_percent", "parse_alloy"]

Percent = tuple[tuple[str, float], ...]
"""Elements by symbol, each with its atomic percent rounded to 0.01."""
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
