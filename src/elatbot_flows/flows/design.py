"""From a target to ranked materials: propose, build, judge, place on the hull, conclude."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker

from elatbot_flows.errors import TargetError
from elatbot_flows.flows.ladder import Rung, climb
from elatbot_flows.jobs.begin import begin
from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.jobs.conclude import conclude
from elatbot_flows.jobs.hull import HullMaker
from elatbot_flows.jobs.judge import JudgeMaker
from elatbot_flows.jobs.place import PlaceMaker
from elatbot_flows.jobs.resume import never_resume
from elatbot_flows.jobs.settings import plain_settings
from elatbot_flows.judges import Judge, PotentialJudge
from elatbot_flows.proposers import Proposer, TextProposer

if TYPE_CHECKING:
    from elatbot_flows.targets import DesignTarget

__all__ = ["InverseDesignMaker"]

MOST_CANDIDATES = 2000
"""Above this the shortlist would outgrow a document."""


def _default_judges() -> list[Judge]:
    return [PotentialJudge(potential="7net-0"), PotentialJudge(potential="7net-l3i5")]


@dataclass
class InverseDesignMaker(Maker):
    """Propose materials, build crystals, have them judged, place them on the hull, rank them.

    Every step is a Maker that is used as it is given.

    Parameters
    ----------
    name
        Name of the flow.
    n
        Candidates that are to pass; None for all that are proposed.
    seed
        Same seed, same candidates, same numbers.
    screen
        Candidates for which crystals are built and screened, for each one that is to pass.
    chunk_size
        Candidates in one job; 1 saves every result at once, more keeps a cluster's queue short;
        None for as many as make 32 jobs of a step.
    proposer
        Who brings candidates: a text model, or crystals and formulas of your own.
    build
        How crystals are built and screened; None if they are given and stay as they are.
    judges
        Who judges the crystals: potentials, or any Maker with the port of
        :class:`~elatbot_flows.judges.Judge`.
    hull
        How candidates are placed on the convex hull; None leaves stability open.
    place_misses
        Whether candidates whose verdict is a miss are placed too.
    doubled
        Whether to look for soft modes in the doubled cells of those that are placed.

    Examples
    --------
    >>> from elatbot_flows import DesignTarget, InverseDesignMaker
    >>> target = DesignTarget(bulk_modulus=(150, 170), elements=("Ni", "Al", "Ti"))
    >>> flow = InverseDesignMaker(n=4).make(target)
    >>> [job.name for job in flow.jobs]
    ['begin', 'propose', 'build', 'judge', 'hull', 'conclude']
    """

    name: str = "inverse design"
    n: int | None = 8
    seed: int = 0
    screen: int = 3
    chunk_size: int | None = None
    proposer: Proposer = field(default_factory=TextProposer)
    build: BuildMaker | None = field(default_factory=BuildMaker)
    judges: list[Judge] = field(default_factory=_default_judges)
    hull: HullMaker | None = field(default_factory=HullMaker)
    place_misses: bool = False
    doubled: bool = True

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises
        ------
        TargetError
            If ``n`` is not between 1 and 2000, a count is not positive, the seed is negative or
            there is no judge.
        """
        if self.n is not None and not 1 <= self.n <= MOST_CANDIDATES:
            raise TargetError(
                f"n is {self.n}: a run ends in 1 to {MOST_CANDIDATES} candidates; "
                "split larger campaigns into runs with different seeds"
            )
        counts = [self.screen, 1 if self.chunk_size is None else self.chunk_size]
        if min(counts) < 1 or self.seed < 0:
            raise TargetError("screen and chunk_size must be at least 1, seed at least 0")
        if not self.judges:
            raise TargetError("there is no judge: give at least one")

    def make(self, target: DesignTarget | None = None) -> Flow:
        """Make the flow for a target.

        Parameters
        ----------
        target
            What the materials should be; None to have given materials judged without a verdict.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.DesignDocument`.
        """
        begun = begin(
            target,
            self.n,
            self.seed,
            self.proposer.model,
            self.proposer.expectation,
            self.judges,
            self._settings(),
        )
        run: Any = begun.output  # a reference, until the flow runs
        proposed = self.proposer.make(target, self.n, run)
        steps = [proposed]
        for rung in self._rungs():
            step = climb(steps[-1].output, target, run, rung)
            step.name = rung.step.name
            steps.append(step)
        ended = conclude(run, proposed.output, steps[-1].output)
        # It reads weights from outside, so an interrupted run must not trust its old output.
        never_resume(begun)
        return Flow([begun, *steps, ended], output=ended.output, name=self.name)

    def _rungs(self) -> list[Rung]:
        """Who goes on: some of the proposed are built, some of these judged, the rest placed."""
        rungs = []
        if self.build is not None:
            until = None if self.n is None else self.screen * self.n
            rungs.append(Rung(self.build, "proposed", "built", until, self.chunk_size))
        start = "proposed" if self.build is None else "built"
        judging = JudgeMaker(judges=self.judges, expectation=self.proposer.expectation)
        rungs.append(Rung(judging, start, "passed", self.n, self.chunk_size))
        if self.hull is not None:
            screened_by = None if self.build is None else self.build.potential
            placing = PlaceMaker(
                hull=self.hull,
                screened_by=screened_by,
                misses=self.place_misses,
                doubled=self.doubled,
            )
            rungs.append(Rung(placing, "passed", "passed", by_system=True))
        return rungs

    def _settings(self) -> dict[str, Any]:
        """All settings, as plain values for the record."""
        others = plain_settings(replace(self, proposer=None))  # type: ignore[arg-type]
        return others | {"proposer": self.proposer.settings()}
