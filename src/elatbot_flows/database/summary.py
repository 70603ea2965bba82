"""What stands in the collection of runs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from elatbot_flows.database.gather import completed_at
from elatbot_flows.documents.published import RunSummary

if TYPE_CHECKING:
    from elatbot_flows.database.gather import Run

__all__ = ["run_entry"]

_RECORD = ("generator", "expectation", "judges", "elements", "settings", "versions")


def run_entry(run: Run) -> RunSummary:
    """A run as it stands in the collection."""
    record, design = run.record, run.design
    plain = record.model_dump(mode="json")
    return RunSummary(
        run_id=record.run_id,
        state="running" if design is None else "concluded",
        concluded_by=run.concluded_by,
        last_updated=completed_at(run.outputs[-1]),
        started=completed_at(run.outputs[0]),
        tags=run.tags,
        target=record.target,
        requested=record.requested,
        seed=record.seed,
        record={name: plain[name] for name in _RECORD},
        counts=None if design is None else design.counts,
        by_status=dict(Counter(member.candidate.status for member in run.members)),
        cost=_cost(run),
        notes=record.notes if design is None else design.notes,
    )


def _cost(run: Run) -> dict[str, float]:
    drawn = [
        one
        for document in run.work
        if document["output"]["@class"] == "SampleChunk"
        for one in document["output"]["completions"]
        if one
    ]
    return {
        "jobs": len(run.work),
        "completions": len(drawn),
        "tokens": sum(c.get("completion_tokens") or 0 for c in drawn),
        "evaluations": sum(member.candidate.evaluations for member in run.members),
    }
