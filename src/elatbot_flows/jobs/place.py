"""Job: tell how far validated candidates of a design run lie above the convex hull."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobflow import job

from elatbot_flows.documents import CandidateBatch

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, RunRecord
    from elatbot_flows.jobs.hull import HullMaker

__all__ = ["place_candidates"]


@job(output_schema=CandidateBatch)
def place_candidates(
    candidates: list[CandidateDocument], run: RunRecord, maker: HullMaker
) -> CandidateBatch:
    """Place candidates on the hull of the potential that validated them.

    Parameters
    ----------
    candidates
        Validated candidates, best of one chemical system, whose competing phases they share.
    run
        The run they belong to.
    maker
        How the hull is made.
    """
    placed = [
        candidate.updated(
            stage="placed",
            energy_above_hull=found.energy_above_hull,
            hull=found.model_copy(update={"structure": None}),
        )
        for candidate, found in zip(candidates, maker.place(candidates), strict=True)
    ]
    return CandidateBatch(stage="placed", run=run, candidates=placed)
