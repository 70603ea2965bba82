"""ElaTBot's text about the composition of a material at 0 K (its prompt type 3).

For example::

    The material FeB with a reduced composition of {'Fe': 1.0, 'B': 1.0} exhibits a density of 6.877
    g/cm^3 and a density per atom of 8.047 g/cm^3. The information about the elements contained in
    the material is as follows. B has an electronegativity of 2.04, ...

What the text calls density per atom is the volume per atom in cubic A; models were trained on it.
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
from elatbot_flows.text.literal import parse_amounts, parse_number, render_amounts

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["CompositionText", "describe", "parse", "parse_beginning", "render"]

_HEAD = re.compile(
    r"The material (?P<formula>\S{1,200}) with a reduced composition of (?P<amounts>\{[^{}]*\}) "
    r"exhibits a density of (?P<density>[0-9.]+) g/cm\^3 and a density per atom of "
    r"(?P<volume>[0-9.]+) g/cm\^3\. The information about the elements contained in the material "
    r"is as follows\. "
)


@dataclass(frozen=True)
class CompositionText:
    """What the text says.

    Parameters
    ----------
    formula
        Reduced formula.
    amounts
        Atoms per reduced formula unit, in the order of the text.
    density
        In g/cm^3, rounded to 0.001.
    volume_per_atom
        In A^3, rounded to 0.001.
    elements
        In alphabetical order.
    """

    formula: str
    amounts: tuple[tuple[str, float], ...]
    density: float
    volume_per_atom: float
    elements: tuple[ElementFacts, ...]


def describe(structure: Structure) -> CompositionText:
    """Gather what the text says of a crystal.

    Parameters
    ----------
    structure
        Any cell of the crystal.
    """
    composition = structure.composition
    amounts = composition.as_reduced_dict()
    return CompositionText(
        formula=composition.reduced_formula,
        amounts=tuple((symbol, float(amount)) for symbol, amount in amounts.items()),
        density=round(float(structure.density), 3),
        volume_per_atom=round(float(structure.volume) / len(structure), 3),
        elements=tuple(element_facts(symbol) for symbol in sorted(amounts)),
    )


def render(facts: CompositionText) -> str:
    """Write the text; it ends with a blank."""
    return (
        f"The material {facts.formula} with a reduced composition of "
        f"{render_amounts(dict(facts.amounts))} exhibits a density of {facts.density} g/cm^3 and a "
        f"density per atom of {facts.volume_per_atom} g/cm^3. The information about the elements "
        "contained in the material is as follows. " + "".join(map(render_element, facts.elements))
    )


def parse(text: str) -> CompositionText:
    """Read what `render` writes.

    Raises
    ------
    ParseError
        With reason ``"not_a_composition_text"`` or one of the parts'.
    """
    facts, rest = parse_beginning(text)
    if rest:
        raise ParseError(
            f"{rest[:60]!r} follows the composition text", reason="not_a_composition_text"
        )
    return facts


def parse_beginning(text: str) -> tuple[CompositionText, str]:
    """Read a composition text and return what follows it, too.

    Raises
    ------
    ParseError
        See `parse`.
    """
    match = _HEAD.match(text)
    if not match:
        raise ParseError(
            f"{text[:60]!r} does not begin as a composition text does",
            reason="not_a_composition_text",
        )
    elements, rest = parse_elements(text[match.end() :])
    facts = CompositionText(
        formula=match["formula"],
        amounts=tuple(parse_amounts(match["amounts"]).items()),
        density=parse_number(match["density"]),
        volume_per_atom=parse_number(match["volume"]),
        elements=elements,
    )
    return facts, rest
