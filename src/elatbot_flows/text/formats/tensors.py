"""ElaTBot's elastic tensors: five tasks that differ in how the material is described."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.text import (
    composition_text,
    constants_text,
    elatbot_prompts,
    patterns,
    robocrys_text,
    structure_text,
    tensor_text,
)
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About, AnyFormat, Dialect, Format
from elatbot_flows.text.formats.elatbot import ElatbotDialect, describe_state, question
from elatbot_flows.text.tensor_text import TensorAnswer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from elatbot_flows.text.question import Question

__all__ = ["TensorFormat", "formats"]

_WITH_WORDS = (Task.TENSOR_FROM_WORDS, Task.TENSOR_FROM_FULL_TEXT)
_TASKS = (
    Task.TENSOR_FROM_STRUCTURE,
    Task.TENSOR_FROM_WORDS,
    Task.TENSOR_FROM_COMPOSITION,
    Task.TENSOR_FROM_FULL_TEXT,
    Task.TENSOR,
)


class TensorFormat(Format[About, TensorAnswer]):
    """Elastic tensor of a material; only `Task.TENSOR` states a temperature.

    Parameters
    ----------
    task
        From what the tensor is to be told.
    dialect
        How it is answered.
    """

    gives = "tensor"

    def __init__(self, task: Task, dialect: ElatbotDialect) -> None:
        self.task: Task = task
        self.dialect = dialect
        self.preferred = self.takes_references = task is Task.TENSOR

    def needs_words(self, temperature: float) -> bool:
        """Whether the crystal is described in words."""
        return self.task in _WITH_WORDS or (self.task is Task.TENSOR and temperature == 0)

    def ask(self, request: About) -> Question:
        """The question; those at 0 K need a crystal."""
        pattern = patterns.MATRIX
        if self.dialect.answers == "constants":
            pattern = patterns.constants(request.material.laue)
        return question(self.task, self._describe(request), pattern, request.temperature)

    def _describe(self, about: About) -> str:
        material = about.material
        if self.task is Task.TENSOR_FROM_STRUCTURE:
            return structure_text.render(structure_text.describe(material.structure))
        if self.task is Task.TENSOR_FROM_WORDS:
            return material.words or robocrys_text.describe(material.structure)
        if self.task is Task.TENSOR_FROM_COMPOSITION:
            return composition_text.render(composition_text.describe(material.structure))
        if self.task is Task.TENSOR_FROM_FULL_TEXT:
            return elatbot_prompts.full_text(material.structure, material.words)
        return describe_state(material, about.temperature)

    def read(self, text: str, request: About) -> TensorAnswer:
        """GPa, and what had to be repaired."""
        if self.dialect.answers == "constants":
            return TensorAnswer(constants_text.parse(text, request.material.laue))
        if self.dialect.tolerant:
            return tensor_text.parse_tolerant(text)
        return TensorAnswer(tensor_text.parse(text))

    def write(self, answer: ArrayLike, request: About) -> str:
        """A tensor in GPa."""
        if self.dialect.answers == "constants":
            return constants_text.render(answer, request.material.laue)
        return tensor_text.render(answer)


def formats(dialect: Dialect) -> tuple[AnyFormat, ...]:
    """All five."""
    if not isinstance(dialect, ElatbotDialect):
        return ()
    return tuple(TensorFormat(task, dialect) for task in _TASKS)
