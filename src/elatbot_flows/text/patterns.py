"""Regular expressions that answers match, for engines that can decode under one."""

from __future__ import annotations

from functools import cache

from elatbot_flows.elasticity.laue import LOWEST_CLASSES
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.constants_text import constant_names
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.generation_text import spell_system

__all__ = [
    "COMPACT_MATERIAL",
    "COMPACT_MODULUS",
    "ELEMENT",
    "FORMULA",
    "FORMULA_ABOVE_ZERO",
    "MATERIAL",
    "MATERIAL_ABOVE_ZERO",
    "MATRIX",
    "MODULUS",
    "NUMBER",
    "compact_constants",
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
ELEMENT = _ELEMENT
"""Symbol of an element."""
_COUNT = "(?:[1-9][0-9]{0,2})?"
_PART = f"{_ELEMENT}{_COUNT}"
FORMULA = rf"(?:{_PART}){{1,7}}(?:(?:{_PART}){{0,2}}|\((?:{_PART}){{2,4}}\){_COUNT})"
"""A formula with whole numbers, as pymatgen writes it: one group in parentheses at most, last."""
_AMOUNT = r"(?:(?:[1-9][0-9]{0,2}(?:\.[0-9]{1,2})?|0\.(?:0[1-9]|[1-9][0-9]?)))?"
_ALLOY = rf"(?:{_ELEMENT}{_AMOUNT}){{1,9}}"
MATERIAL = rf"{FORMULA}, (?:{'|'.join(CRYSTAL_SYSTEMS)})"
"""Formula and crystal system, as ElaTBot writes them at 0 K."""
_SPELLED = "|".join(spell_system(system, 1.0) for system in CRYSTAL_SYSTEMS)
FORMULA_ABOVE_ZERO = rf"(?:{FORMULA}|{_ALLOY})"
"""A formula above 0 K: amounts may be fractions."""
MATERIAL_ABOVE_ZERO = rf"{FORMULA_ABOVE_ZERO}, (?:{_SPELLED})"
"""The same above 0 K: amounts may be fractions, systems are spelled as in the training texts."""
_COMPACT_ELEMENT = rf"{_ELEMENT}(?: [1-9](?: [0-9])?)?"
COMPACT_MATERIAL = (
    rf"{_COMPACT_ELEMENT}(?: {_COMPACT_ELEMENT}){{0,8}} , (?:{'|'.join(CRYSTAL_SYSTEMS)})"
)
"""Formula and crystal system in the compact format; an element may still come twice."""
COMPACT_MODULUS = r"[0-9] [0-9] [0-9]"
"""A modulus in the compact format."""


@cache
def constants(laue: str) -> str:
    """Independent elastic constants of a Laue class; every match is a tensor of that symmetry.

    Raises
    ------
    ParseError
        With reason ``"unknown_laue_class"``.
    """
    return ", ".join(f"{name}={NUMBER}" for name in constant_names(laue))


@cache
def compact_constants(crystal_system: str) -> str:
    """Independent elastic constants of a crystal system in the compact format."""
    count = len(constant_names(LOWEST_CLASSES[crystal_system.lower()]))
    one = rf"(?:- )?{COMPACT_MODULUS}"
    return rf"{one}(?: {one}){{{count - 1}}}"
