"""Jobs: ask a text model for the elasticity of materials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import job

from elatbot_flows.documents import RetrievalRecord, TextModelRecord, TextPrediction
from elatbot_flows.engines.ask_all import ask_all
from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import EngineError
from elatbot_flows.files import sha256_of
from elatbot_flows.jobs.ask.asking import AskMaker, guided, package_versions
from elatbot_flows.jobs.ask.descriptions import with_words
from elatbot_flows.jobs.ask.identify import require_same
from elatbot_flows.jobs.ask.materials import read_materials
from elatbot_flows.jobs.ask.readings import (
    Reading,
    commonest,
    modulus_fields,
    read,
    shear_fields,
    symmetry_of,
    tensor_fields,
)
from elatbot_flows.jobs.ask.references import read_references
from elatbot_flows.text.elatbot_prompts import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Composition, Structure

    from elatbot_flows.engines.base import Engine
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.jobs.ask.materials import Asked
    from elatbot_flows.text.format import About, Format
    from elatbot_flows.text.material import Material
    from elatbot_flows.text.question import Question

__all__ = ["PredictElasticMaker", "PredictModulusMaker", "elastic_tasks"]

_ELASTIC = ("tensor", "modulus", "shear_modulus")


@dataclass
class PredictElasticMaker(AskMaker):
    """Ask a text model for elastic tensors, or bulk moduli, one document for each material.

    Goes behind any job that ends in a structure or a list of structures:
    ``PredictElasticMaker(model=...).make(relax_job.output.structure)``.

    Parameters
    ----------
    name
        The job name.
    task
        What to ask; by default a tensor if the model can be asked for one, else a bulk modulus.
    project_symmetry
        Whether tensors are projected on the symmetry of the crystal.
    knowledge
        File with known values of alloys at finite temperature (CSV or JSON lines); the nearest
        ones are put before each question above 0 K, and what they say by themselves is kept
        beside the answer.
    references
        Known values for each question.

    See Also
    --------
    AskMaker : The model and how answers are drawn.
    """

    name: str = "predict elasticity"
    task: Task | str | None = None
    project_symmetry: bool = True
    knowledge: str | None = None
    references: int = 5

    @job
    def make(
        self,
        structures: Structure | Composition | str | Sequence[Any],
        sources: str | Sequence[str | None] | None = None,
        temperatures: float | Sequence[float] | None = None,
        crystal_systems: str | Sequence[str | None] | None = None,
        expected: TextModelRecord | None = None,
    ) -> TextPrediction | list[TextPrediction]:
        """Ask about one material or a chunk of them; a bad one never spoils the others.

        Parameters
        ----------
        structures
            A crystal or a list; where the task needs no crystal also formulas and compositions.
        sources
            What to call them, one word for each.
        temperatures
            Of the materials, K; one for all or one for each; 0 K by default.
        crystal_systems
            Of formulas and compositions, one for all or one for each.
        expected
            Record of the model that has to answer; any other is refused.

        Returns
        -------
        TextPrediction or list of TextPrediction
            One for one material; for a list as many, in their order.

        Raises
        ------
        EngineError
            If the model cannot be loaded or does not know the task.
        TargetError
            If there are not as many sources, temperatures or systems as materials.
        """
        many = isinstance(structures, (list, tuple))
        given = list(structures) if many else [structures]  # type: ignore[arg-type]
        asked = read_materials(
            given, [sources] if isinstance(sources, str) else sources, temperatures, crystal_systems
        )
        documents = self.predict(asked, expected)
        return documents if many else documents[0]

    def predict(
        self, asked: Sequence[Asked], expected: TextModelRecord | None = None
    ) -> list[TextPrediction]:
        """Documents of materials, without a job around it; see `make`."""
        model, task, engine = self.text_model(), self.checked_task(), self.engine()
        if self.journal is not None:
            folder = Path(self.journal) / "words"
            asked = [with_words(each, task, model, folder) for each in asked]
        sampling = self.sampling(task)
        record = self.model_record(engine)
        require_same(record, expected)
        questions, retrieved = self._questions(asked, model, task)
        answers = ask_all(engine, questions, sampling)
        common = {
            "task": str(task),
            "settings": self.settings(sampling, project_symmetry=self.project_symmetry),
            "model": record,
            "versions": package_versions(),
        }
        return [
            TextPrediction(
                **common,
                **_material_fields(each),
                **self._outcome(each, answer, model.format(task)),
                retrieval=found,
            )
            for each, answer, found in zip(asked, answers, retrieved, strict=True)
        ]

    def _questions(
        self, asked: Sequence[Asked], model: TextModel, task: str
    ) -> tuple[list[Question | Failure], list[RetrievalRecord | None]]:
        """Questions, and the known values that stand before them."""
        questions = [guided(each.question(model, task), self.guided) for each in asked]
        if self.knowledge is None:
            return questions, [None] * len(questions)
        known = read_references(self.knowledge, self.references, task, model)
        pairs = [known.put_before(q, each) for q, each in zip(questions, asked, strict=True)]
        return [question for question, _ in pairs], [record for _, record in pairs]

    def checked_task(self) -> str:
        """What is asked, without loading the model.

        Raises
        ------
        EngineError
            If the model does not know it, or other Makers are for it.
        """
        model = self.text_model()
        task = model.check_task(self.task)
        if task not in elastic_tasks(model):
            raise EngineError(f"{task} predicts no elasticity: use GenerateMaker or InfillMaker")
        return task

    def model_record(self, engine: Engine) -> TextModelRecord:
        """Who answers, and with which known values."""
        record = super().model_record(engine)
        if self.knowledge is not None and Path(self.knowledge).is_file():
            record.settings["knowledge_sha256"] = sha256_of(self.knowledge)
        return record

    def _outcome(
        self, asked: Asked, answer: list[Completion] | Failure, how: Format[About, Any]
    ) -> dict[str, Any]:
        """Fields that tell what came of a question."""
        if isinstance(answer, Failure) or asked.material is None:
            failure = answer if isinstance(answer, Failure) else Failure("no_material", "")
            return {"status": "failed", "reason": failure.reason, "message": failure.message}
        readings = [read(completion, how, asked.about()) for completion in answer]
        known = [reading for reading in readings if reading.failure is None]
        found: dict[str, Any] = {
            "samples_asked": len(readings),
            "samples_parsed": len(known),
            "repairs": sorted({repair for reading in known for repair in reading.repairs}),
            "prompt": answer[0].prompt,
            "completions": [reading.document() for reading in readings],
        }
        if not known:
            failure = commonest([r.failure for r in readings if r.failure is not None])
            why = {"status": "failed", "reason": failure.reason, "message": failure.message}
            return found | why
        numbers = self._numbers(asked.material, readings, how)
        return found | {"status": "predicted"} | numbers

    def _numbers(
        self, material: Material, readings: Sequence[Reading], how: Format[About, Any]
    ) -> dict[str, Any]:
        """Fields with what was read; there is at least one readable answer."""
        if how.gives == "modulus":
            return modulus_fields([reading.modulus for reading in readings])
        if how.gives == "shear_modulus":
            return shear_fields([reading.shear for reading in readings])
        tensors = [reading.tensor for reading in readings]
        return tensor_fields(tensors, symmetry_of(material), project=self.project_symmetry)


@dataclass
class PredictModulusMaker(PredictElasticMaker):
    """Ask a text model for Voigt bulk moduli; see `PredictElasticMaker`.

    Parameters
    ----------
    name
        The job name.
    task
        What to ask.
    """

    name: str = "predict bulk modulus"
    task: Task | str | None = Task.BULK_MODULUS


def elastic_tasks(model: TextModel) -> tuple[str, ...]:
    """Tasks of a model that predict elasticity."""
    return tuple(task for task in model.tasks if model.format(task).gives in _ELASTIC)


def _material_fields(asked: Asked) -> dict[str, Any]:
    """Which material it is."""
    found: dict[str, Any] = {"source": asked.source, "temperature": asked.temperature}
    composition = asked.composition
    if composition is None:
        return found
    elements = sorted({element.symbol for element in composition.elements})
    return found | {
        "formula": composition.reduced_formula,
        "chemsys": "-".join(elements),
        "elements": elements,
        "crystal_system": _system(asked),
        "structure": asked.given,
    }


def _system(asked: Asked) -> str | None:
    """Crystal system, if it is known or can be found."""
    try:
        return None if asked.material is None else asked.material.crystal_system
    except Exception:  # noqa: BLE001 - not given, or spglib finds none
        return None
