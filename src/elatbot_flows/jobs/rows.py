"""Rows of the ledger: made of candidates, and back to the documents they point to.

Jobs are given references to these documents, so whoever runs them resolves them: the worker itself,
or, where workers cannot reach the database, the manager that hands them their input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import CURRENT_JOB, Flow, OutputReference

from elatbot_flows.documents import (
    CandidateChunk,
    CandidateDocument,
    ElasticResult,
    Evidence,
    LedgerRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobflow import Job

    from elatbot_flows.documents import MethodRecord, RunRecord

__all__ = [
    "candidate_of",
    "candidates_at",
    "chunk_of",
    "continued",
    "latest",
    "own_uuid",
    "resting",
    "row_of",
    "text_evidence",
]


def own_uuid() -> str:
    """The uuid of the job that is running; empty outside of jobs."""
    job = CURRENT_JOB.job
    return "" if job is None else str(job.uuid)


def resting(rows: Sequence[LedgerRow]) -> list[OutputReference]:
    """References to the candidates of rows, in the documents where they rest."""
    return [OutputReference(str(row.uuid)).candidates[row.place] for row in rows]


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


def candidate_of(row: LedgerRow, run: RunRecord) -> CandidateDocument:
    """The candidate that a row of a proposer stands for.

    Parameters
    ----------
    row
        A row with a formula.
    run
        The run, for who expects what.
    """
    from pymatgen.core import Composition

    elements = sorted(element.symbol for element in Composition(str(row.formula)).elements)
    evidence = []
    if row.expected is not None and run.expectation is not None:
        evidence.append(text_evidence(row, elements, run.expectation))
    return CandidateDocument(
        candidate_id=row.candidate_id,
        run_id=run.run_id,
        status=row.status,
        reason=row.reason,
        formula=row.formula,
        chemsys="-".join(elements),
        elements=elements,
        nelements=len(elements),
        source=run.generator.name if run.generator else None,
        proposed_crystal_system=row.crystal_system,
        times_proposed=row.times_proposed,
        unseen=row.unseen,
        evidence=evidence,
    )


def text_evidence(row: LedgerRow, elements: list[str], model: MethodRecord) -> Evidence:
    """What the text model expects of a row, as evidence."""
    mean, std = row.expected or (None, None)
    result = ElasticResult(
        formula=row.formula,
        chemsys="-".join(elements),
        elements=elements,
        status="passed",
        bulk_modulus=mean,
        bulk_modulus_std=std,
        method="text",
        judge=model,
    )
    return Evidence(polymorph=None, result=result)


def row_of(candidate: CandidateDocument, before: LedgerRow, **changed: Any) -> LedgerRow:
    """The row of a candidate after a step.

    Parameters
    ----------
    candidate
        The candidate.
    before
        Its row before the step.
    changed
        Further fields, such as the score.
    """
    return before.model_copy(
        update={
            "rung": candidate.rung,
            "status": candidate.status,
            "reason": candidate.reason,
            "polymorph": candidate.polymorph,
            "verdict": candidate.verdict,
            "probability": candidate.probability,
            "hull": candidate.hull.status if candidate.hull else None,
            **changed,
        }
    )


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


def latest(rows: Sequence[LedgerRow], done: Iterable[Sequence[LedgerRow]]) -> list[LedgerRow]:
    """All rows, each as the last step left it, in the order of the ledger."""
    newer = {row.candidate_id: row for chunk in done for row in chunk}
    return [newer.get(row.candidate_id, row) for row in rows]
