"""Step: tell how far candidates that passed lie above the convex hull."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.documents import CandidateChunk
from elatbot_flows.jobs.hull import HullMaker
from elatbot_flows.jobs.rows import candidates_at, chunk_of, resting

if TYPE_CHECKING:
    from jobflow import Job

    from elatbot_flows.documents import CandidateDocument, LedgerRow, RunRecord
    from elatbot_flows.targets import DesignTarget

__all__ = ["PlaceMaker", "place_candidates"]


@dataclass
class PlaceMaker(Maker):
    """Place candidates with respect to the hull of the potential that screened them.

    Parameters
    ----------
    name
        The job name.
    hull
        How the hull is made, and by which potential.
    """

    name: str = "hull"
    hull: HullMaker = field(default_factory=HullMaker)

    @property
    def rung(self) -> str:
        """Name of the step in documents."""
        return "hull"

    def make(self, rows: list[LedgerRow], target: DesignTarget | None, run: RunRecord) -> Job:
        """Place candidates of one chemical system, whose competing phases they share.

        Parameters
        ----------
        rows
            Rows of candidates that passed.
        target
            Not used.
        run
            The run they belong to.

        Returns
        -------
        Job
            Its output is a :class:`~elatbot_flows.documents.CandidateChunk`.
        """
        del target
        there: Any = resting(rows)
        made = place_candidates(self, rows, there, run)
        made.name = self.name
        return made


@job(output_schema=CandidateChunk)
def place_candidates(
    maker: PlaceMaker,
    rows: list[LedgerRow],
    candidates: list[CandidateDocument],
    run: RunRecord,
) -> CandidateChunk:
    """Place candidates; one that cannot be placed has a hull without a number, and a reason.

    Parameters
    ----------
    maker
        How.
    rows, candidates
        Who.
    run
        The run they belong to.
    """
    candidates = candidates_at(candidates)
    crystals = [_crystal(candidate, maker.hull.potential) for candidate in candidates]
    found = maker.hull.place(crystals)
    placed = [
        candidate.updated(
            rung=maker.rung,
            energy_above_hull=hull.energy_above_hull,
            hull=hull.model_copy(update={"structure": None}),
        )
        for candidate, hull in zip(candidates, found, strict=True)
    ]
    return chunk_of(maker.rung, run, rows, placed, [row.score for row in rows])


def _crystal(candidate: CandidateDocument, potential: str) -> Any:
    """The crystal with its energy by the potential of the hull, or the crystal alone."""
    from elatbot_flows.stability import CrystalEnergy

    for evidence in candidate.evidence:
        result = evidence.result
        own = evidence.polymorph == candidate.polymorph and result.judge.name == potential
        if own and result.relaxed and result.energy_per_atom is not None:
            return CrystalEnergy(str(candidate.formula), result.energy_per_atom, result.structure)
    return candidate.structure
