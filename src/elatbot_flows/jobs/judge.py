"""Job: gather all candidates of a run, rank them and count what became of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jobflow import job

from elatbot_flows.documents import STAGES, CandidateBatch, DesignCounts, DesignDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elatbot_flows.documents import CandidateDocument

__all__ = ["judge_candidates", "merge_candidates"]

_VERDICTS = {"hit": 0, "unknown": 1, "miss": 2}
_STATUSES = {"validated": 0, "failed": 1, "rejected": 2, "proposed": 3}


@job(output_schema=DesignDocument)
def judge_candidates(batches: list[CandidateBatch]) -> DesignDocument:
    """Rank the candidates of a run and count the funnel.

    Parameters
    ----------
    batches
        Outputs of all steps of one run.

    Returns
    -------
    DesignDocument
        All candidates, hits first by margin, each with its last status; of equal verdict those
        that the hull calls unstable come last.
    """
    run = batches[0].run
    candidates = [_closed(c) for c in merge_candidates(batches)]
    candidates.sort(key=_order)
    ranked, rank = [], 0
    for candidate in candidates:
        if candidate.status == "validated":
            rank += 1
            candidate = candidate.updated(stage="judged", rank=rank)  # noqa: PLW2901
        ranked.append(candidate)
    counts = _count(ranked)
    notes = [note for batch in batches for note in batch.notes]
    if counts.stable < run.requested:
        notes.append(_shortfall(counts, run.requested))
    return DesignDocument(run=run, counts=counts, candidates=ranked, notes=notes)


def merge_candidates(batches: Iterable[CandidateBatch]) -> list[CandidateDocument]:
    """One document per candidate, as the latest step left it."""
    latest: dict[str, CandidateDocument] = {}
    for batch in sorted(batches, key=lambda b: STAGES.index(b.stage)):
        for candidate in batch.candidates:
            known = latest.get(candidate.candidate_id)
            if known is None or STAGES.index(candidate.stage) >= STAGES.index(known.stage):
                latest[candidate.candidate_id] = candidate
    return list(latest.values())


def _closed(candidate: CandidateDocument) -> CandidateDocument:
    """Give those that were never validated the reason for it."""
    if candidate.status != "proposed":
        return candidate
    if candidate.polymorphs:
        message = "others came closer to the target after the cheap relaxation"
        return candidate.rejected("outranked_after_screening", message)
    return candidate.rejected("outranked", "the text model expected others to come closer")


def _order(candidate: CandidateDocument) -> tuple[int, int, int, float, str]:
    margin = candidate.relative_margin
    return (
        _STATUSES[candidate.status],
        _VERDICTS[candidate.verdict],
        int(candidate.hull is not None and candidate.hull.status == "unstable"),
        -margin if margin is not None else 0.0,
        candidate.candidate_id,
    )


def _count(candidates: list[CandidateDocument]) -> DesignCounts:
    parsed = [c for c in candidates if c.formula is not None]
    stable = [c for c in candidates if c.status == "validated"]
    others = Counter(str(c.reason) for c in candidates if c.status != "validated")
    return DesignCounts(
        generated=len(candidates),
        parsed=len(parsed),
        distinct=sum(c.reason != "duplicate" for c in parsed),
        structured=sum(bool(c.polymorphs) for c in candidates),
        validated=sum(c.stage in ("validated", "placed", "judged") for c in candidates),
        relaxed=sum(c.relaxed for c in candidates),
        stable=len(stable),
        hull=dict(sorted(Counter(c.hull.status for c in stable if c.hull).items())),
        hits=sum(c.verdict == "hit" for c in stable),
        rejected=dict(sorted(others.items())),
    )


def _shortfall(counts: DesignCounts, requested: int) -> str:
    reasons = ", ".join(f"{n} {reason}" for reason, n in counts.rejected.items())
    return (
        f"{counts.stable} of {requested} candidates asked for could be validated; "
        f"what became of the others: {reasons}"
    )
