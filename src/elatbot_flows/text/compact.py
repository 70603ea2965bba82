"""The format of the embedded generator: a handful of words from a small fixed vocabulary.

Design, from conditions to a material (every condition may be absent)::

    design bulk 1 5 0 shear 0 7 0 number 2 from Cr Ni Al Ti system Cubic : Ni 3 Al , Cubic

The questions about a material are in `elatbot_flows.text.compact_questions`. Each task has a
``render`` and a ``parse`` function for its prompt and for its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.errors import ParseError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.formula import element_symbols, formula_counts, join_counts, reduced_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BEGIN",
    "DIGITS",
    "END",
    "LONGEST_LIST",
    "PAD",
    "SEPARATOR",
    "UNKNOWN",
    "Condition",
    "Proposal",
    "parse_answer",
    "parse_design",
    "parse_modulus",
    "render_answer",
    "render_design",
    "render_material",
    "render_modulus",
    "vocabulary",
]

PAD, BEGIN, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
"""Special words: filler, start of text, end of text, and what must never occur."""
DIGITS = tuple("0123456789")
"""Words for digits; numbers are written digit by digit."""
SEPARATOR = ","
"""Stands between formula and crystal system."""
LONGEST_LIST = 10
"""Most elements a design prompt lists; longer lists were never trained on."""
_CONTROL = ("design", "predict", "bulk", "number", "from", "system", SEPARATOR, ":")
_SECOND = ("shear", "tensor", "at", "fill", "?", "-", ".")
_MODULUS_DIGITS = 3
_COUNT_DIGITS = 2


@cache
def vocabulary() -> tuple[str, ...]:
    """All words of the format; the position of a word is its token number."""
    special = (PAD, BEGIN, END, UNKNOWN)
    return (*special, *_CONTROL, *DIGITS, *CRYSTAL_SYSTEMS, *element_symbols(), *_SECOND)


@dataclass(frozen=True)
class Condition(MSONable):
    """What a material is asked to be. None leaves it open.

    Parameters
    ----------
    bulk_modulus
        In GPa; written rounded to 1 GPa.
    number
        Number of different elements, 1 to 9.
    elements
        Elements to choose from; the material need not use them all.
    crystal_system
        One of `elatbot_flows.targets.CRYSTAL_SYSTEMS`.
    shear_modulus
        In GPa; written rounded to 1 GPa.
    """

    bulk_modulus: float | None = None
    number: int | None = None
    elements: tuple[str, ...] | None = None
    crystal_system: str | None = None
    shear_modulus: float | None = None


@dataclass(frozen=True)
class Proposal(MSONable):
    """A material by name.

    Parameters
    ----------
    formula
        Reduced formula, as pymatgen writes it.
    crystal_system
        One of `elatbot_flows.targets.CRYSTAL_SYSTEMS`.
    """

    formula: str
    crystal_system: str


def render_modulus(value: float) -> str:
    """Write a modulus in GPa as three digits: 7.6 becomes ``"0 0 8"``.

    Raises
    ------
    TargetError
        If it does not round to 0 ... 999 GPa.
    """
    if not 0 <= value < 999.5:
        raise TargetError(f"a modulus of {value:g} GPa cannot be written in three digits")
    return " ".join(f"{round(value):0{_MODULUS_DIGITS}d}")


def parse_modulus(text: str) -> float:
    """Read what `render_modulus` writes, in GPa.

    Raises
    ------
    ParseError
        With reason ``"not_a_modulus"``.
    """
    digits = text.split()
    if len(digits) != _MODULUS_DIGITS or not all(digit in DIGITS for digit in digits):
        raise ParseError(f"{text[:60]!r} is not a modulus of three digits", reason="not_a_modulus")
    return float("".join(digits))


def render_design(condition: Condition) -> str:
    """Write the prompt of the design task."""
    words = ["design"]
    if condition.bulk_modulus is not None:
        words += ["bulk", render_modulus(condition.bulk_modulus)]
    if condition.shear_modulus is not None:
        words += ["shear", render_modulus(condition.shear_modulus)]
    if condition.number is not None:
        words += ["number", str(condition.number)]
    if condition.elements is not None:
        words += ["from", *condition.elements]
    if condition.crystal_system is not None:
        words += ["system", condition.crystal_system]
    return " ".join([*words, ":"])


def parse_design(text: str) -> Condition:
    """Read what `render_design` writes.

    Raises
    ------
    ParseError
        With reason ``"not_a_design_prompt"``, ``"not_a_modulus"`` or ``"unknown_element"``.
    """
    words = text.split()
    if len(words) < 2 or words[0] != "design" or words[-1] != ":":
        raise _not_design(text)
    parts = _sections(words[1:-1], text)
    number, system = parts.get("number"), parts.get("system")
    if number is not None and (len(number) != 1 or number[0] not in DIGITS[1:]):
        raise _not_design(text)
    if system is not None and (len(system) != 1 or system[0] not in CRYSTAL_SYSTEMS):
        raise _not_design(text)
    if "from" in parts:
        _check_symbols(parts["from"])
    return Condition(
        bulk_modulus=parse_modulus(" ".join(parts["bulk"])) if "bulk" in parts else None,
        number=int(number[0]) if number else None,
        elements=tuple(parts["from"]) if "from" in parts else None,
        crystal_system=system[0] if system else None,
        shear_modulus=parse_modulus(" ".join(parts["shear"])) if "shear" in parts else None,
    )


def _sections(words: Sequence[str], text: str) -> dict[str, list[str]]:
    """Split at the control words, which come in a fixed order and at most once."""
    names = ("bulk", "shear", "number", "from", "system")
    parts: dict[str, list[str]] = {}
    for word in words:
        if word in names:
            if parts and names.index(word) <= names.index(list(parts)[-1]):
                raise _not_design(text)
            parts[word] = []
        elif parts:
            parts[list(parts)[-1]].append(word)
        else:
            raise _not_design(text)
    return parts


def _not_design(text: str) -> ParseError:
    return ParseError(f"{text[:80]!r} is not a design prompt", reason="not_a_design_prompt")


def _check_symbols(symbols: Sequence[str]) -> None:
    unknown = [symbol for symbol in symbols if symbol not in element_symbols()]
    if unknown or len(set(symbols)) < len(symbols) or not symbols:
        raise ParseError(
            f"{' '.join(symbols)[:80]!r} is not a list of different elements",
            reason="unknown_element",
        )


def render_material(counts: Sequence[tuple[str, int]], crystal_system: str) -> str:
    """Write a material with its elements in the given order: ``"Ni 3 Al , Cubic"``.

    Raises
    ------
    TargetError
        If a count has more than two digits.
    """
    words = []
    for symbol, number in counts:
        if not 1 <= number < 10**_COUNT_DIGITS:
            raise TargetError(f"{join_counts(counts)}: counts must be 1 to 99")
        words += [symbol, *(str(number) if number > 1 else "")]
    return " ".join([*words, SEPARATOR, crystal_system])


def render_answer(proposal: Proposal) -> str:
    """Write the answer of the design task: ``"Al Ni 3 , Cubic"``."""
    return render_material(formula_counts(proposal.formula), proposal.crystal_system)


def parse_answer(text: str) -> Proposal:
    """Read an answer of the design task, its elements in any order.

    Parameters
    ----------
    text
        For example ``"Ni 3 Al , Cubic"``.

    Returns
    -------
    Proposal
        With the reduced formula; ``"Ni 6 Al 2"`` gives ``AlNi3``.

    Raises
    ------
    ParseError
        With reason ``"not_a_material"``, ``"unknown_element"`` or ``"repeated_element"``.
    """
    words = text.split()
    if len(words) < 3 or words[-2] != SEPARATOR or words[-1] not in CRYSTAL_SYSTEMS:
        raise _not_material(text)
    counts: list[tuple[str, str]] = []
    for word in words[:-2]:
        if word in DIGITS and counts:
            counts[-1] = (counts[-1][0], counts[-1][1] + word)
        elif word.isascii() and word.isalpha():
            counts.append((word, ""))
        else:
            raise _not_material(text)
    symbols = [symbol for symbol, _ in counts]
    if len(set(symbols)) < len(symbols):
        raise ParseError(f"{text[:80]!r} names an element twice", reason="repeated_element")
    _check_symbols(symbols)
    if any(len(digits) > _COUNT_DIGITS or digits[:1] == "0" for _, digits in counts):
        raise _not_material(text)
    formula = "".join(symbol + digits for symbol, digits in counts)
    return Proposal(reduced_formula(formula), words[-1])


def _not_material(text: str) -> ParseError:
    return ParseError(
        f"{text[:80]!r} is not a material: expected words such as 'Ni 3 Al , Cubic'",
        reason="not_a_material",
    )
