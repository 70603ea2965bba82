"""From training records to a model that engines take up: check, train, score, merge, register."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobflow import Flow, Maker

from elatbot_flows.errors import TrainingError
from elatbot_flows.jobs.finetune import FineTuneMaker, check_training_records
from elatbot_flows.jobs.resume import never_resume
from elatbot_flows.jobs.stages import in_stage
from elatbot_flows.jobs.trained import merge_trained, register_trained, score_trained

if TYPE_CHECKING:
    from jobflow import Job

    from elatbot_flows.documents import TaskRecord

__all__ = ["FineTuningFlowMaker"]


@dataclass
class FineTuningFlowMaker(Maker):
    """Train a text model that knows none of the formulas it is tested on.

    Parameters
    ----------
    name
        Name of the flow.
    train_maker
        What is trained, on what and how.
    allow_leaks
        Train although a test formula was seen; the document of the model names it.
    merge
        Also write model and adapter as one model, where an adapter is trained.
    most_tested
        Test records of each task that are asked, the first ones; None for all.

    Raises
    ------
    TrainingError
        If `most_tested` is less than 1 or there is nothing to train on.

    Examples
    --------
    >>> maker = FineTuneMaker.from_preset("elatbot-dft-3", "llama-2-7b-chat", "runs/dft-3")
    >>> flow = FineTuningFlowMaker(train_maker=maker).make("records.jsonl.gz")
    >>> [job.name for job in flow.jobs]
    ['check records', 'train', 'score', 'merge', 'register']
    """

    name: str = "fine-tuning"
    train_maker: FineTuneMaker = field(default_factory=FineTuneMaker)
    allow_leaks: bool = False
    merge: bool = True
    most_tested: int | None = None

    def __post_init__(self) -> None:
        if self.most_tested is not None and self.most_tested < 1:
            raise TrainingError(f"most_tested is {self.most_tested}: it must be at least 1")

    def make(self, records: str | list[TaskRecord]) -> Flow:
        """Make the flow.

        Parameters
        ----------
        records
            Path of a file that `elatbot_flows.training.data.records` reads, which all workers see;
            or records themselves, or the output of a job that is either. Many records are better
            given as a file: each job gets them.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.TrainedModel`.
        """
        settings = self.train_maker.settings
        base = None if settings.method == "scratch" else self.train_maker.base
        checked = check_training_records(records, base, strict=not self.allow_leaks)
        checked.name = "check records"
        trained = self.train_maker.make(records, checked.output)
        scored = score_trained(trained.output, records, self.most_tested)
        merged = merge_trained(trained.output, records) if self._merges else None
        registered = register_trained(
            trained.output, scored.output, None if merged is None else merged.output
        )
        stages = {
            "check": checked,
            "train": trained,
            "score": scored,
            "merge": merged,
            "register": registered,
        }
        jobs: list[Flow | Job] = [
            _staged(made, stage) for stage, made in stages.items() if made is not None
        ]
        return Flow(jobs, output=registered.output, name=self.name)

    @property
    def _merges(self) -> bool:
        return self.merge and self.train_maker.settings.adapts


def _staged(made: Job, stage: str) -> Job:
    """Say the stage; what reads from outside is not taken over from an earlier run."""
    if stage in ("check", "train", "register"):
        never_resume(made)
    if made.name.endswith("_trained"):
        made.name = stage
    return in_stage(made, stage)
