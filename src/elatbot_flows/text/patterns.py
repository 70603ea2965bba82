"""Regular expressions that answers match, for engines that can decode under one."""

from __future__ import annotations

from functools import cache

from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.constants_text import constant_names
from elatbot_flows.text.formula import element_symbols

__all__ = [
    "COMPACT_MATERIAL",
    "COMPACT_MODULUS",
    "FORMULA",
    "MATERIAL",
    "MATRIX",
    "MODULUS",
    "NUMBER",
    "constants",
]

NUMBER = r"-?(?:0|[1-9][0-9]{0,3})\.[0-9]{1,2}"
"""A number in GPa with a decimal point, without leading zeros: below 10,000 GPa."""
_ROW = r"\[" + ", ".join([NUMBER] * 6) + r"\]"
MATRIX = r"\[" + ", ".join([_ROW] * 6) + r"\]"
"""Six rows of six numbers; that they are symmetric is beyond a regular expression."""
MODULUS = r"(?:0|[1-9][0-9]{0,3})\.[0-9]{1,2}"
"""A positive number in GPa."""
_ELEMENT = "(?:" + "|".join(sorted(element_symbols(), key=lambda s: (-len(s), s))) + ")"
FORMULA = rf"(?:{_ELEMENT}(?:[1-9][0-9]{{0,2}})?){{1,9}}"
"""A formula with whole numbers."""
MATERIAL = rf"{FORMULA}, (?:{'|'.join(CRYSTAL_SYSTEMS)})"
"""Formula and crystal system, as ElaTBot writes them."""
_COMPACT_ELEMENT = rf"{_ELEMENT}(?: [1-9](?: [0-9])?)?"
COMPACT_MATERIAL = (
    rf"{_COMPACT_ELEMENT}(?: {_COMPACT_ELEMENT}){{0,8}} , (?:{'|'.join(CRYSTAL_SYSTEMS)})"
)
"""Formula and crystal system in the compact format; an element may still come twice."""
COMPACT_MODULUS = r"[0-9] [0-9] [0-9]"
"""A bulk modulus in the compact format."""


@cache
def constants(laue: str) -> str:
    """Independent elastic constants of a Laue class; every match is a tensor of that symmetry.

    Raises
    ------
    ParseError
        With reason ``"unknown_laue_class"``.
    """
    return ", ".join(f"{name}={NUMBER}" for name in constant_names(laue))
