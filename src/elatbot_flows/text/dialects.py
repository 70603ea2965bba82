"""What a model was trained to be asked and to answer: how tasks become text and back.

A dialect is the only thing that tells a small embedded model from a published one of seven
billion parameters; whatever asks questions asks them through a dialect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from elatbot_flows.errors import ParseError
from elatbot_flows.text import (
    compact,
    composition_text,
    constants_text,
    elatbot_prompts,
    generation_text,
    infill_text,
    modulus_text,
    patterns,
    robocrys_text,
    structure_text,
    temperature_text,
    tensor_text,
)
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.formula import formula_counts, reduced_formula
from elatbot_flows.text.question import Question, Template

if TYPE_CHECKING:
    from elatbot_flows.text.compact import Proposal
    from elatbot_flows.text.format import MaterialRequest
    from elatbot_flows.text.material import Material
    from elatbot_flows.text.tensor_text import TensorAnswer

__all__ = ["DIALECTS", "TENSOR_TASKS", "CompactDialect", "Dialect", "ElatbotDialect", "dialect"]

_LONGEST = {Task.BULK_MODULUS: 32, Task.GENERATION: 100, Task.INFILL: 48}
TENSOR_TASKS = (
    Task.TENSOR,
    Task.TENSOR_FROM_STRUCTURE,
    Task.TENSOR_FROM_WORDS,
    Task.TENSOR_FROM_COMPOSITION,
    Task.TENSOR_FROM_FULL_TEXT,
)
"""Tasks that are answered with an elastic tensor."""


class Dialect(Protocol):
    """How tasks are asked of a model and its answers read. Wrong ones raise `ParseError`."""

    @property
    def template(self) -> Template:
        """How the model was trained to see a question."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What it can be asked."""

    def drawing(self, task: Task) -> dict[str, Any]:
        """How answers to a task are drawn by default: fields of a `Sampling`."""

    def ask(self, task: Task, material: Material, temperature: float = 0.0) -> Question:
        """Ask for a tensor, a bulk modulus or a masked formula of a material (K)."""

    def ask_material(self, request: MaterialRequest) -> Question:
        """Ask for a material."""

    def read_tensor(self, text: str, material: Material) -> TensorAnswer:
        """Elastic tensor, GPa, and what had to be repaired in the answer."""

    def read_modulus(self, text: str) -> float:
        """Voigt bulk modulus, GPa."""

    def read_material(self, text: str) -> Proposal:
        """Formula and crystal system."""

    def read_formula(self, text: str) -> str:
        """Reduced formula."""


@dataclass(frozen=True)
class ElatbotDialect:
    """The tasks of ElaTBot and ElaTBot-DFT in their published words.

    Parameters
    ----------
    answers
        ``"matrix"`` for 36 numbers as published, ``"constants"`` for the independent constants of
        the Laue class, which models trained with this package answer with.
    template
        How questions are written; the published adapters know only their own.
    tolerant
        Repair faults of a matrix that leave no doubt, and say so; otherwise they are refused.
    """

    answers: Literal["matrix", "constants"] = "matrix"
    template: Template = Template.ELATBOT
    tolerant: bool = True

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them."""
        return tuple(Task)

    def drawing(self, task: Task) -> dict[str, Any]:
        """Longest answer, where it stops and, for generation, the published boldness."""
        found: dict[str, Any] = {"max_tokens": _LONGEST.get(task, 512)}
        if self.template is Template.ELATBOT:
            found["stop"] = ("\nHuman:",)
        bold = {"temperature": 0.95, "top_p": 0.7, "top_k": 50}
        return found | bold if task == Task.GENERATION else found

    def ask(self, task: Task, material: Material, temperature: float = 0.0) -> Question:
        """Ask for a tensor, a bulk modulus or a masked formula of a material.

        Parameters
        ----------
        task
            Any but `Task.GENERATION`.
        material
            The questions at 0 K need its crystal.
        temperature
            K; only `Task.TENSOR` and `Task.BULK_MODULUS` can state one.

        Raises
        ------
        ParseError
            With reason ``"wrong_temperature"`` or ``"wrong_task"``.
        StructureError
            If the material lacks what the question needs, or robocrystallographer fails.
        """
        prompt = elatbot_prompts.render(task, _describe(task, material, temperature), temperature)
        return Question(prompt.instruction, prompt.input, self._pattern(task, material))

    def _pattern(self, task: Task, material: Material) -> str:
        if task is Task.BULK_MODULUS:
            return patterns.MODULUS
        if task is Task.INFILL:
            return patterns.FORMULA
        return patterns.constants(material.laue) if self.answers == "constants" else patterns.MATRIX

    def ask_material(self, request: MaterialRequest) -> Question:
        """Ask for a material with a given Voigt bulk modulus.

        Raises
        ------
        TargetError
            If it is left open, negative or above 1e5 GPa.
        """
        value = request.bulk_modulus
        wanted = generation_text.ModulusRequest(value, value, request.temperature)
        prompt = elatbot_prompts.render(Task.GENERATION, generation_text.render(wanted))
        return Question(prompt.instruction, prompt.input, patterns.MATERIAL)

    def read_tensor(self, text: str, material: Material) -> TensorAnswer:
        """Read an elastic tensor, GPa.

        Raises
        ------
        ParseError
            See `elatbot_flows.text.tensor_text` and `elatbot_flows.text.constants_text`.
        """
        if self.answers == "constants":
            return tensor_text.TensorAnswer(constants_text.parse(text, material.laue))
        if self.tolerant:
            return tensor_text.parse_tolerant(text)
        return tensor_text.TensorAnswer(tensor_text.parse(text))

    def read_modulus(self, text: str) -> float:
        """Read a Voigt bulk modulus, GPa."""
        return modulus_text.parse(text)

    def read_material(self, text: str) -> Proposal:
        """Read formula and crystal system."""
        return generation_text.parse_answer(text)

    def read_formula(self, text: str) -> str:
        """Read a formula."""
        return reduced_formula(text.strip())


def _describe(task: Task, material: Material, temperature: float) -> str:
    """Input of a question of ElaTBot."""
    if task is Task.GENERATION:
        raise _wrong_task(task, "materials are asked for with ask_material")
    if task is Task.INFILL:
        return infill_text.render(material.composition)
    if task is Task.TENSOR_FROM_STRUCTURE:
        structure = material.structure
        return structure_text.render(structure_text.describe(structure, material.symmetry))
    if task is Task.TENSOR_FROM_COMPOSITION:
        return composition_text.render(composition_text.describe(material.structure))
    if task is Task.TENSOR_FROM_WORDS:
        return material.words or robocrys_text.describe(material.structure)
    if task is Task.TENSOR_FROM_FULL_TEXT or temperature == 0:
        return elatbot_prompts.full_text(material.structure, material.words)
    facts = temperature_text.describe(material.composition, material.crystal_system)
    return temperature_text.render(facts)


@dataclass(frozen=True)
class CompactDialect:
    """The words of the embedded generator, see `elatbot_flows.text.compact`."""

    template: Template = Template.RAW

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Bulk modulus at 0 K, and generation."""
        return (Task.BULK_MODULUS, Task.GENERATION)

    def drawing(self, task: Task) -> dict[str, Any]:
        """Longest answer and, for generation, a temperature."""
        bold = {"temperature": 0.8} if task == Task.GENERATION else {}
        return {"max_tokens": 32} | bold

    def ask(self, task: Task, material: Material, temperature: float = 0.0) -> Question:
        """Ask for the bulk modulus of a material.

        Raises
        ------
        ParseError
            With reason ``"wrong_task"`` or ``"wrong_temperature"`` for anything else.
        TargetError
            If the formula cannot be written.
        """
        if task is not Task.BULK_MODULUS:
            raise _wrong_task(task, "the compact format knows bulk_modulus and generation")
        _require_zero(temperature)
        counts = formula_counts(material.formula)
        return _begin(
            compact.render_predict(counts, material.crystal_system), patterns.COMPACT_MODULUS
        )

    def ask_material(self, request: MaterialRequest) -> Question:
        """Ask for a material at 0 K, its bulk modulus exact to 1 GPa.

        Raises
        ------
        ParseError
            With reason ``"wrong_temperature"``.
        TargetError
            If the bulk modulus cannot be written.
        """
        _require_zero(request.temperature)
        condition = compact.Condition(request.bulk_modulus, request.number, request.elements)
        question = _begin(compact.render_design(condition), patterns.COMPACT_MATERIAL)
        return replace(question, limits=request.limits)

    def read_tensor(self, text: str, material: Material) -> TensorAnswer:  # noqa: ARG002
        """Refuse: the format has no tensors."""
        raise _wrong_task(Task.TENSOR, "the compact format has no tensors")

    def read_modulus(self, text: str) -> float:
        """Read a bulk modulus, GPa."""
        return compact.parse_modulus(text)

    def read_material(self, text: str) -> Proposal:
        """Read formula and crystal system."""
        return compact.parse_answer(text)

    def read_formula(self, text: str) -> str:  # noqa: ARG002
        """Refuse: the format has no masked formulas."""
        raise _wrong_task(Task.INFILL, "the compact format has no masked formulas")


def _begin(text: str, pattern: str) -> Question:
    return Question("", f"{compact.BEGIN} {text}", pattern)


def _require_zero(temperature: float) -> None:
    if temperature != 0:
        raise ParseError(
            f"the compact format knows 0 K alone, not {temperature:g} K", reason="wrong_temperature"
        )


def _wrong_task(task: Task, why: str) -> ParseError:
    return ParseError(f"{task} cannot be asked here: {why}", reason="wrong_task")


DIALECTS: dict[str, Dialect] = {
    "elatbot": ElatbotDialect(),
    "elatbot-strict": ElatbotDialect(tolerant=False),
    "elatbot-constants": ElatbotDialect(answers="constants"),
    "elatbot-chat": ElatbotDialect(template=Template.CHAT),
    "compact": CompactDialect(),
}
"""Dialects by name."""


def dialect(name: str) -> Dialect:
    """Dialect of a name.

    Raises
    ------
    ParseError
        With reason ``"unknown_dialect"``.
    """
    if name not in DIALECTS:
        raise ParseError(
            f"there is no dialect {name!r}: choose from {', '.join(DIALECTS)}",
            reason="unknown_dialect",
        )
    return DIALECTS[name]
