"""Rows of the ledger: made of candidates, brought up to date, closed and ranked."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from elatbot_flows.documents.campaign import BestCandidate
from elatbot_flows.documents.candidate import CandidateDocument, Evidence
from elatbot_flows.documents.elastic import ElasticResult
from elatbot_flows.documents.ledger import LedgerRow
from elatbot_flows.documents.provenance import MethodRecord
from elatbot_flows.documents.run import RunRecord

__all__ = [
    "OUTRANKED",
    "best_first",
    "candidate_of",
    "closed",
    "latest",
    "ranked",
    "row_of",
    "text_evidence",
]

Row = TypeVar("Row", LedgerRow, BestCandidate)

_WORDS = {"hit": 0, "open": 1, "miss": 2, "unknown": 3}
_OUTRANKED = {"proposed": "outranked", "built": "outranked_after_screening"}
OUTRANKED = {
    "outranked": "the text model expected others to come closer",
    "outranked_after_screening": "others were more promising after the cheap relaxation",
}
"""Why a candidate was left where it was, for people."""


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
    bulk, bulk_std = row.expected or (None, None)
    shear, shear_std = row.expected_shear or (None, None)
    result = ElasticResult(
        formula=row.formula,
        chemsys="-".join(elements),
        elements=elements,
        status="passed",
        bulk_modulus=bulk,
        bulk_modulus_std=bulk_std,
        shear_modulus=shear,
        shear_modulus_std=shear_std,
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
            "doubts": candidate.doubts,
            "evaluations": candidate.evaluations,
            **changed,
        }
    )


def latest(rows: Sequence[LedgerRow], done: Iterable[Sequence[LedgerRow]]) -> list[LedgerRow]:
    """All rows, each as the last step left it, in the order of the ledger."""
    newer = {row.candidate_id: row for chunk in done for row in chunk}
    return [newer.get(row.candidate_id, row) for row in rows]


def closed(row: LedgerRow) -> LedgerRow:
    """Give those whose turn never came the reason for it."""
    if row.status not in _OUTRANKED:
        return row
    return row.model_copy(update={"status": "rejected", "reason": _OUTRANKED[row.status]})


def best_first(rows: list[Row]) -> list[Row]:
    """Hits first, then by probability; of equal verdict those with fewer doubts.

    Behind others are those whose crystal is no minimum, by its doubled cell or by a judge, and last
    those that the hull calls unstable: the probability is that of the moduli of a crystal, not that
    of its existence.
    """
    return sorted(
        rows,
        key=lambda row: (
            _WORDS[row.verdict],
            row.doubts,
            -(row.probability or 0.0),
            row.candidate_id,
        ),
    )


def ranked(rows: list[LedgerRow]) -> list[LedgerRow]:
    """Those that passed, best first, then all others."""
    return sorted(best_first(rows), key=lambda row: row.status != "passed")
