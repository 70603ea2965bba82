"""Learning from verdicts: models that propose are taught by what judges said of their proposals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker

from elatbot_flows.errors import TrainingError
from elatbot_flows.flows.finetune import FineTuningFlowMaker
from elatbot_flows.jobs.finetune import FineTuneMaker
from elatbot_flows.jobs.resume import never_resume
from elatbot_flows.jobs.stages import in_stage
from elatbot_flows.jobs.verdicts import verdict_lessons
from elatbot_flows.training.finetune import PreferenceTuning
from elatbot_flows.training.verdicts.tried import VerdictSettings

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, TaskRecord

__all__ = ["ExpertIterationMaker", "PreferenceTuningMaker"]


@dataclass
class ExpertIterationMaker(Maker):
    """Fine-tune a model on hits: materials that were proposed and found to be what was wanted.

    Parameters
    ----------
    name
        Name of the flow.
    train_maker
        What is trained, how and where to.
    verdicts
        Which candidates are learned from.
    allow_leaks
        Train although a test formula was seen; the document of the model names it.
    merge
        Also write model and adapter as one model, where an adapter is trained.
    most_tested
        Test records of each task that are asked, the first ones; None for all.

    Raises
    ------
    TrainingError
        If the training is of the other kind.

    Examples
    --------
    >>> train = FineTuneMaker(base="elatbot-mini", folder="taught")
    >>> flow = ExpertIterationMaker(train_maker=train).make("elatbot-run")
    >>> [job.name for job, _ in flow.iterflow()]
    ['lessons', 'check records', 'train', 'score', 'merge', 'register']
    """

    name: str = "expert iteration"
    train_maker: FineTuneMaker = field(default_factory=FineTuneMaker)
    verdicts: VerdictSettings = field(default_factory=VerdictSettings)
    allow_leaks: bool = False
    merge: bool = True
    most_tested: int | None = None

    _pairs = False

    def __post_init__(self) -> None:
        if isinstance(self.train_maker.settings, PreferenceTuning) != self._pairs:
            kind = "PreferenceTuning" if self._pairs else "FineTuning, not PreferenceTuning"
            raise TrainingError(f"{self.name} needs settings of the kind {kind}")

    def make(
        self,
        candidates: str | list[CandidateDocument] | list[dict[str, Any]] | None = None,
        test_records: str | list[TaskRecord] | None = None,
    ) -> Flow:
        """Make the flow.

        Parameters
        ----------
        candidates
            Folder of a run or file of a store; documents of candidates, or the output of a job that
            is such; None for the store of the job. See
            `elatbot_flows.jobs.verdicts.verdict_lessons`.
        test_records
            Records with which the model is tested: candidates about their formulas are refused.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.TrainedModel`.
        """
        base = self.train_maker.base
        made = verdict_lessons(candidates, base, self.verdicts, test_records, pairs=self._pairs)
        made.name = "lessons"
        never_resume(made)
        records: Any = made.output.records  # a reference, until the flow runs
        taught = FineTuningFlowMaker(
            train_maker=self.train_maker,
            allow_leaks=self.allow_leaks,
            merge=self.merge,
            most_tested=self.most_tested,
        ).make(records)
        return Flow([in_stage(made, "check"), taught], output=taught.output, name=self.name)


@dataclass
class PreferenceTuningMaker(ExpertIterationMaker):
    """Teach a model to prefer hits over misses of the same request, by DPO.

    Parameters are those of `ExpertIterationMaker`; the settings of the training are of the kind
    `elatbot_flows.training.finetune.PreferenceTuning`.
    """

    name: str = "preference tuning"
    train_maker: FineTuneMaker = field(
        default_factory=lambda: FineTuneMaker(settings=PreferenceTuning())
    )

    _pairs = True
