"""Known values put before a question, and what they say without the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from elatbot_flows.documents import RetrievalRecord
from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import ElatbotError, EngineError
from elatbot_flows.files import sha256_of
from elatbot_flows.jobs.ask.materials import failure_of

if TYPE_CHECKING:
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.jobs.ask.materials import Asked
    from elatbot_flows.retrieval import KnowledgeBase, RetrievedContext
    from elatbot_flows.text.question import Question

__all__ = ["References", "read_references"]


@dataclass(frozen=True)
class References:
    """Known values to search for each question.

    Parameters
    ----------
    knowledge
        The values.
    file
        Name of their file.
    sha256
        Its hash.
    k
        References for each question.
    """

    knowledge: KnowledgeBase
    file: str
    sha256: str
    k: int

    def put_before(
        self, question: Question | Failure, asked: Asked
    ) -> tuple[Question | Failure, RetrievalRecord | None]:
        """The question behind its references; as it is at 0 K, for which it has another form."""
        if isinstance(question, Failure) or asked.material is None or asked.temperature == 0:
            return question, None
        from elatbot_flows.retrieval import answer_with_references

        amounts = asked.material.composition.items()
        formula = "".join(f"{element.symbol}{round(float(n), 6)}" for element, n in amounts)
        system = asked.material.crystal_system.lower()
        try:
            context = answer_with_references(
                self.knowledge, formula, asked.temperature, self.k, crystal_system=system
            )
        except ElatbotError as error:
            return failure_of(error), None
        return replace(question, input=context.text), self._record(context)

    def _record(self, context: RetrievedContext) -> RetrievalRecord:
        found = context.interpolation
        return RetrievalRecord(
            file=self.file,
            sha256=self.sha256,
            references=[
                {
                    "formula": neighbour.row.formula,
                    "crystal_system": neighbour.row.crystal_system,
                    "temperature": neighbour.row.temperature,
                    "bulk_modulus_voigt": neighbour.row.value("bulk_modulus_voigt"),
                    "same_alloy": neighbour.same_alloy,
                    "source": neighbour.row.source,
                }
                for neighbour in context.neighbours
            ],
            support=context.support,
            statement=context.statement,
            bulk_modulus_voigt=None if found is None else found.value,
            bulk_modulus_voigt_error=None if found is None else found.error,
        )


def read_references(path: str, k: int, task: str, model: TextModel) -> References:
    """Read a file of known values for questions of a task.

    Parameters
    ----------
    path
        File as `elatbot_flows.retrieval.KnowledgeBase.from_files` reads it.
    k
        References for each question.
    task, model
        What is asked of whom.

    Raises
    ------
    EngineError
        If the task or the model has no questions at finite temperature.
    ElatbotError
        If the file cannot be read.
    """
    from elatbot_flows.retrieval import KnowledgeBase

    if not model.format(task).takes_references:
        raise EngineError(
            f"known values go before questions at finite temperature, {model.name} has none for "
            f"{task}: ask a model that knows ElaTBot's words for tensor or bulk_modulus, or leave "
            "them out"
        )
    if not Path(path).is_file():
        raise EngineError(f"there is no file {path} with known values: give another one")
    return References(KnowledgeBase.from_files(Path(path)), Path(path).name, sha256_of(path), k)
