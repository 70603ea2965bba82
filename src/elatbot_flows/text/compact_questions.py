"""Questions about a material in the words of `elatbot_flows.text.compact`.

Bulk modulus (GPa), shear modulus and independent elastic constants, at a temperature if it is not
0 K, and the element that is missing::

    predict Ni 3 Al , Cubic : 1 8 5
    predict shear at 0 3 0 0 Ni 3 Al , Cubic : 0 7 7
    predict tensor Ni 3 Al , Cubic : 2 4 5 1 5 1 1 2 4
    fill Ni 3 ? , Cubic : Al

Constants are in the order of `elatbot_flows.text.constants_text.constant_names`, those of the Laue
class of lowest symmetry in the crystal system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from elatbot_flows.elasticity.laue import LOWEST_CLASSES
from elatbot_flows.errors import ParseError, TargetError
from elatbot_flows.text import constants_text
from elatbot_flows.text.compact import (
    SEPARATOR,
    Proposal,
    parse_answer,
    parse_modulus,
    render_material,
    render_modulus,
)
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.temperature_text import percentages

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from pymatgen.core import Composition

__all__ = [
    "MASK",
    "Asked",
    "Property",
    "amounts_of",
    "parse_constants",
    "parse_element",
    "parse_predict",
    "render_constants",
    "render_fill",
    "render_predict",
]

MASK = "?"
"""Stands for the element that is missing."""
Property = Literal["bulk", "shear", "tensor"]
"""What may be asked about a material."""
_KELVIN = 4
_MINUS = "-"


@dataclass(frozen=True)
class Asked:
    """A question about a material.

    Parameters
    ----------
    amounts
        Elements, `MASK` among them where one is to be filled in, with whole counts or, with a
        decimal point, atomic percents.
    crystal_system
        One of `elatbot_flows.targets.CRYSTAL_SYSTEMS`.
    what
        What is asked; None for the missing element.
    temperature
        K.
    """

    amounts: tuple[tuple[str, float], ...]
    crystal_system: str
    what: Property | None = "bulk"
    temperature: float = 0.0


def amounts_of(composition: Composition) -> tuple[tuple[str, float], ...]:
    """Whole counts of the reduced formula if it has them, else atomic percents rounded to 0.01."""
    reduced = composition.reduced_composition
    counts = tuple((each.symbol, float(amount)) for each, amount in reduced.items())
    if all(amount == round(amount) and 1 <= amount < 100 for _, amount in counts):
        return counts
    return tuple((symbol, amount) for symbol, amount in percentages(composition))


def render_predict(
    amounts: Sequence[tuple[str, float]],
    crystal_system: str,
    what: Property = "bulk",
    temperature: float = 0.0,
) -> str:
    """Write the question for a property.

    Parameters
    ----------
    amounts
        Whole counts, or `amounts_of` an alloy; in any order.
    crystal_system
        One of `elatbot_flows.targets.CRYSTAL_SYSTEMS`.
    what
        What is asked.
    temperature
        K, rounded to 1 K.

    Raises
    ------
    TargetError
        If a count or a temperature cannot be written.
    """
    words = ["predict", *([] if what == "bulk" else [what])]
    if temperature:
        if not 0 < round(temperature) < 10**_KELVIN:
            raise TargetError(f"{temperature:g} K cannot be written in four digits")
        words += ["at", *f"{round(temperature):0{_KELVIN}d}"]
    return " ".join([*words, _material(amounts, crystal_system), ":"])


def render_fill(amounts: Sequence[tuple[str, float]], crystal_system: str) -> str:
    """Write the question for the element that `MASK` stands for; as `render_predict`."""
    return f"fill {_material(amounts, crystal_system)} :"


def _material(amounts: Sequence[tuple[str, float]], crystal_system: str) -> str:
    if all(amount == round(amount) for _, amount in amounts):
        counts = [(symbol, round(amount)) for symbol, amount in amounts]
        return render_material(counts, crystal_system)
    # A decimal point everywhere tells percents from counts.
    words = [word for symbol, amount in amounts for word in (symbol, *_decimal(amount))]
    return " ".join([*words, SEPARATOR, crystal_system])


def _decimal(amount: float) -> str:
    if not 0.005 <= amount < 100:
        raise TargetError(f"{amount:g} % cannot be written")
    return f"{amount:.2f}"


def parse_predict(text: str) -> Proposal:
    """Material that a question of whole counts is about.

    Raises
    ------
    ParseError
        With reason ``"not_a_predict_prompt"`` or one of
        `elatbot_flows.text.compact.parse_answer`.
    """
    words = text.split()
    if len(words) < 2 or words[0] != "predict" or words[-1] != ":":
        raise ParseError(f"{text[:80]!r} is not a prediction prompt", reason="not_a_predict_prompt")
    words = words[1:-1]
    if words[:1] and words[0] in get_args(Property):
        words = words[1:]
    if words[:1] == ["at"]:
        words = words[1 + _KELVIN :]
    return parse_answer(" ".join(words))


def render_constants(tensor: ArrayLike, crystal_system: str, tolerance: float = 1.0) -> str:
    """Write the independent constants of a crystal system, rounded to 1 GPa, three digits each.

    Raises
    ------
    ParseError
        As `elatbot_flows.text.constants_text.constants_from_tensor`.
    TargetError
        If one is above 999 GPa.
    """
    laue = LOWEST_CLASSES[crystal_system.lower()]
    values = constants_text.constants_from_tensor(tensor, laue, tolerance).values()
    words = [f"{_MINUS} " * (round(value) < 0) + render_modulus(abs(value)) for value in values]
    return " ".join(words)


def parse_constants(text: str, crystal_system: str) -> NDArray[np.float64]:
    """Tensor of constants as `render_constants` writes them, GPa, shape (6, 6).

    Raises
    ------
    ParseError
        With reason ``"wrong_constants"`` or ``"not_a_modulus"``.
    """
    laue = LOWEST_CLASSES[crystal_system.lower()]
    names = constants_text.constant_names(laue)
    words, values = text.split(), []
    while words:
        sign = -1.0 if words[0] == _MINUS else 1.0
        words = words[1:] if sign < 0 else words
        values.append(sign * parse_modulus(" ".join(words[:3])))
        words = words[3:]
    if len(values) != len(names):
        raise ParseError(
            f"{len(values)} constants, a {crystal_system.lower()} crystal has {len(names)}",
            reason="wrong_constants",
        )
    return constants_text.tensor_from_constants(dict(zip(names, values, strict=True)), laue)


def parse_element(text: str) -> str:
    """Symbol that fills a mask.

    Raises
    ------
    ParseError
        With reason ``"unknown_element"``.
    """
    if text.strip() not in element_symbols():
        raise ParseError(f"{text[:40]!r} is no chemical element", reason="unknown_element")
    return text.strip()
