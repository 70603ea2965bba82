"""From thousands of materials to predictions in chunks, and one document that counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker, OutputReference

from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.ask.count import count_predictions
from elatbot_flows.jobs.ask.identify import identify_model
from elatbot_flows.jobs.ask.predict import PredictElasticMaker
from elatbot_flows.jobs.resume import never_resume
from elatbot_flows.jobs.stages import in_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PredictManyMaker"]

_MOST_ANSWERS = 5120
"""Answers of one chunk; more, if they were as long as they may be, could outgrow 16 MB."""


@dataclass
class PredictManyMaker(Maker):
    """Ask a text model about any number of materials, a chunk of them in each job.

    The first job says who answers, and all chunks hold on to that model: other weights under the
    same name are refused, and with them nothing is taken over from an earlier run.

    Parameters
    ----------
    name
        Name of the flow.
    predict_maker
        What to ask, of whom, and how.
    chunk_size
        Materials in one job.

    Raises
    ------
    TargetError
        If a chunk is empty, or so large that its document could outgrow MongoDB's 16 MB.

    Examples
    --------
    >>> flow = PredictManyMaker(chunk_size=2).make(["Cu", "Ni", "Al"], crystal_systems="Cubic")
    >>> [job.name for job in flow.jobs]
    ['identify model', 'predict elasticity 1/2', 'predict elasticity 2/2', 'count predictions']
    """

    name: str = "predict many"
    predict_maker: PredictElasticMaker = field(default_factory=PredictElasticMaker)
    chunk_size: int = 256

    def __post_init__(self) -> None:
        if self.chunk_size < 1:
            raise TargetError(f"chunk_size is {self.chunk_size}: it must be at least 1")
        answers = self.chunk_size * self.predict_maker.samples
        if answers > _MOST_ANSWERS:
            raise TargetError(
                f"{answers} answers in one chunk may outgrow MongoDB's documents: choose a "
                f"chunk_size of at most {_MOST_ANSWERS // self.predict_maker.samples}"
            )

    def make(
        self,
        structures: Sequence[Any],
        sources: Sequence[str | None] | None = None,
        temperatures: float | Sequence[float] | None = None,
        crystal_systems: str | Sequence[str | None] | None = None,
    ) -> Flow:
        """Make the flow.

        Parameters
        ----------
        structures
            Crystals or outputs of jobs that are; where the task needs no crystal also formulas and
            compositions.
        sources
            What to call them, one word for each.
        temperatures
            Of the materials, K; one for all or one for each; 0 K by default.
        crystal_systems
            Of formulas and compositions, one for all or one for each.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.PredictionSummary`.

        Raises
        ------
        EngineError
            If the model does not know the task.
        TargetError
            If there are no materials, or their number is not known yet.
        """
        self.predict_maker.checked_task()
        if isinstance(structures, OutputReference):
            raise TargetError(
                "chunks have to be known when the flow is made: give a list (its members may be "
                "outputs of jobs), or hand the output of a job to the PredictElasticMaker"
            )
        if not structures:
            raise TargetError("there are no materials to predict: give one at least")
        # Weights may have changed since an interrupted run under the same name.
        identified = identify_model(self.predict_maker)
        identified.name = "identify model"
        never_resume(in_stage(identified, "identify"))
        starts = range(0, len(structures), self.chunk_size)
        chunks = []
        for number, start in enumerate(starts, start=1):
            part = slice(start, start + self.chunk_size)
            columns = (sources, temperatures, crystal_systems)
            chunk = self.predict_maker.make(
                list(structures[part]), *(_part(c, part) for c in columns), identified.output
            )
            chunk.append_name(f" {number}/{len(starts)}")
            chunks.append(in_stage(chunk, "predict"))
        counted = count_predictions([chunk.output for chunk in chunks], [c.uuid for c in chunks])
        in_stage(counted, "count").name = "count predictions"
        return Flow([identified, *chunks, counted], output=counted.output, name=self.name)


def _part(column: Any, part: slice) -> Any:
    """Part of a column; what is one for all stays."""
    return column if column is None or isinstance(column, (str, int, float)) else list(column[part])
