"""ElaTBot's masked formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.text import infill_text, patterns
from elatbot_flows.text.alloy import parse_alloy
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About, AnyFormat, Dialect, Format
from elatbot_flows.text.formats.elatbot import ElatbotDialect, question
from elatbot_flows.text.formula import reduced_formula

if TYPE_CHECKING:
    from elatbot_flows.text.question import Question

__all__ = ["InfillFormat", "formats"]


class InfillFormat(Format[About, str]):
    """The formula that a composition spells; no temperature is stated."""

    gives = "formula"
    max_tokens = 48
    task = Task.INFILL

    def ask(self, request: About) -> Question:
        """The question; only the composition is stated, above 0 K in percent."""
        composition = request.material.composition
        if request.temperature > 0:
            return question(
                self.task, infill_text.render_percent(composition), patterns.FORMULA_ABOVE_ZERO
            )
        return question(self.task, infill_text.render(composition), patterns.FORMULA)

    def read(self, text: str, request: About) -> str:
        """Reduced formula; above 0 K its amounts may have decimals."""
        if request.temperature > 0:
            return str(parse_alloy(text).reduced_formula)
        return reduced_formula(text.strip())

    def write(self, answer: str, request: About) -> str:  # noqa: ARG002
        """A formula."""
        return answer


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """For all dialects of ElaTBot."""
    return (InfillFormat(),) if isinstance(dialect, ElatbotDialect) else ()
