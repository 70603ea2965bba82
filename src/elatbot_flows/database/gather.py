"""All that the jobs of a run wrote, put together by candidate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
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

__all__ = ["OUTPUTS", "Gathered", "Run", "completed_at", "gather_run", "tags_of"]

OUTPUTS = tuple(
    kind.__name__ for kind in (RunRecord, Shortlist, SampleChunk, CandidateChunk, DesignDocument)
)
"""Classes of the job outputs that belong to a run."""

_RUNGS = ("propose", "build", "judge", "hull", "dft")
_FINAL = ("status", "reason")
_Document = TypeVar("_Document", bound="BaseModel")


@dataclass
class Gathered:
    """A candidate as the latest step left it, and the jobs behind it, oldest first."""

    candidate: CandidateDocument
    job_uuids: list[str] = field(default_factory=list)
    resting_in: str | None = None
    place: int = 0
    updated_at: datetime | None = None

    def step(self, candidate: CandidateDocument, chunk: str, place: int, at: datetime) -> None:
        """Take in what a later step wrote."""
        completion = self.candidate.completion or candidate.completion
        self.candidate = candidate.updated(completion=completion)
        self.resting_in, self.place = chunk, place
        self.updated_at = max(at, self.updated_at or at)


@dataclass
class Run:
    """A run as far as it got.

    Parameters
    ----------
    record
        What was asked of whom.
    members
        Its candidates, best first where they were ranked.
    outputs
        Documents of its jobs, oldest first.
    design
        The last document, if the run came to its end.
    """

    record: RunRecord
    members: list[Gathered]
    outputs: list[Mapping[str, Any]]
    design: DesignDocument | None = None

    @property
    def concluded_by(self) -> str | None:
        """Job that wrote the last document."""
        last = [d for d in self.outputs if d["output"]["@class"] == DesignDocument.__name__]
        return str(last[-1]["uuid"]) if last else None

    @property
    def work(self) -> list[Mapping[str, Any]]:
        """Documents of its jobs, without those whose output was taken over from another one."""
        done: dict[tuple[str, str], Mapping[str, Any]] = {}
        for document in self.outputs:
            output = document["output"]
            own = str(output.get("uuid") or document["uuid"])
            done.setdefault((output["@class"], own), document)
        return list(done.values())

    @property
    def tags(self) -> list[str]:
        """Tags of its jobs, sorted."""
        return tags_of(self.outputs)

    @property
    def candidates(self) -> list[CandidateDocument]:
        """The candidates, each with the record of the run."""
        return [member.candidate.updated(run=self.record) for member in self.members]


def completed_at(document: Mapping[str, Any]) -> datetime:
    """When a job ended, UTC; jobflow writes local time without saying so."""
    ended = document.get("completed_at")
    if isinstance(ended, str):
        ended = datetime.fromisoformat(ended)
    return (ended or datetime.fromtimestamp(0, UTC)).astimezone(UTC)


def tags_of(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """Tags of jobs, sorted."""
    found: set[str] = set()
    for document in documents:
        tags = (document.get("metadata") or {}).get("tags") or []
        found.update([tags] if isinstance(tags, str) else map(str, tags))
    return sorted(found)


def gather_run(documents: Iterable[Mapping[str, Any]]) -> Run | None:
    """Put together what the jobs of one run wrote.

    Parameters
    ----------
    documents
        Job documents with an output whose class is in `OUTPUTS`; the run may have been interrupted.

    Returns
    -------
    Run or None
        None if its first job has not ended.
    """
    found = sorted(documents, key=completed_at)
    records = [record for _, record in _all(RunRecord, found)]
    if not records:
        return None
    record = records[-1]
    members = _proposed(found, record)
    chunks = _all(CandidateChunk, found)
    chunks.sort(key=lambda pair: _RUNGS.index(pair[1].rung))
    for document, chunk in chunks:
        for place, candidate in enumerate(chunk.candidates):
            own = members.setdefault(candidate.candidate_id, Gathered(candidate))
            own.job_uuids.append(str(document["uuid"]))
            if _progress(candidate) >= _progress(own.candidate):
                own.step(candidate, chunk.uuid, place, completed_at(document))
    designs = [design for _, design in _all(DesignDocument, found)]
    design = designs[-1] if designs else None
    return Run(record, _closed(members, design), found, design)


def _all(
    kind: type[_Document], documents: list[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], _Document]]:
    """Outputs of one class, each with the document of its job."""
    own = [d for d in documents if d["output"].get("@class") == kind.__name__]
    return [(d, kind(**{k: v for k, v in d["output"].items() if k[:1] != "@"})) for d in own]


def _progress(candidate: CandidateDocument) -> tuple[int, int, int]:
    return (_RUNGS.index(candidate.rung), candidate.polymorph, len(candidate.evidence))


def _proposed(documents: list[Mapping[str, Any]], record: RunRecord) -> dict[str, Gathered]:
    """Candidates as they were proposed, each with one of the completions that say its formula."""
    # Where its output was taken over, a chunk is known by the job that wrote it, and by that one.
    samples = {
        uuid: chunk.completions
        for document, chunk in _all(SampleChunk, documents)
        for uuid in (chunk.uuid, str(document["uuid"]))
    }
    members = {}
    for document, shortlist in _all(Shortlist, documents):
        for row in shortlist.rows:
            uuid, _, place = (row.sample_uuid or "").rpartition(":")
            completion = samples[uuid][int(place)] if uuid in samples else None
            members[row.candidate_id] = Gathered(
                candidate_of(row, record).updated(completion=completion),
                [uuid] if uuid else [],
                updated_at=completed_at(document),
            )
    return members


def _closed(members: dict[str, Gathered], design: DesignDocument | None) -> list[Gathered]:
    """Final status and rank, where the run came to its end."""
    if design is None:
        return list(members.values())
    closed, rank = [], 0
    for row in design.rows:
        own = members[row.candidate_id]
        changed: dict[str, Any] = {name: getattr(row, name) for name in _FINAL}
        if row.status == "passed":
            rank += 1
            changed["rank"] = rank
        elif row.reason in OUTRANKED:
            changed["message"] = OUTRANKED[row.reason]
        own.candidate = own.candidate.updated(**changed)
        closed.append(own)
    return closed
