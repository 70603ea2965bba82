"""From a target to ranked materials: propose, build, judge, place on the hull, publish."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker

from elatbot_flows.errors import TargetError
from elatbot_flows.flows.ladder import Rung, climb
from elatbot_flows.jobs.begin import begin
from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.jobs.choosing import LOOKED_AT
from elatbot_flows.jobs.conclude import conclude
from elatbot_flows.jobs.hull import HullMaker
from elatbot_flows.jobs.judge import JudgeMaker
from elatbot_flows.jobs.place import PlaceMaker
from elatbot_flows.jobs.publish import publish
from elatbot_flows.jobs.referee import RefereeMaker
from elatbot_flows.jobs.resume import never_resume
from elatbot_flows.jobs.stages import in_stage
from elatbot_flows.judges import Judge, PotentialJudge
from elatbot_flows.proposers import Proposer, TextProposer

if TYPE_CHECKING:
    from elatbot_flows.documents import Refit
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
        :class:`~elatbot_flows.judges.Judge`. One that has a ``budget``, as
        :class:`~elatbot_flows.judges.DFTElasticMaker` has, judges that many of the best candidates
        after all other steps, and overrules; misses only where ``n`` is None.
    hull
        How candidates are placed on the convex hull; None leaves stability open.
    place_misses
        Whether candidates whose verdict is a miss are placed too.
    doubled
        Whether to look for soft modes in the doubled cells of those that are placed.
    recall
        Whether all steps take over what earlier runs of this user computed, of the same crystals
        with the same weights and settings; otherwise each Maker is used as it is given.
    refit
        By what estimates are shifted and widened after their calibration, such as what
        :func:`~elatbot_flows.evaluation.against_dft.refit_of` found for candidates that DFT judged.

    Examples
    --------
    >>> from elatbot_flows import DesignTarget, InverseDesignMaker
    >>> target = DesignTarget(bulk_modulus=(150, 170), elements=("Ni", "Al", "Ti"))
    >>> flow = InverseDesignMaker(n=4).make(target)
    >>> [job.name for job in flow.jobs]
    ['begin', 'propose', 'build', 'judge', 'hull', 'conclude', 'publish']
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
    recall: bool = False
    refit: Refit | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises
        ------
        TargetError
            If ``n`` is not between 1 and 2000, a count is not positive, the seed is negative,
            there is no judge without a budget, or there are two with one.
        """
        if self.n is not None and not 1 <= self.n <= MOST_CANDIDATES:
            raise TargetError(
                f"n is {self.n}: a run ends in 1 to {MOST_CANDIDATES} candidates; "
                "split larger campaigns into runs with different seeds"
            )
        counts = [self.screen, 1 if self.chunk_size is None else self.chunk_size]
        if min(counts) < 1 or self.seed < 0:
            raise TargetError("screen and chunk_size must be at least 1, seed at least 0")
        ordinary, referees = self._benches()
        if not ordinary:
            raise TargetError("there is no judge but referees: give at least one potential")
        if len(referees) > 1:
            raise TargetError("there are two judges with a budget: give one")

    def make(self, target: DesignTarget | None = None, known: Any = None) -> Flow:
        """Make the flow for a target.

        Parameters
        ----------
        target
            What the materials should be; None to have given materials judged without a verdict.
        known
            Formulas that are not to be proposed again, or a reference to a list of them.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.DesignDocument`.
        """
        judging, placing = self._judging(), self._placing()
        asked = (self.proposer.model, self.proposer.expectation)
        makers: list[Any] = [self._recalling(self.build), judging, placing]
        referee = self._referee()
        steps_and_more = (*makers, self._settings(), known, referee, self.refit)
        begun = begin(target, self.n, self.seed, *asked, *steps_and_more)
        run: Any = begun.output  # a reference, until the flow runs
        proposed = self.proposer.make(target, self.n, run, known)
        in_stage(begun, "begin")
        steps = [in_stage(proposed, "propose")]
        for maker, rung in zip([*makers, referee], self._rungs(), strict=True):
            if maker is not None:
                step = climb(steps[-1].output, target, run, maker, rung)
                step.name = maker.name
                steps.append(in_stage(step, maker.rung))
        if referee is not None:
            # It ends although calculations may have failed, which a second start is to try again.
            never_resume(steps[-1], what_it_brings=False)
        ended = in_stage(conclude(run, proposed.output, steps[-1].output), "conclude")
        published = in_stage(publish(ended.output), "publish")
        # They read and write what is outside, so an interrupted run must not trust old outputs.
        never_resume(begun)
        never_resume(published)
        return Flow([begun, *steps, ended, published], output=ended.output, name=self.name)

    def _rungs(self) -> list[Rung]:
        """Who goes on: some of the proposed are built, some of these judged, the rest placed."""
        until = None if self.n is None else self.screen * self.n
        start = "proposed" if self.build is None else "built"
        missed = ("miss",) if self.n is None else ()
        verdicts = ("hit", "open", "unknown", *missed)
        looked_at = LOOKED_AT * self._budget()
        return [
            Rung("proposed", "built", until, self.chunk_size),
            Rung(start, "passed", self.n, self.chunk_size),
            Rung("passed", "passed", None, self.chunk_size, by_system=True),
            Rung("passed", "passed", looked_at, chunk_size=looked_at, verdicts=verdicts),
        ]

    def _benches(self) -> tuple[list[Judge], list[Judge]]:
        """Judges of all candidates, and those of a few."""
        few = [judge for judge in self.judges if getattr(judge, "budget", None) is not None]
        return [judge for judge in self.judges if judge not in few], few

    def _budget(self) -> int:
        _, referees = self._benches()
        return int(referees[0].budget) if referees else 0  # type: ignore[attr-defined]

    def _referee(self) -> RefereeMaker | None:
        _, referees = self._benches()
        return RefereeMaker(judge=self._recalling(referees[0])) if referees else None

    def _judging(self) -> JudgeMaker:
        judges = [self._recalling(judge) for judge in self._benches()[0]]
        return JudgeMaker(judges=judges, expectation=self.proposer.expectation)

    def _placing(self) -> PlaceMaker | None:
        if self.hull is None:
            return None
        return PlaceMaker(
            hull=self.hull,
            screened_by=None if self.build is None else self.build.potential,
            misses=self.place_misses,
            doubled=self.doubled,
            recall=self.recall,
        )

    def _recalling(self, maker: Any) -> Any:
        """A Maker that takes over what is known, if all are to and it can."""
        able = self.recall and hasattr(maker, "recall")
        return replace(maker, recall=True) if able else maker

    def _settings(self) -> dict[str, Any]:
        """Settings besides those of the Makers that the first job is given, as plain values."""
        names = ("name", "n", "seed", "screen", "chunk_size")
        return {name: getattr(self, name) for name in names} | {
            "proposer": self.proposer.settings()
        }
