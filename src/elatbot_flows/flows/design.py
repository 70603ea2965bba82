"""From a target modulus to validated, ranked materials."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from jobflow import Flow, Maker

from elatbot_flows.errors import TargetError
from elatbot_flows.flows.rounds import build_until, place_validated, validate_until
from elatbot_flows.jobs import (
    BuildMaker,
    HullMaker,
    ProposeMaker,
    ValidateMaker,
    judge_candidates,
    never_resume,
)

if TYPE_CHECKING:
    from jobflow import Job, OutputReference

    from elatbot_flows.targets import DesignTarget

__all__ = ["InverseDesignMaker"]

MOST_CANDIDATES = 2000
"""Above this, one document of proposals would outgrow MongoDB's 16 MB."""


@dataclass
class InverseDesignMaker(Maker):
    """Propose materials with a text model, build crystals, validate them, judge them.

    Parameters
    ----------
    name
        Name of the flow.
    n
        Distinct candidates to validate.
    seed
        Same seed, same candidates, same numbers.
    potential
        The interatomic potential that judges: a published name, a directory with a MatGL model,
        or ``module:Class`` of an ASE calculator.
    device
        Where it runs, ``"cpu"`` or ``"cuda"``.
    screen
        Candidates for which crystals are built and screened, for each one to validate.
    chunk_size
        Candidates in one job; 1 saves every result at once, more keeps a cluster's queue short.
    propose_maker, build_maker, validate_maker
        The steps. Potential, device and largest cell are handed to them from here.
    hull_maker
        Places what was validated on the convex hull of the same potential; None leaves
        thermodynamic stability open.

    Examples
    --------
    >>> from elatbot_flows import DesignTarget, Interval, InverseDesignMaker
    >>> target = DesignTarget(bulk_modulus=Interval(150, 170), elements=("Ni", "Al", "Ti"))
    >>> flow = InverseDesignMaker(n=4).make(target)
    >>> [job.name for job in flow.jobs]
    ['propose', 'build', 'validate', 'judge']
    """

    name: str = "inverse design"
    n: int = 8
    seed: int = 0
    potential: str = "7net-0"
    device: str = "cpu"
    screen: int = 3
    chunk_size: int = 1
    propose_maker: ProposeMaker = field(default_factory=ProposeMaker)
    build_maker: BuildMaker = field(default_factory=BuildMaker)
    validate_maker: ValidateMaker = field(default_factory=ValidateMaker)
    hull_maker: HullMaker | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises
        ------
        TargetError
            If ``n`` is not between 1 and 2000, a count is not positive or the seed is negative.
        """
        if not 1 <= self.n <= MOST_CANDIDATES:
            raise TargetError(
                f"n is {self.n}: a run validates 1 to {MOST_CANDIDATES} candidates; "
                "split larger campaigns into runs with different seeds"
            )
        if self.screen < 1 or self.chunk_size < 1 or self.seed < 0:
            raise TargetError("screen and chunk_size must be at least 1, seed at least 0")

    def make(self, target: DesignTarget) -> Flow:
        """Make the flow for a target.

        Parameters
        ----------
        target
            What the materials should be.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.DesignDocument`.
        """
        builder = replace(
            self.build_maker,
            potential=self.potential,
            device=self.device,
            max_sites=target.max_sites,
            seed=self.seed,
        )
        validator = replace(self.validate_maker, potential=self.potential, device=self.device)

        steps = {"build": asdict(builder), "validate": asdict(validator), "screen": self.screen}
        steps |= {"hull": asdict(self.hull_maker)} if self.hull_maker else {}
        proposed = self.propose_maker.make(
            target, self.potential, self.device, self.n, self.seed, steps
        )
        built = build_until(proposed.output, builder, self.screen * self.n, self.chunk_size)
        validated = validate_until(built.output, target, validator, self.n, self.chunk_size)
        placed = self._place(validated.output)
        steps_done = [proposed, built, validated, *placed]
        judged = judge_candidates([step.output for step in steps_done])

        # It reads weights from outside, so an interrupted run must not trust its old output.
        never_resume(proposed)
        for step, name in ((built, "build"), (validated, "validate"), (judged, "judge")):
            step.name = name
        return Flow([*steps_done, judged], output=judged.output, name=self.name)

    def _place(self, validated: OutputReference) -> list[Job]:
        """The hull as a step, if it was asked for."""
        if self.hull_maker is None:
            return []
        maker = replace(self.hull_maker, potential=self.potential, device=self.device)
        placed = place_validated(validated, maker)  # type: ignore[arg-type]
        placed.name = "hull"
        return [placed]
