"""ElaTBot's Voigt bulk modulus of a material."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.text import modulus_text, patterns
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About, AnyFormat, Dialect, Format
from elatbot_flows.text.formats.elatbot import ElatbotDialect, describe_state, question

if TYPE_CHECKING:
    from elatbot_flows.text.question import Question

__all__ = ["ModulusFormat", "formats"]


class ModulusFormat(Format[About, float]):
    """Voigt bulk modulus, GPa, at 0 K or above."""

    gives = "modulus"
    max_tokens = 32
    task = Task.BULK_MODULUS
    takes_references = True

    def needs_words(self, temperature: float) -> bool:
        """At 0 K the crystal is described in words."""
        return temperature == 0

    def ask(self, request: About) -> Question:
        """The question; at 0 K it needs a crystal."""
        text = describe_state(request.material, request.temperature)
        return question(self.task, text, patterns.MODULUS, request.temperature)

    def read(self, text: str, request: About) -> float:  # noqa: ARG002
        """GPa."""
        return modulus_text.parse(text)

    def write(self, answer: float, request: About) -> str:  # noqa: ARG002
        """A modulus in GPa."""
        return modulus_text.render(answer)


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """For all dialects of ElaTBot."""
    return (ModulusFormat(),) if isinstance(dialect, ElatbotDialect) else ()
