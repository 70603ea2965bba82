"""One document per candidate, out of all that the jobs of a run wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from elatbot_flows.documents import (
    CandidateChunk,
    CandidateDocument,
    DesignDocument,
    RunRecord,
    SampleChunk,
    Shortlist,
)
from elatbot_flows.documents.rows import OUTRANKED, candidate_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

__all__ = ["OUTPUTS", "gather_candidates"]

OUTPUTS = tuple(
    kind.__name__ for kind in (RunRecord, Shortlist, SampleChunk, CandidateChunk, DesignDocument)
)
"""Classes of the job outputs that belong to a run."""

_RUNGS = ("propose", "build", "judge", "hull")
_FINAL = ("status", "reason")
_Document = TypeVar("_Document", bound="BaseModel")


def gather_candidates(outputs: Iterable[Mapping[str, Any]]) -> list[CandidateDocument]:
    """Candidates of one run as the latest step left them, best first where they were ranked.

    Parameters
    ----------
    outputs
        Job outputs of the run with a class of `OUTPUTS`, also of a run that was interrupted.
    """
    found = list(outputs)
    runs = _all(RunRecord, found)
    if not runs:
        return []
    run = runs[-1]
    candidates = _proposed(_all(Shortlist, found), run)
    chunks = _all(CandidateChunk, found)
    chunks.sort(key=lambda chunk: _RUNGS.index(chunk.rung))
    for chunk in chunks:
        for candidate in chunk.candidates:
            known = candidates.get(candidate.candidate_id)
            if known is None or _progress(candidate) >= _progress(known):
                candidates[candidate.candidate_id] = candidate.updated(
                    completion=known.completion if known else candidate.completion
                )
    _add_completions(candidates, _all(Shortlist, found), _all(SampleChunk, found))
    return [c.updated(run=run) for c in _closed(candidates, _all(DesignDocument, found))]


def _all(kind: type[_Document], outputs: list[Mapping[str, Any]]) -> list[_Document]:
    own = [output for output in outputs if output.get("@class") == kind.__name__]
    return [kind(**{k: v for k, v in o.items() if not k.startswith("@")}) for o in own]


def _progress(candidate: CandidateDocument) -> tuple[int, int, int]:
    return (
        _RUNGS.index(candidate.rung),
        candidate.polymorph,
        len(candidate.evidence),
    )


def _proposed(shortlists: list[Shortlist], run: RunRecord) -> dict[str, CandidateDocument]:
    """Candidates as they were proposed; those that rest elsewhere come from there."""
    return {
        row.candidate_id: candidate_of(row, run)
        for shortlist in shortlists
        for row in shortlist.rows
        if row.uuid is None
    }


def _add_completions(
    candidates: dict[str, CandidateDocument],
    shortlists: list[Shortlist],
    samples: list[SampleChunk],
) -> None:
    """Give every candidate one of the completions that say its formula."""
    chunks = {chunk.uuid: chunk.completions for chunk in samples}
    for row in (row for shortlist in shortlists for row in shortlist.rows):
        uuid, _, place = (row.sample_uuid or "").rpartition(":")
        if uuid in chunks and row.candidate_id in candidates:
            completion = chunks[uuid][int(place)]
            known = candidates[row.candidate_id]
            candidates[row.candidate_id] = known.updated(completion=completion)


def _closed(
    candidates: dict[str, CandidateDocument], designs: list[DesignDocument]
) -> list[CandidateDocument]:
    """Final status and rank, where the run came to its end."""
    if not designs:
        return list(candidates.values())
    closed, rank = [], 0
    for row in designs[-1].rows:
        candidate = candidates[row.candidate_id]
        changed: dict[str, Any] = {name: getattr(row, name) for name in _FINAL}
        if row.status == "passed":
            rank += 1
            changed["rank"] = rank
        elif row.reason in OUTRANKED:
            changed["message"] = OUTRANKED[row.reason]
        closed.append(candidate.updated(**changed))
    return closed
