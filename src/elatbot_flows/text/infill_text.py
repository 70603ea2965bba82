"""ElaTBot's question for the formula that a composition spells, its formula masked.

The answer is pymatgen's reduced formula of the composition, so `solve` needs no model; the task
taught the published models how formulas are written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.text.literal import parse_amounts, render_amounts
from elatbot_flows.text.temperature_text import percentages

if TYPE_CHECKING:
    from pymatgen.core import Composition

__all__ = ["parse", "render", "render_percent", "solve"]

_TAIL = ". Generate the chemical formula that could replace [MASK]: "
_REDUCED = "The material is [MASK] with a reduced composition of "
_RATIO = "The material is [MASK] with composition ratio "
_PERCENT = " (total is 100%)"
_TEXT = re.compile(
    rf"(?:{re.escape(_REDUCED)}(?P<reduced>\{{[^{{}}]*\}})|"
    rf"{re.escape(_RATIO)}(?P<percent>\{{[^{{}}]*\}}){re.escape(_PERCENT)}){re.escape(_TAIL)}"
)


def render(composition: Composition) -> str:
    """Write the question with atoms per reduced formula unit, as for 0 K materials."""
    return f"{_REDUCED}{render_amounts(composition.as_reduced_dict())}{_TAIL}"


def render_percent(composition: Composition) -> str:
    """Write the question with atomic percent, as for materials at finite temperature."""
    return f"{_RATIO}{render_amounts(dict(percentages(composition)))}{_PERCENT}{_TAIL}"


def parse(text: str) -> tuple[dict[str, float], bool]:
    """Read what `render` and `render_percent` write.

    Returns
    -------
    tuple
        Amounts of the elements and whether they are atomic percent.

    Raises
    ------
    ParseError
        With reason ``"not_an_infill_prompt"`` or one of `parse_amounts`.
    """
    match = _TEXT.fullmatch(text)
    if not match:
        raise ParseError(
            f"{text[:60]!r} is not a question with a masked formula", reason="not_an_infill_prompt"
        )
    percent = match["percent"]
    return parse_amounts(percent or match["reduced"]), percent is not None


def solve(text: str) -> str:
    """Right answer to a question: the reduced formula of its composition.

    Raises
    ------
    ParseError
        As `parse`.
    """
    from pymatgen.core.composition import Composition

    amounts, _ = parse(text)
    return str(Composition(amounts).reduced_formula)
