r"""Known values in front of ElaTBot's question at finite temperature, one line for each.

::

    Reference values, nearest first:
    AlNi3, cubic, 142 K: Voigt bulk modulus 173.37 GPa
    AlNi3, cubic, 192 K: Voigt bulk modulus 172.6 GPa
    The material is AlNi3 with crystal system cubic and composition ratio ...

It takes the place of the input of the published question; the instruction, which states the
temperature, stays as it is. The published models have never been trained on such lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.text import temperature_text
from elatbot_flows.text.literal import parse_number, render_number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PROPERTY_WORDS", "Reference", "parse", "render"]

PROPERTY_WORDS = {
    "bulk_modulus_voigt": "Voigt bulk modulus",
    "shear_modulus_voigt": "Voigt shear modulus",
    "bulk_modulus": "bulk modulus",
    "shear_modulus": "shear modulus",
    "youngs_modulus": "Young's modulus",
}
"""Properties that can be stated, and their words; those without Voigt are Hill's averages."""
_HEAD = "Reference values, nearest first:"
_NAMES = {words: name for name, words in PROPERTY_WORDS.items()}
_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,12})?"
_LINE = re.compile(
    rf"(?P<formula>[A-Za-z0-9().]{{1,200}}), (?:(?P<system>[a-z]{{1,20}}), )?(?P<kelvin>{_NUMBER}) "
    rf"K: (?P<words>{'|'.join(_NAMES)}) (?P<value>{_NUMBER}) GPa"
)


@dataclass(frozen=True)
class Reference:
    """A value that is known.

    Parameters
    ----------
    formula
        Without blanks.
    crystal_system
        In lower case, rightly spelled; None leaves it out.
    temperature
        K.
    quantity
        One of `PROPERTY_WORDS`.
    value
        GPa; three decimals are written.
    """

    formula: str
    crystal_system: str | None
    temperature: float
    quantity: str
    value: float


def render(references: Sequence[Reference], question: str) -> str:
    """Write the lines and, behind them, the question; without references the question alone.

    Parameters
    ----------
    references
        In the order in which they shall stand.
    question
        What `elatbot_flows.text.temperature_text.render` writes.

    Raises
    ------
    ParseError
        With reason ``"not_a_reference"`` if a line could not be read back, or one of the
        question's format.
    """
    temperature_text.parse(question)
    lines = [_line(reference) for reference in references]
    return "\n".join([_HEAD, *lines, question]) if lines else question


def parse(text: str) -> tuple[tuple[Reference, ...], str]:
    """Read what `render` writes.

    Returns
    -------
    tuple
        The references and the question.

    Raises
    ------
    ParseError
        With reason ``"not_a_reference"`` or one of the question's format.
    """
    *lines, question = text.split("\n")
    temperature_text.parse(question)
    if not lines:
        return (), question
    if lines[0] != _HEAD or len(lines) == 1:
        raise ParseError(
            f"{text[:60]!r} does not begin with {_HEAD!r} and a reference", reason="not_a_reference"
        )
    return tuple(map(_reference, lines[1:])), question


def _line(reference: Reference) -> str:
    system = f"{reference.crystal_system}, " if reference.crystal_system else ""
    line = (
        f"{reference.formula}, {system}{render_number(reference.temperature)} K: "
        f"{PROPERTY_WORDS.get(reference.quantity)} {render_number(round(reference.value, 3))} GPa"
    )
    _reference(line)
    return line


def _reference(line: str) -> Reference:
    match = _LINE.fullmatch(line)
    if not match:
        raise ParseError(
            f"{line[:80]!r} is not a reference such as "
            "'AlNi3, cubic, 142 K: Voigt bulk modulus 173.37 GPa'",
            reason="not_a_reference",
        )
    return Reference(
        formula=match["formula"],
        crystal_system=match["system"],
        temperature=parse_number(match["kelvin"]),
        quantity=_NAMES[match["words"]],
        value=parse_number(match["value"]),
    )
