"""What jobs hand on: chunks of candidates, and references to where candidates rest.

Jobs are given references to these documents, so whoever runs them resolves them: the worker itself,
or, where workers cannot reach the database, the manager that hands them their input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import CURRENT_JOB, Flow, OutputReference

from elatbot_flows.documents import CandidateChunk, CandidateDocument
from elatbot_flows.documents.rows import row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobflow import Job

    from elatbot_flows.documents import LedgerRow, RunRecord

__all__ = [
    "candidates_at",
    "chunk_of",
    "continued",
    "own_uuid",
    "resting",
    "standing",
]


def own_uuid() -> str:
    """The uuid of the job that is running; empty outside of jobs."""
    job = CURRENT_JOB.job
    return "" if job is None else str(job.uuid)


def resting(rows: Sequence[LedgerRow]) -> list[OutputReference]:
    """References to the candidates of rows, in the documents where they rest."""
    return [OutputReference(str(row.uuid)).candidates[row.place] for row in rows]


def standing(rows: Sequence[LedgerRow]) -> list[OutputReference]:
    """References to the crystals that stand for rows."""
    there = zip(resting(rows), rows, strict=True)
    return [candidate.polymorphs[row.polymorph].structure for candidate, row in there]


def candidates_at(resolved: Sequence[Any]) -> list[CandidateDocument]:
    """The candidates that references of `resting` led to, as managers hand them to a job."""
    return [CandidateDocument.model_validate(value) for value in resolved]


class _OpenFlow(Flow):  # type: ignore[misc]
    """A flow that jobflow lets refer to finished jobs; elsewhere it is an ordinary one."""

    finished: tuple[str, ...] = ()

    @property
    def job_uuids(self) -> tuple[str, ...]:
        return (*super().job_uuids, *self.finished)

    def as_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = super().as_dict()
        return plain | {"@module": Flow.__module__, "@class": Flow.__name__}


def continued(jobs: Sequence[Job | Flow], output: Any, finished: Iterable[str]) -> Flow:
    """The flow by which a job replaces itself, with references to jobs finished before it.

    jobflow's managers refuse references that lead out of such a flow; what they lead to is done.

    Parameters
    ----------
    jobs, output
        As for jobflow's ``Flow``.
    finished
        uuids of the jobs that are done.
    """
    flow = _OpenFlow(list(jobs), output=output)
    flow.finished = tuple(finished)
    return flow


def chunk_of(
    rung: str,
    run: RunRecord,
    before: Sequence[LedgerRow],
    candidates: Sequence[CandidateDocument],
    scores: Sequence[float],
) -> CandidateChunk:
    """The document of some candidates after a step, each with its row."""
    uuid = own_uuid()
    rows = [
        row_of(candidate, row, score=score, uuid=uuid, place=place)
        for place, (candidate, row, score) in enumerate(
            zip(candidates, before, scores, strict=True)
        )
    ]
    return CandidateChunk(
        uuid=uuid, run_id=run.run_id, rung=rung, rows=rows, candidates=list(candidates)
    )
