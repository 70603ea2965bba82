"""What ``elatbot train`` reads: base, records and settings of a training in a YAML file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads annotations
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from elatbot_flows.cli.yaml_files import read_yaml
from elatbot_flows.errors import TrainingError
from elatbot_flows.targets import DesignTarget
from elatbot_flows.training.finetune import PRESETS, FineTuning, PreferenceTuning
from elatbot_flows.training.verdicts.tried import VerdictSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobflow import Flow

    from elatbot_flows.flows import FineTuningFlowMaker

__all__ = ["TrainConfig", "read_training"]

_MODEL = "model"
_Made = TypeVar("_Made")


class TrainConfig(BaseModel):
    """A training as people write it down."""

    model_config = ConfigDict(extra="forbid")

    base: str = Field(description="Folder of a model, relative to the file, or name on the hub.")
    records: Path | None = Field(
        None,
        description="File of training records, relative to the file; with candidates, only the "
        "test records in it are used.",
    )
    method: Literal["expert", "dpo"] | None = Field(
        None,
        description="How verdicts are learned from: hits as right answers (the default with "
        "candidates), or pairs of which one is better.",
    )
    candidates: Path | None = Field(
        None, description="Folder of a run, or file of a store, whose candidates are learned from."
    )
    verdicts: dict[str, Any] = Field(
        default_factory=dict, description="Settings of VerdictSettings that differ."
    )
    preset: str | None = Field(None, description=f"One of {', '.join(PRESETS)}.")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Settings of FineTuning that differ."
    )
    folder: Path | None = Field(
        None, description="Where the model goes, relative to the file; else into the run's folder."
    )
    allow_leaks: bool = Field(False, description="Train although a test formula was seen.")
    merge: bool = Field(True, description="Also write model and adapter as one.")
    most_tested: int | None = Field(None, ge=1, description="Test records of each task to ask.")

    @model_validator(mode="after")
    def _something_to_learn(self) -> Self:
        if self.records is None and self.candidates is None:
            raise ValueError("records or candidates: one of them is needed")
        if self.candidates is None and (self.method == "expert" or self.verdicts):
            raise ValueError("candidates are missing: verdicts are theirs")
        return self

    def flow(self, home: Path, out: Path | None) -> tuple[Flow, str]:
        """The flow, and the folder that the model goes to; parameters and errors as of `maker`."""
        from elatbot_flows.flows import ExpertIterationMaker, PreferenceTuningMaker

        maker = self.maker(home, out)
        folder = maker.train_maker.folder
        records = None if self.records is None else str((home / self.records).resolve())
        if self.candidates is None:
            return maker.make(str(records)), folder
        kind = PreferenceTuningMaker if self.method == "dpo" else ExpertIterationMaker
        taught = kind(
            train_maker=maker.train_maker,
            verdicts=self._verdicts(),
            allow_leaks=self.allow_leaks,
            merge=self.merge,
            most_tested=self.most_tested,
        )
        return taught.make(str((home / self.candidates).resolve()), records), folder

    def _verdicts(self) -> VerdictSettings:
        given = dict(self.verdicts)
        if isinstance(given.get("target"), dict):
            given["target"] = _made(DesignTarget, given["target"], "verdicts: target")
        return _made(VerdictSettings, given, "verdicts")

    def maker(self, home: Path, out: Path | None) -> FineTuningFlowMaker:
        """The Maker of a training on records.

        Parameters
        ----------
        home
            Folder of the file, where its paths begin.
        out
            Folder of the run; None if it runs elsewhere.

        Raises
        ------
        TrainingError
            If a setting is unknown or out of range, or nobody says where the model goes.
        """
        from elatbot_flows.flows import FineTuningFlowMaker
        from elatbot_flows.jobs import FineTuneMaker

        if self.folder is None and out is None:
            raise TrainingError("folder is missing: say where the model goes on the worker")
        folder = home / self.folder if self.folder else out / _MODEL  # type: ignore[operator]
        here = home / self.base
        settings = self._settings()
        maker = FineTuneMaker(
            base=str(here.resolve()) if here.is_dir() else self.base,
            folder=str(folder.resolve()),
            settings=settings,
            preset=self.preset,
        )
        return FineTuningFlowMaker(
            train_maker=maker,
            allow_leaks=self.allow_leaks,
            merge=self.merge,
            most_tested=self.most_tested,
        )

    def _settings(self) -> FineTuning:
        given = dict(self.settings)
        kind = PreferenceTuning if self.method == "dpo" else FineTuning
        for name, value in given.items():
            field = kind.__dataclass_fields__.get(name)
            # YAML reads 5e-5 as text.
            if field is not None and "float" in str(field.type) and isinstance(value, str):
                given[name] = _number(name, value)
        return _made(kind, given, "settings")


def _made(kind: Callable[..., _Made], given: dict[str, Any], where: str) -> _Made:
    """A dataclass of what a file says; names what it does not know."""
    try:
        return kind(**given)
    except TypeError as error:
        known = ", ".join(kind.__dataclass_fields__)  # type: ignore[attr-defined]
        word = str(error).rpartition(" ")[2]
        raise TrainingError(f"{where}: there is no {word}; known are {known}") from error


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise TrainingError(f"settings: {name} is {text!r}: it must be a number") from error


def read_training(path: Path) -> TrainConfig:
    """Read a training from a YAML file.

    Raises
    ------
    TrainingError
        If it cannot be read, or something in it is wrong; the message names the place.
    """
    return read_yaml(path, TrainConfig, TrainingError)
