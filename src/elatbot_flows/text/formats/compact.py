"""The dialect of the embedded model: bulk moduli and materials at 0 K, in a handful of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.text import compact, patterns
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import (
    About,
    AnyFormat,
    Dialect,
    Format,
    MaterialRequest,
    require_zero,
)
from elatbot_flows.text.formula import formula_counts
from elatbot_flows.text.question import Question, Template

if TYPE_CHECKING:
    from elatbot_flows.text.question import Limits

__all__ = ["DIALECTS", "CompactGeneration", "CompactModulus", "formats"]

_WHO = "the compact format"
DIALECTS = (Dialect("compact", Template.RAW),)
"""What this module brings."""


class CompactModulus(Format[About, float]):
    """Voigt bulk modulus, GPa."""

    gives = "modulus"
    max_tokens = 32
    task = Task.BULK_MODULUS
    preferred = True

    def ask(self, request: About) -> Question:
        """The question; it states formula and crystal system."""
        require_zero(request.temperature, _WHO)
        counts = formula_counts(request.material.formula)
        text = compact.render_predict(counts, request.material.crystal_system)
        return _question(text, patterns.COMPACT_MODULUS)

    def read(self, text: str, request: About) -> float:  # noqa: ARG002
        """GPa."""
        return compact.parse_modulus(text)

    def write(self, answer: float, request: About) -> str:  # noqa: ARG002
        """A modulus in GPa, rounded to 1 GPa."""
        return compact.render_modulus(answer)


class CompactGeneration(Format[MaterialRequest, Proposal]):
    """Formula and crystal system; bulk moduli are exact to 1 GPa."""

    gives = "material"
    max_tokens = 32
    boldness = {"temperature": 0.8}  # noqa: RUF012
    task = Task.GENERATION

    def ask(self, request: MaterialRequest) -> Question:
        """The question; whatever is left open is left out."""
        require_zero(request.temperature, _WHO)
        condition = compact.Condition(request.bulk_modulus, request.number, request.elements)
        text = compact.render_design(condition)
        return _question(text, patterns.COMPACT_MATERIAL, request.limits)

    def read(self, text: str, request: MaterialRequest) -> Proposal:  # noqa: ARG002
        """Formula and crystal system."""
        return compact.parse_answer(text)

    def write(self, answer: Proposal, request: MaterialRequest) -> str:  # noqa: ARG002
        """A material."""
        return compact.render_answer(answer)


def _question(text: str, pattern: str, limits: Limits | None = None) -> Question:
    return Question("", f"{compact.BEGIN} {text}", pattern, limits=limits)


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """Both, for this dialect alone."""
    return (CompactModulus(), CompactGeneration()) if dialect in DIALECTS else ()
