"""Jobs: look for leaks in training records, and teach a text model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.documents import LeakReport, TaskRecord, TrainedModel
from elatbot_flows.errors import TrainingError
from elatbot_flows.training.data.leaks import check_leaks, require_clean
from elatbot_flows.training.data.records import as_record, read_records
from elatbot_flows.training.finetune import PRESETS, FineTuning, fine_tune
from elatbot_flows.training.finetune.bases import known_formulas
from elatbot_flows.training.finetune.encoding import require_dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FineTuneMaker", "check_training_records", "given_records"]


def given_records(given: str | Path | Sequence[TaskRecord | dict[str, Any]]) -> list[TaskRecord]:
    """Records as jobs are given them: the path of their file, or themselves.

    Raises
    ------
    ElatbotError
        If the file cannot be read, or something is no record.
    """
    if isinstance(given, str | Path):
        return read_records(Path(given))
    try:
        return [as_record(record) for record in given]
    except ValueError as error:
        raise TrainingError(
            f"what was given is no list of training records ({str(error).splitlines()[0]}): give "
            "records, or the path of their file"
        ) from error


@job(output_schema=LeakReport)
def check_training_records(
    records: str | list[TaskRecord], base: str | None = None, *, strict: bool = True
) -> LeakReport:
    """Look for test formulas that training, or the base model, has seen.

    Parameters
    ----------
    records
        Path of their file, or themselves.
    base
        Model that is trained on; what it was trained on is asked for if somebody wrote it down.
    strict
        Refuse records with a leak; otherwise the report tells.

    Raises
    ------
    LeakError
        If a test formula was seen; names it.
    """
    found = given_records(records)
    require_dialect(found)
    return (require_clean if strict else check_leaks)(
        found, None if base is None else known_formulas(base)
    )


@dataclass
class FineTuneMaker(Maker):
    """Teach a text model from records; runs on, where it was killed, from its last checkpoint.

    Parameters
    ----------
    name
        The job name.
    base
        Folder with a model and its tokenizer, or name on the Hugging Face hub.
    folder
        Where weights, card, curve, document and checkpoints go; its worker has to see it again
        when it goes on.
    settings
        How.
    preset
        One of `elatbot_flows.training.finetune.PRESETS` whose tasks the records have to be of;
        `from_preset` takes its settings too.

    Raises
    ------
    TrainingError
        If there is no such preset.
    """

    name: str = "train"
    base: str = ""
    folder: str = "trained"
    settings: FineTuning = field(default_factory=FineTuning)
    preset: str | None = None

    def __post_init__(self) -> None:
        if self.preset is not None and self.preset not in PRESETS:
            raise TrainingError(
                f"there is no preset {self.preset!r}: choose from {', '.join(PRESETS)}"
            )

    @classmethod
    def from_preset(cls, preset: str, base: str, folder: str, **changes: Any) -> FineTuneMaker:
        """The Maker of a published training.

        Parameters
        ----------
        preset
            Its name.
        base, folder
            What is trained on, and where to.
        changes
            Settings that differ.

        Raises
        ------
        TrainingError
            If there is no such preset, or a setting is out of range.

        Examples
        --------
        >>> maker = FineTuneMaker.from_preset("elatbot-dft-4", "llama", "runs/dft-4", micro_batch=3)
        >>> maker.settings.method, maker.settings.learning_rate, maker.settings.batch_size
        ('lora+', 5e-05, 12)
        """
        made = cls(base=base, folder=folder, preset=preset)
        made.settings = replace(PRESETS[preset].settings, **changes)
        return made

    @job(output_schema=TrainedModel)
    def make(
        self, records: str | list[TaskRecord], leaks: LeakReport | None = None
    ) -> TrainedModel:
        """Train as a job, see `elatbot_flows.training.finetune.fine_tune`.

        Parameters
        ----------
        records
            Path of their file, or themselves.
        leaks
            What `check_training_records` found.

        Raises
        ------
        TrainingError
            If the records are not those of the preset, or as `fine_tune`.
        """
        found = given_records(records)
        self._require_tasks(found)
        trained = fine_tune(found, self.base, Path(self.folder), self.settings)
        told = None if leaks is None else LeakReport.model_validate(leaks).model_dump(mode="json")
        # What later jobs add must not make this one look new.
        later: dict[str, Any] = {
            "evaluation": [],
            "merged": None,
            "merged_same": None,
            "leaks": told,
        }
        return trained.model_copy(update=later)

    def _require_tasks(self, records: Sequence[TaskRecord]) -> None:
        if self.preset is None:
            return
        preset = PRESETS[self.preset]
        dialect, tasks = require_dialect(records)
        if dialect != preset.dialect or not set(tasks) <= set(preset.tasks):
            raise TrainingError(
                f"the preset {self.preset} is for {', '.join(preset.tasks)} in the dialect "
                f"{preset.dialect}, the records are {', '.join(tasks)} in {dialect}: choose the "
                "preset of the records, or none"
            )
