"""Step: tell how far candidates that passed lie above the convex hull."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.documents import CandidateChunk
from elatbot_flows.jobs.doubled import with_doubled_cell
from elatbot_flows.jobs.hull import HullMaker
from elatbot_flows.jobs.rivals import asked_crystal, rival_crystals
from elatbot_flows.jobs.rows import candidates_at, chunk_of, resting

if TYPE_CHECKING:
    from jobflow import Job

    from elatbot_flows.documents import CandidateDocument, HullResult, LedgerRow, RunRecord
    from elatbot_flows.potentials import Potential
    from elatbot_flows.targets import DesignTarget

__all__ = ["PlaceMaker", "place_candidates"]

_OURS = ("elements", "prototypes", "given")
"""Sources of phases that say nothing of whether a crystal is known."""


@dataclass
class PlaceMaker(Maker):
    """Place candidates with respect to the hull of the potential that screened them.

    All crystals that the run built of their elements compete with them.

    Parameters
    ----------
    name
        The job name.
    hull
        How the hull is made, and by which potential.
    screened_by
        The potential behind the energies of crystals that no judge saw; they compete if it is that
        of the hull. None if there are none.
    misses
        Whether candidates whose verdict is a miss are placed too.
    doubled
        Whether to look for soft modes in the doubled cells of those that are placed.
    recall
        Whether what earlier runs of this user found in doubled cells is taken over.
    """

    name: str = "hull"
    hull: HullMaker = field(default_factory=HullMaker)
    screened_by: str | None = None
    misses: bool = False
    doubled: bool = True
    recall: bool = False

    @property
    def rung(self) -> str:
        """Name of the step in documents."""
        return "hull"

    def make(
        self,
        rows: list[LedgerRow],
        target: DesignTarget | None,
        run: RunRecord,
        beside: list[LedgerRow] | None = None,
    ) -> Job:
        """Place candidates; those of one chemical system share their competing phases.

        Parameters
        ----------
        rows
            Rows of candidates that passed.
        target
            Not used.
        run
            The run they belong to.
        beside
            Rows of other candidates of the run whose crystals may compete.

        Returns
        -------
        Job
            Its output is a :class:`~elatbot_flows.documents.CandidateChunk`.
        """
        del target
        there: Any = resting(rows)
        others: Any = resting(beside or [])
        made = place_candidates(self, rows, there, others, run)
        made.name = self.name
        return made


@job(output_schema=CandidateChunk)
def place_candidates(
    maker: PlaceMaker,
    rows: list[LedgerRow],
    candidates: list[CandidateDocument],
    beside: list[CandidateDocument],
    run: RunRecord,
) -> CandidateChunk:
    """Place candidates; one that is not placed has a hull without a number, and a reason.

    Parameters
    ----------
    maker
        How.
    rows, candidates
        Who.
    beside
        Whose crystals compete.
    run
        The run they belong to.
    """
    from elatbot_flows.potentials import load_potential
    from elatbot_flows.potentials.side_by_side import side_by_side

    potential = load_potential(maker.hull.potential, maker.hull.device)
    candidates = candidates_at(candidates)
    wanted = [c for c in candidates if maker.misses or c.verdict != "miss"]
    everybody = [*candidates, *candidates_at(beside)] if wanted else []
    rivals = [
        rival
        for candidate in everybody
        for rival in rival_crystals(candidate, potential, maker.screened_by)
    ]
    asked = [asked_crystal(candidate, potential) for candidate in wanted]
    places = maker.hull.place(asked, known=rivals)
    found = dict(zip((c.candidate_id for c in wanted), places, strict=True))
    if maker.doubled:
        tasks = [partial(with_doubled_cell, c, recall=maker.recall) for c in wanted]
        looked = {c.candidate_id: c for c in side_by_side(tasks, potential)}
        candidates = [looked.get(c.candidate_id, c) for c in candidates]
    placed = [
        _with_hull(c, found.get(c.candidate_id) or _not_placed(c, maker, potential))
        for c in candidates
    ]
    return chunk_of(maker.rung, run, rows, placed, [row.score for row in rows])


def _with_hull(candidate: CandidateDocument, hull: HullResult) -> CandidateDocument:
    """The candidate with its place; a known crystal that is the candidate gives it its name."""
    known = [name for name in hull.left_out if name.partition(":")[0] not in _OURS]
    return candidate.updated(
        rung="hull",
        energy_above_hull=hull.energy_above_hull,
        hull=hull.model_copy(update={"structure": None}),
        known_as=known[0] if known else candidate.known_as,
    )


def _not_placed(
    candidate: CandidateDocument, maker: PlaceMaker, potential: Potential
) -> HullResult:
    """No place for a candidate that misses the target."""
    from elatbot_flows.stability import unplaced

    blank = unplaced(potential, maker.hull.settings)
    named = blank.model_copy(
        update={
            "formula": candidate.formula,
            "elements": candidate.elements,
            "chemsys": candidate.chemsys,
        }
    )
    message = "it misses the target: only hits and open candidates are placed (place_misses)"
    return named.unknown("miss", message)
