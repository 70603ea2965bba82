"""ElaTBot's text about a material at finite temperature: formula, crystal system and elements.

The temperature itself stands in the instruction, see `elatbot_flows.text.elatbot_prompts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.errors import ParseError
from elatbot_flows.text.element_text import (
    ElementFacts,
    element_facts,
    parse_elements,
    render_element,
)
from elatbot_flows.text.literal import parse_amounts, render_amounts

if TYPE_CHECKING:
    from pymatgen.core import Composition

__all__ = ["TRAINED_SYSTEMS", "TemperatureText", "describe", "parse", "percentages", "render"]

TRAINED_SYSTEMS = ("cubic", "hexagonal", "orthorhomabic", "tetragonal", "trigonal")
"""Crystal systems as the training texts spell them, one of them wrongly."""
_SPELLING = {"orthorhombic": "orthorhomabic"}
_HEAD = re.compile(
    r"The material is (?P<formula>\S{1,200}) with crystal system (?P<system>[A-Za-z]{1,20}) and "
    r"composition ratio (?P<percent>\{[^{}]*\}) \(total is 100%\)\. The information about the "
    r"(?P<many>elements contained in the )?material is as follows\. "
)


@dataclass(frozen=True)
class TemperatureText:
    """What the text says.

    Parameters
    ----------
    formula
        Reduced formula of pymatgen.
    crystal_system
        In lower case, spelled as the models learned it (`TRAINED_SYSTEMS`).
    percent
        Atomic percent of the elements, rounded to 0.01, in the order of the text.
    elements
        One entry for each element, in the order of the sentences.
    """

    formula: str
    crystal_system: str
    percent: tuple[tuple[str, float], ...]
    elements: tuple[ElementFacts, ...]


def percentages(composition: Composition) -> tuple[tuple[str, float], ...]:
    """Atomic percent of each element, rounded to 0.01, in the order of `composition`."""
    total = composition.num_atoms
    return tuple(
        (element.symbol, round(float(amount) / total * 100, 2))
        for element, amount in composition.items()
    )


def describe(composition: Composition, crystal_system: str) -> TemperatureText:
    """Gather what the text says.

    Parameters
    ----------
    composition
        Fractions are allowed; the elements come in the order in which it was written.
    crystal_system
        Right spelling in any case; it is translated to the spelling of the training texts.
    """
    system = crystal_system.lower()
    percent = percentages(composition)
    return TemperatureText(
        formula=composition.reduced_formula,
        crystal_system=_SPELLING.get(system, system),
        percent=percent,
        elements=tuple(element_facts(symbol) for symbol, _ in percent),
    )


def render(facts: TemperatureText) -> str:
    """Write the text; it ends with a blank."""
    whose = "elements contained in the material" if len(facts.percent) > 1 else "material"
    return (
        f"The material is {facts.formula} with crystal system {facts.crystal_system} and "
        f"composition ratio {render_amounts(dict(facts.percent))} (total is 100%). "
        f"The information about the {whose} is as follows. "
        + "".join(map(render_element, facts.elements))
    )


def parse(text: str) -> TemperatureText:
    """Read what `render` writes.

    Raises
    ------
    ParseError
        With reason ``"not_a_temperature_text"`` or one of the parts'.
    """
    match = _HEAD.match(text)
    if not match:
        raise _not_temperature_text(text)
    elements, rest = parse_elements(text[match.end() :])
    percent = tuple(parse_amounts(match["percent"]).items())
    if rest or bool(match["many"]) != (len(percent) > 1):
        raise _not_temperature_text(rest or text)
    return TemperatureText(match["formula"], match["system"], percent, elements)


def _not_temperature_text(text: str) -> ParseError:
    return ParseError(
        f"{text[:60]!r} is not a text about a material at finite temperature",
        reason="not_a_temperature_text",
    )
