"""ElaTBot's materials for a bulk modulus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.text import generation_text, patterns
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import AnyFormat, Dialect, Format, MaterialRequest
from elatbot_flows.text.formats.elatbot import ElatbotDialect, question

if TYPE_CHECKING:
    from elatbot_flows.text.question import Question

__all__ = ["GenerationFormat", "formats"]


class GenerationFormat(Format[MaterialRequest, Proposal]):
    """Formula and crystal system for an exact Voigt bulk modulus, drawn as published."""

    gives = "material"
    max_tokens = 100
    boldness = {"temperature": 0.95, "top_p": 0.7, "top_k": 50}  # noqa: RUF012
    task = Task.GENERATION

    def ask(self, request: MaterialRequest) -> Question:
        """The question; it states nothing but bulk modulus and temperature."""
        value = request.bulk_modulus
        wanted = generation_text.ModulusRequest(value, value, request.temperature)
        above = request.temperature > 0
        pattern = patterns.MATERIAL_ABOVE_ZERO if above else patterns.MATERIAL
        return question(self.task, generation_text.render(wanted), pattern)

    def read(self, text: str, request: MaterialRequest) -> Proposal:  # noqa: ARG002
        """Formula and crystal system."""
        return generation_text.parse_answer(text)

    def write(self, answer: Proposal, request: MaterialRequest) -> str:
        """A material, spelled as at its temperature."""
        return generation_text.render_answer(answer, request.temperature)


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """For all dialects of ElaTBot."""
    return (GenerationFormat(),) if isinstance(dialect, ElatbotDialect) else ()
