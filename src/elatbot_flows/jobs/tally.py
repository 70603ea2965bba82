"""Job: book what came of a round of designs."""

from __future__ import annotations

from jobflow import JobConfig, OnMissing, job

from elatbot_flows.documents import (
    BestCandidate,
    CampaignDesign,
    CampaignDocument,
    DesignDocument,
)
from elatbot_flows.documents.rows import best_first
from elatbot_flows.jobs.rows import own_uuid

__all__ = ["tally"]

_BEST = 200
"""Candidates that a campaign names; all others are in the collection."""


# A design that failed is a fact about the campaign, and no reason to lose the others.
@job(output_schema=CampaignDocument, config=JobConfig(on_missing_references=OnMissing.NONE))
def tally(
    campaign: CampaignDocument,
    begun: list[CampaignDesign],
    ended: list[DesignDocument | None],
    targets: list[int],
) -> CampaignDocument:
    """Book what came of some designs.

    Parameters
    ----------
    campaign
        The campaign as it was before them.
    begun
        The designs, without their results.
    ended
        What they ended in; None for one that failed.
    targets
        The target of every lane, as a number.
    """
    before = CampaignDocument.model_validate(campaign)
    found = {(targets[one.lane], formula) for one in before.designs for formula in one.hits}
    designs, best, tried = list(before.designs), list(before.best), list(before.tried)
    notes = list(before.notes)
    for known, document in zip(map(CampaignDesign.model_validate, begun), ended, strict=True):
        if document is None:
            notes.append(f"{known.label}, design {known.part + 1} did not end: see its jobs")
            designs.append(known)
            continue
        design = DesignDocument.model_validate(document)
        hits = sorted({str(row.formula) for row in design.rows if row.verdict == "hit"})
        new = {(targets[known.lane], formula) for formula in hits} - found
        found |= new
        designs.append(_closed(known, design, hits, len(new)))
        best += _passed(known.lane, design)
        tried[known.lane] = sorted({*tried[known.lane], *_tried(design)})
    closed = [one.counts for one in designs if one.counts is not None]
    return before.model_copy(
        update={
            "uuid": own_uuid(),
            "designs": designs,
            "tried": tried,
            "best": best_first(best)[:_BEST],
            "hits": len(found),
            "notes": notes,
            **{
                name: sum(getattr(counts, name) for counts in closed)
                for name in ("judged", "passed", "evaluations")
            },
        }
    )


def _closed(
    begun: CampaignDesign, design: DesignDocument, hits: list[str], new: int
) -> CampaignDesign:
    return begun.model_copy(
        update={
            "run_id": design.run.run_id,
            "counts": design.counts,
            "hits": hits,
            "new_hits": new,
        }
    )


def _passed(lane: int, design: DesignDocument) -> list[BestCandidate]:
    fields = set(BestCandidate.model_fields) - {"run_id", "lane"}
    return [
        BestCandidate(run_id=design.run.run_id, lane=lane, **{f: getattr(row, f) for f in fields})
        for row in design.rows
        if row.status == "passed"
    ]


def _tried(design: DesignDocument) -> list[str]:
    """Formulas that went beyond being proposed."""
    return [str(row.formula) for row in design.rows if row.rung != "propose"]
