"""The dialect of the embedded model: moduli, constants and materials, in a handful of words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from elatbot_flows.text import compact, compact_questions, patterns
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.compact_questions import MASK, amounts_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import (
    About,
    AnyFormat,
    Dialect,
    Format,
    MaterialRequest,
    require_zero,
)
from elatbot_flows.text.formula import join_counts, reduced_formula
from elatbot_flows.text.question import Question, Template
from elatbot_flows.text.tensor_text import TensorAnswer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from elatbot_flows.text.compact_questions import Property
    from elatbot_flows.text.question import Limits

__all__ = [
    "DIALECTS",
    "SHEAR_MODULUS",
    "CompactConstants",
    "CompactFill",
    "CompactGeneration",
    "CompactModulus",
    "formats",
]

SHEAR_MODULUS = "shear_modulus"
"""Name of the task that no published model has."""
_WHO = "the compact format"
DIALECTS = (Dialect("compact-2", Template.RAW),)
"""What this module brings."""


class CompactModulus(Format[About, float]):
    """Voigt bulk modulus, or shear modulus of Voigt, Reuss and Hill, GPa.

    Parameters
    ----------
    task
        `Task.BULK_MODULUS` or `SHEAR_MODULUS`.
    what
        The same in the words of the format.
    """

    max_tokens = 32

    def __init__(self, task: str, what: Property) -> None:
        self.task = task
        self.what: Property = what
        self.preferred = what == "bulk"
        self.gives = "modulus" if what == "bulk" else "shear_modulus"

    def ask(self, request: About) -> Question:
        """The question; it states composition, crystal system and temperature."""
        return _question(_predict(request, self.what), patterns.COMPACT_MODULUS)

    def read(self, text: str, request: About) -> float:  # noqa: ARG002
        """GPa."""
        return compact.parse_modulus(text)

    def write(self, answer: float, request: About) -> str:  # noqa: ARG002
        """A modulus in GPa, rounded to 1 GPa."""
        return compact.render_modulus(answer)


class CompactConstants(Format[About, TensorAnswer]):
    """Elastic tensor, GPa, as the independent constants of the crystal system."""

    gives = "tensor"
    max_tokens = 96
    task = Task.TENSOR

    def ask(self, request: About) -> Question:
        """The question; it states composition, crystal system and temperature."""
        pattern = patterns.compact_constants(request.material.crystal_system)
        return _question(_predict(request, "tensor"), pattern)

    def read(self, text: str, request: About) -> TensorAnswer:
        """GPa, of the symmetry of the crystal system."""
        system = request.material.crystal_system
        return TensorAnswer(compact_questions.parse_constants(text, system))

    def write(self, answer: ArrayLike, request: About) -> str:
        """A tensor in GPa, its constants rounded to 1 GPa."""
        return compact_questions.render_constants(answer, request.material.crystal_system)


class CompactFill(Format[About, str]):
    """The formula with an element that the question hides: the last of the formula."""

    gives = "formula"
    max_tokens = 4
    task = Task.INFILL

    def ask(self, request: About) -> Question:
        """The question; it states the other elements, all counts and the crystal system."""
        require_zero(request.temperature, _WHO)
        counts = amounts_of(request.material.composition)
        hidden = [*counts[:-1], (MASK, counts[-1][1])]
        text = compact_questions.render_fill(hidden, request.material.crystal_system)
        return _question(text, patterns.ELEMENT)

    def read(self, text: str, request: About) -> str:
        """Reduced formula."""
        counts = amounts_of(request.material.composition)
        filled = [*counts[:-1], (compact_questions.parse_element(text), counts[-1][1])]
        return reduced_formula(join_counts([(symbol, round(n)) for symbol, n in filled]))

    def write(self, answer: str, request: About) -> str:  # noqa: ARG002
        """The element that is hidden."""
        return amounts_of(request.material.composition)[-1][0]


class CompactGeneration(Format[MaterialRequest, Proposal]):
    """Formula and crystal system; moduli are exact to 1 GPa."""

    gives = "material"
    max_tokens = 32
    boldness = {"temperature": 0.8, "guidance": 1.0}  # noqa: RUF012
    task = Task.GENERATION

    def ask(self, request: MaterialRequest) -> Question:
        """The question; whatever is left open is left out, moduli in the unconditional one."""
        require_zero(request.temperature, _WHO)
        condition = compact.Condition(
            request.bulk_modulus,
            request.number,
            request.elements,
            request.crystal_system,
            request.shear_modulus,
        )
        asked = _question(
            compact.render_design(condition), patterns.COMPACT_MATERIAL, request.limits
        )
        anything = replace(condition, bulk_modulus=None, shear_modulus=None)
        return replace(asked, unconditional=_begun(compact.render_design(anything)))

    def read(self, text: str, request: MaterialRequest) -> Proposal:  # noqa: ARG002
        """Formula and crystal system."""
        return compact.parse_answer(text)

    def write(self, answer: Proposal, request: MaterialRequest) -> str:  # noqa: ARG002
        """A material."""
        return compact.render_answer(answer)


def _predict(about: About, what: Property) -> str:
    material = about.material
    amounts = amounts_of(material.composition)
    return compact_questions.render_predict(
        amounts, material.crystal_system, what, about.temperature
    )


def _question(text: str, pattern: str, limits: Limits | None = None) -> Question:
    return Question("", _begun(text), pattern, limits=limits)


def _begun(text: str) -> str:
    return f"{compact.BEGIN} {text}"


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """All five for this dialect."""
    if dialect not in DIALECTS:
        return ()
    return (
        CompactModulus(Task.BULK_MODULUS, "bulk"),
        CompactModulus(SHEAR_MODULUS, "shear"),
        CompactConstants(),
        CompactFill(),
        CompactGeneration(),
    )
