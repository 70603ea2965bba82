"""What Makers that ask a text model have in common: its name, and how answers are drawn."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import Maker

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.symmetric import SymmetricMatrices
from elatbot_flows.engines.text_model import TextModel, text_model

if TYPE_CHECKING:
    from elatbot_flows.documents import TextModelRecord
    from elatbot_flows.engines.base import Engine, Sampling
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.text.question import Question

__all__ = ["AskMaker", "guided", "package_versions", "plain"]

_PACKAGES = ("elatbot_flows", "numpy", "pymatgen", "robocrys", "spglib")


@dataclass
class AskMaker(Maker):
    """Settings of a job that asks a text model.

    Parameters
    ----------
    name
        The job name.
    model
        A `TextModel`, or the name of one for `text_model`: ``"elatbot-mini"``, a folder, a name on
        the Hugging Face hub.
    samples
        Answers to each question; several need a sampling temperature above 0.
    sampling_temperature
        0 takes the most likely token.
    top_p, top_k
        Tokens to choose from; 1 and 0 keep all.
    max_tokens
        Longest answer in tokens; by default what the answers to a task need, but not more than half
        of what the model can keep in view.
    seed
        Same seed, same answers, where the engine can promise it.
    guided
        Whether answers are held to their format while they are written; matrices are then written
        row by row, so that they are symmetric.
    journal
        Folder in which every answer is written down when it comes, so that a job that was killed
        asks nothing twice; any number of jobs may share it.
    """

    name: str = "ask"
    model: str | TextModel = "elatbot-mini"
    samples: int = 1
    sampling_temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int | None = None
    seed: int = 0
    guided: bool = False
    journal: str | None = None

    def text_model(self) -> TextModel:
        """The model, without loading it.

        Raises
        ------
        ElatbotError
            As `elatbot_flows.engines.text_model.text_model`.
        """
        return self.model if isinstance(self.model, TextModel) else text_model(self.model)

    def sampling(self, task: str, **overrule: float | None) -> Sampling:
        """How answers to a task are drawn; `overrule` comes before the fields.

        Raises
        ------
        EngineError
            If the model cannot be loaded or a number is out of range.
        """
        fields: dict[str, Any] = {
            "temperature": self.sampling_temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "max_tokens": self.max_tokens,
            "samples": self.samples,
            "seed": self.seed,
        }
        return self.text_model().sampling(task, **(fields | overrule))

    def engine(self) -> Engine:
        """The engine, as `guided` and `journal` want it."""
        engine = self.text_model().engine()
        if self.journal is not None:
            from elatbot_flows.engines.journal import Journaled

            engine = Journaled(engine, Path(self.journal))
        return SymmetricMatrices(engine) if self.guided else engine

    def model_record(self, engine: Engine) -> TextModelRecord:
        """Who answers, as a document says it."""
        dialect = {"dialect": self.text_model().dialect}
        return engine.record.model_copy(update=dialect, deep=True)

    def settings(self, sampling: Sampling, **more: Any) -> dict[str, Any]:
        """How answers were drawn and held to their format, for a document."""
        return asdict(sampling) | {"stop": list(sampling.stop), "guided": self.guided} | more


def guided(question: Question | Failure, wanted: bool) -> Question | Failure:
    """A question with its pattern if that is wanted, else without."""
    if wanted or isinstance(question, Failure):
        return question
    return replace(question, pattern=None)


def plain(completion: Completion) -> dict[str, Any]:
    """A completion for a document, its prompt left out: it stands next to it once."""
    fields = asdict(completion)
    del fields["prompt"]
    return fields


def package_versions() -> dict[str, str]:
    """Versions of the packages that put materials in words."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
