"""Numbers, dictionaries and lists as Python prints them, read without evaluating anything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse_amounts", "parse_literal", "parse_number", "render_amounts", "render_number"]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_LONGEST_NUMBER = 40
_LARGEST = 1e100  # squares and sums of it are still finite
_FEWEST, _MOST = 1e-6, 1e6  # amounts; pymatgen drops elements below 1e-8


def render_number(value: float) -> str:
    """Write a number without a trailing ``.0``: 300.0 becomes ``"300"``, 63.2 ``"63.2"``."""
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)


def parse_number(text: str) -> float:
    """Read one finite decimal number, blanks around it ignored.

    Raises
    ------
    ParseError
        With reason ``"not_a_number"`` or ``"not_finite"``.
    """
    word = text.strip()
    if len(word) > _LONGEST_NUMBER or not _NUMBER.fullmatch(word):
        raise ParseError(f"{word[:60]!r} is not a number", reason="not_a_number")
    value = float(word)
    if not abs(value) < _LARGEST:
        raise ParseError(f"{word!r} is too large to be a number", reason="not_finite")
    return value


def parse_literal(text: str) -> Any:
    """Read dictionaries, lists, strings and finite numbers in the notation of Python's ``repr``.

    Strings that hold a quotation mark or a backslash are refused.

    Raises
    ------
    ParseError
        With reason ``"not_a_literal"``.
    """
    if '"' in text or "\\" in text:
        raise _not_literal(text)
    try:
        value = json.loads(text.replace("'", '"'), parse_constant=_refuse, parse_float=parse_number)
    except (ValueError, RecursionError) as error:
        raise _not_literal(text) from error
    return value


def _refuse(word: str) -> float:
    raise ValueError(word)


def _not_literal(text: str) -> ParseError:
    return ParseError(
        f"{text[:60]!r} is not a dictionary or list as Python prints it", reason="not_a_literal"
    )


def render_amounts(amounts: Mapping[str, float]) -> str:
    """Write amounts of elements as ``"{'Fe': 1.0, 'B': 1.0}"``, in the given order."""
    return str({symbol: float(amount) for symbol, amount in amounts.items()})


def parse_amounts(text: str) -> dict[str, float]:
    """Read what `render_amounts` writes; amounts from 1e-6 to 1e6.

    Raises
    ------
    ParseError
        With reason ``"not_a_literal"``, ``"not_a_composition"`` or ``"unknown_element"``.
    """
    from elatbot_flows.text.formula import element_symbols

    pairs = re.findall(r"'([^']*)'", text)
    amounts = parse_literal(text)
    if not isinstance(amounts, dict) or not amounts or len(pairs) != len(amounts):
        raise _not_composition(text)
    unknown = sorted(set(amounts) - set(element_symbols()))
    if unknown:
        raise ParseError(
            f"{', '.join(unknown)[:60]!r} is no chemical element", reason="unknown_element"
        )
    if not all(isinstance(a, float) and _FEWEST <= a <= _MOST for a in amounts.values()):
        raise _not_composition(text)
    return amounts


def _not_composition(text: str) -> ParseError:
    return ParseError(
        f"{text[:60]!r} is not a composition such as {{'Fe': 1.0, 'B': 1.0}}",
        reason="not_a_composition",
    )
