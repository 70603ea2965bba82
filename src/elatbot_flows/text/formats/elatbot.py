"""The dialects of ElaTBot and ElaTBot-DFT: instruction and input in their published words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from elatbot_flows.text import elatbot_prompts, temperature_text
from elatbot_flows.text.format import AnyFormat, Dialect
from elatbot_flows.text.question import Question, Template

if TYPE_CHECKING:
    from elatbot_flows.text.elatbot_prompts import Task
    from elatbot_flows.text.material import Material

__all__ = ["DIALECTS", "ElatbotDialect", "describe_state", "formats", "question"]


@dataclass(frozen=True)
class ElatbotDialect(Dialect):
    """The published words; how tensors are answered, and how much is forgiven.

    Parameters
    ----------
    template
        The published adapters know only their own.
    answers
        ``"matrix"`` for 36 numbers as published, ``"constants"`` for the independent constants of
        the Laue class, which models trained with this package answer with.
    tolerant
        Repair faults of a matrix that leave no doubt, and say so; otherwise they are refused.
    """

    template: Template = Template.ELATBOT
    answers: Literal["matrix", "constants"] = "matrix"
    tolerant: bool = True


DIALECTS = (
    ElatbotDialect("elatbot"),
    ElatbotDialect("elatbot-strict", tolerant=False),
    ElatbotDialect("elatbot-constants", answers="constants"),
    ElatbotDialect("elatbot-chat", Template.CHAT),
)
"""What this module brings."""


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:  # noqa: ARG001
    """None: each task has a module of its own."""
    return ()


def question(task: Task, text: str, pattern: str, temperature: float = 0.0) -> Question:
    """A task in the published words; see `elatbot_flows.text.elatbot_prompts.render`."""
    prompt = elatbot_prompts.render(task, text, temperature)
    return Question(prompt.instruction, prompt.input, pattern)


def describe_state(material: Material, temperature: float) -> str:
    """Input of the tasks that state a temperature (K): the crystal at 0 K, else the composition.

    Raises
    ------
    StructureError
        If the crystal is missing, or robocrystallographer fails.
    """
    if temperature == 0:
        return elatbot_prompts.full_text(material.structure, material.words)
    facts = temperature_text.describe(material.composition, material.crystal_system)
    return temperature_text.render(facts)
