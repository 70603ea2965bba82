"""One sentence for each element, as ElaTBot describes the ingredients of a material."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from functools import cache

from elatbot_flows.errors import ParseError
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.literal import parse_number

__all__ = ["ElementFacts", "element_facts", "parse_elements", "render_element"]


@dataclass(frozen=True)
class ElementFacts:
    """What the sentence of an element says; None is left out.

    Parameters
    ----------
    symbol
        Chemical symbol.
    electronegativity
        Pauling's; NaN where there is none (He, Ne, Ar), which the sentence prints.
    ionization_energy
        First one, eV, rounded to 0.001.
    bulk_modulus, youngs_modulus
        Of the elemental solid, GPa.
    poissons_ratio
        Of the elemental solid.
    atomic_radius
        Calculated, A.
    """

    symbol: str
    electronegativity: float | None
    ionization_energy: float | None
    bulk_modulus: float | None
    youngs_modulus: float | None
    poissons_ratio: float | None
    atomic_radius: float | None


_PHRASES = {
    "electronegativity": ("an electronegativity of ", ""),
    "ionization_energy": ("an ionization energy of ", " eV"),
    "bulk_modulus": ("a bulk modulus of ", " GPa"),
    "youngs_modulus": ("a Young's modulus of ", " GPa"),
    "poissons_ratio": ("a Poisson's ratio of ", ""),
    "atomic_radius": ("an atomic radius of ", " Å"),
}
_SENTENCE = re.compile(
    "(?P<symbol>[A-Z][a-z]?) has "
    + "".join(
        f"(?:(?:, )?{re.escape(before)}(?P<{name}>nan|-?[0-9.]+(?:e-?[0-9]+)?){after}(?=[,.]))?"
        for name, (before, after) in _PHRASES.items()
    )
    + r"\. "
)


@cache
def element_facts(symbol: str) -> ElementFacts:
    """Look an element up in pymatgen's table.

    Raises
    ------
    ParseError
        With reason ``"unknown_element"``.
    """
    from pymatgen.core.periodic_table import Element

    if symbol not in element_symbols():
        raise ParseError(f"{symbol[:20]!r} is no chemical element", reason="unknown_element")
    element = Element(symbol)
    with warnings.catch_warnings():
        # A missing property is a fact here, not a fault.
        warnings.simplefilter("ignore")
        energy = _value(element.ionization_energy)
        return ElementFacts(
            symbol=symbol,
            electronegativity=_value(element.X),
            ionization_energy=None if energy is None else round(energy, 3),
            bulk_modulus=_value(element.bulk_modulus),
            youngs_modulus=_value(element.youngs_modulus),
            poissons_ratio=_value(element.poissons_ratio),
            atomic_radius=_value(element.atomic_radius_calculated),
        )


def _value(raw: object) -> float | None:
    """A plain float: integers and numbers with units, of some releases, print differently.

    Zero means unknown in the published texts.
    """
    return float(raw) if raw else None  # type: ignore[arg-type]


def render_element(facts: ElementFacts) -> str:
    """Write the sentence, with the blank that follows it."""
    parts = [
        f"{before}{getattr(facts, name)}{after}"
        for name, (before, after) in _PHRASES.items()
        if getattr(facts, name) is not None
    ]
    return f"{facts.symbol} has {', '.join(parts)}. "


def parse_elements(text: str) -> tuple[tuple[ElementFacts, ...], str]:
    """Read the sentences that `text` begins with.

    Returns
    -------
    tuple
        The elements, in their order, and the rest of the text.

    Raises
    ------
    ParseError
        With reason ``"no_elements"``, ``"unknown_element"`` or ``"not_a_number"``.
    """
    found: list[ElementFacts] = []
    position = 0
    while match := _SENTENCE.match(text, position):
        found.append(_facts(match))
        position = match.end()
    if not found:
        raise ParseError(
            f"expected a sentence such as 'Al has an electronegativity of 1.61.', "
            f"found {text[:60]!r}",
            reason="no_elements",
        )
    return tuple(found), text[position:]


def _facts(match: re.Match[str]) -> ElementFacts:
    symbol = match["symbol"]
    if symbol not in element_symbols():
        raise ParseError(f"{symbol!r} is no chemical element", reason="unknown_element")
    return ElementFacts(symbol, **{name: _printed(match[name]) for name in _PHRASES})


def _printed(word: str | None) -> float | None:
    if word is None:
        return None
    return math.nan if word == "nan" else parse_number(word)
