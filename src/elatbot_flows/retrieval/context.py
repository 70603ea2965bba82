"""A question with its references, and a plain word on what they are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from elatbot_flows.errors import ParseError
from elatbot_flows.retrieval.interpolation import Interpolation, interpolate
from elatbot_flows.retrieval.neighbours import Neighbour, retrieve
from elatbot_flows.retrieval.rows import checked_system
from elatbot_flows.text import elatbot_prompts, retrieval_text, temperature_text
from elatbot_flows.text.alloy import parse_alloy
from elatbot_flows.text.elatbot_prompts import Prompt, Task
from elatbot_flows.text.retrieval_text import PROPERTY_WORDS, Reference

if TYPE_CHECKING:
    from elatbot_flows.retrieval.knowledge import KnowledgeBase

__all__ = ["RetrievedContext", "answer_with_references"]

_SCATTER = 0.02
"""Relative error beyond which rows are not preferred to a model."""
Support = Literal["bracketed", "disagreeing", "extrapolated", "none"]


@dataclass(frozen=True)
class RetrievedContext:
    """What to ask a model, and what the rows say without it.

    Parameters
    ----------
    text
        References and published question, see `elatbot_flows.text.retrieval_text`.
    temperature
        K.
    neighbours
        The rows that the text tells.
    interpolation
        What the rows of the same alloy say; None if there is none.
    support
        ``"bracketed"``: rows of the alloy on both sides, or at the temperature itself;
        ``"disagreeing"``: the same, but they contradict other rows; ``"extrapolated"``: all on
        one side; ``"none"``: no row of the alloy.
    statement
        The same in words, with the value and what to trust.
    """

    text: str
    temperature: float
    neighbours: tuple[Neighbour, ...]
    interpolation: Interpolation | None
    support: Support
    statement: str

    def prompt(self, task: Task = Task.BULK_MODULUS) -> Prompt:
        """The question with the published instruction.

        Parameters
        ----------
        task
            `Task.BULK_MODULUS` or `Task.TENSOR`.
        """
        return elatbot_prompts.render(task, self.text, self.temperature)


def answer_with_references(
    kb: KnowledgeBase,
    formula: str,
    T: float,  # noqa: N803 - the symbol of temperature
    k: int = 5,
    *,
    crystal_system: str | None = None,
    quantity: str | None = None,
) -> RetrievedContext:
    """Retrieve, interpolate and write the question.

    Parameters
    ----------
    kb
        The known values.
    formula
        Amounts may be fractions; the order of the elements is kept in the question.
    T
        Temperature, K.
    k
        Number of references.
    crystal_system
        By default that of the row of the same alloy which is nearest in temperature.
    quantity
        Name of the modulus; by default ``"bulk_modulus_voigt"``, or ``"bulk_modulus"`` where no
        row tells the former.

    Raises
    ------
    ParseError
        If the formula cannot be read, the crystal system or temperature is wrong, or with reason
        ``"no_crystal_system"`` if the system is neither given nor known.
    ElatbotError
        If no row has the quantity.
    """
    if not 0 < T < math.inf:
        raise ParseError(f"{T} K is not above zero", reason="wrong_temperature")
    quantity = quantity or kb.bulk_modulus
    system = checked_system(crystal_system) or _nearest_system(kb, formula, T, quantity)
    neighbours = retrieve(kb, formula, T, k, crystal_system=system, quantity=quantity)
    found = interpolate(kb, formula, T, crystal_system=system, quantity=quantity)
    question = temperature_text.describe(parse_alloy(formula), system)
    references = [_reference(neighbour, quantity) for neighbour in neighbours]
    support = _support(found)
    return RetrievedContext(
        text=retrieval_text.render(references, temperature_text.render(question)),
        temperature=T,
        neighbours=neighbours,
        interpolation=found,
        support=support,
        statement=_statement(question.formula, T, quantity, found, support),
    )


def _nearest_system(kb: KnowledgeBase, formula: str, kelvin: float, quantity: str) -> str:
    everything = retrieve(kb, formula, kelvin, len(kb.rows), quantity=quantity)
    for neighbour in everything:
        if neighbour.same_alloy and neighbour.row.crystal_system:
            return neighbour.row.crystal_system
    raise ParseError(
        f"the crystal system of {formula} is not known; give crystal_system",
        reason="no_crystal_system",
    )


def _reference(neighbour: Neighbour, quantity: str) -> Reference:
    row = neighbour.row
    value = dict(row.values)[quantity]
    return Reference(row.formula, row.crystal_system, row.temperature, quantity, value)


def _support(found: Interpolation | None) -> Support:
    if found is None:
        return "none"
    if found.how == "extrapolated":
        return "extrapolated"
    return "disagreeing" if found.disagreements else "bracketed"


def _statement(
    formula: str, kelvin: float, quantity: str, found: Interpolation | None, support: Support
) -> str:
    """Tell what the rows are, what they give, and whether to trust that or the model."""
    words = PROPERTY_WORDS[quantity]
    if found is None:
        return (
            f"No row of {formula}: the references are of other alloys, and a {words} from the "
            "model is a prediction that nothing here confirms."
        )
    rows = f"{found.n_rows} row{'s' if found.n_rows > 1 else ''} of {formula}"
    span = f"{found.lowest:g} to {found.highest:g} K"
    value = f"{words} {found.value:.2f} GPa at {kelvin:g} K"
    if support == "extrapolated":
        return (
            f"{rows} ({span}) do not reach {kelvin:g} K: {value} is that of the nearest "
            "temperature, without an estimate of its error; trust neither it nor the model much."
        )
    if found.how == "same temperature":
        said = f"{rows} ({span}), {len(found.used)} at {kelvin:g} K: {value}, {_error(found)}"
    else:
        said = f"{rows} ({span}) bracket {kelvin:g} K: {value}, {_error(found)}"
    if support == "disagreeing":
        return f"{said}; but rows disagree: {found.disagreements[0]}. Find out which is right."
    if found.error is None or found.error > _SCATTER * found.value:
        return f"{said}; compare it with the model."
    return f"{said}; trust this rather than the model."


def _error(found: Interpolation) -> str:
    if found.error is None:
        return "without an estimate of its error"
    left_out = "one temperature" if found.n_left_out == 1 else "each of two temperatures"
    return f"+- {found.error:.2f} GPa by leaving out {left_out}"
