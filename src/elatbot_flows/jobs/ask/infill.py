"""Job: let a text model write formulas that were masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobflow import job

from elatbot_flows.documents import FormulaInfill
from elatbot_flows.engines.ask_all import ask_all
from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import ElatbotError
from elatbot_flows.jobs.ask.asking import AskMaker, guided, package_versions, plain
from elatbot_flows.jobs.ask.materials import column_of, failure_of, read_composition
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About
from elatbot_flows.text.formula import reduced_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Composition

    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.text.format import Format
    from elatbot_flows.text.question import Question

    Infill = Format[Any, str]

__all__ = ["InfillMaker"]


@dataclass
class InfillMaker(AskMaker):
    """Ask a text model for the formula that a composition spells; a test of what it has learned.

    The right answer is known, so every document says whether the answer is right. One answer is
    taken to each question.

    Parameters
    ----------
    name
        The job name.

    See Also
    --------
    AskMaker : The model and how answers are drawn; its `samples` is not used here.
    """

    name: str = "infill formulas"

    @job
    def make(
        self,
        compositions: str | Composition | dict[str, float] | Sequence[Any],
        crystal_systems: str | Sequence[str | None] | None = None,
    ) -> FormulaInfill | list[FormulaInfill]:
        """Ask about one composition or a list; a bad one never spoils the others.

        Parameters
        ----------
        compositions
            Formulas, compositions, or amounts by symbol.
        crystal_systems
            Their crystal systems, one for all or one for each, for models that are told of them,
            such as elatbot-mini; others are not.

        Returns
        -------
        FormulaInfill or list of FormulaInfill
            One for one composition; for a list as many, in their order.

        Raises
        ------
        EngineError
            If the model cannot be loaded or does not know the task.
        """
        many = isinstance(compositions, (list, tuple))
        model = self.text_model()
        asked = model.format(Task.INFILL)
        materials: list[Any] = list(compositions) if many else [compositions]  # type: ignore[arg-type]
        systems = column_of("crystal systems", crystal_systems, len(materials))
        pairs = zip(materials, systems, strict=True)
        rows = [_ask(given, system, asked) for given, system in pairs]
        engine = self.engine()
        questions = [guided(question, self.guided) for *_, question in rows]
        answers = ask_all(engine, questions, self.sampling(Task.INFILL, samples=1))
        common = {"model": self.model_record(engine), "versions": package_versions()}
        documents = [
            FormulaInfill(**common, **fields, **_outcome(answer, fields, asked, about))
            for (fields, about, _), answer in zip(rows, answers, strict=True)
        ]
        return documents if many else documents[0]


def _ask(
    given: Any, system: str | None, asked: Infill
) -> tuple[dict[str, Any], About | None, Question | Failure]:
    """What is known of a composition, and the question for its formula."""
    from elatbot_flows.text.material import Material

    try:
        composition = read_composition(given)
        about = About(Material(composition, system=system and system.capitalize()))
        question = asked.ask(about)
    except ElatbotError as error:
        return {}, None, failure_of(error)
    amounts = {str(element): float(amount) for element, amount in composition.items()}
    return {"composition": amounts, "expected": composition.reduced_formula}, about, question


def _outcome(
    answer: list[Completion] | Failure, fields: dict[str, Any], asked: Infill, about: About | None
) -> dict[str, Any]:
    """What the answer says."""
    if isinstance(answer, Failure):
        return {"status": "failed", "reason": answer.reason, "message": answer.message}
    found = {"prompt": answer[0].prompt, "completion": plain(answer[0])}
    try:
        formula = asked.read(answer[0].text, about)
    except ElatbotError as error:
        failure = failure_of(error)
        return found | {"status": "failed", "reason": failure.reason, "message": failure.message}
    right = reduced_formula(formula) == fields["expected"]
    return found | {"status": "predicted", "formula": formula, "correct": right}
