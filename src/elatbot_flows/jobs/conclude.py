"""Job: close a run: rank who passed, and count what became of all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jobflow import job

from elatbot_flows.documents import DesignCounts, DesignDocument
from elatbot_flows.documents.rows import OUTRANKED, closed, ranked

if TYPE_CHECKING:
    from elatbot_flows.documents import Ledger, LedgerRow, RunRecord, Shortlist

__all__ = ["conclude"]


@job(output_schema=DesignDocument)
def conclude(run: RunRecord, shortlist: Shortlist, ledger: Ledger) -> DesignDocument:
    """Rank the candidates of a run and count the funnel.

    Parameters
    ----------
    run
        What was asked of whom.
    shortlist
        What the proposer brought.
    ledger
        All candidates as the last step left them.

    Returns
    -------
    DesignDocument
        Those that passed first, in the order of `elatbot_flows.documents.rows.best_first`.
    """
    rows = ranked([closed(row) for row in ledger.rows])
    counts = _counts(shortlist, rows)
    notes = [*run.notes, *ledger.notes]
    if run.requested is not None and counts.passed < run.requested:
        notes.append(_shortfall(counts, run.requested))
    return DesignDocument(
        run=run, counts=counts, rows=rows, sample_uuids=shortlist.sample_uuids, notes=notes
    )


def _counts(shortlist: Shortlist, rows: list[LedgerRow]) -> DesignCounts:
    passed = [row for row in rows if row.status == "passed"]
    others = Counter(str(row.reason) for row in rows if row.status != "passed")
    others.update(shortlist.rejected)
    built = [r for r in rows if r.uuid and (r.status != "rejected" or r.reason in OUTRANKED)]
    return DesignCounts(
        generated=shortlist.generated,
        readable=shortlist.readable,
        distinct=len(rows),
        built=len(built),
        judged=sum(row.rung in ("judge", "hull", "dft") for row in rows),
        passed=len(passed),
        hits=sum(row.verdict == "hit" for row in passed),
        open=sum(row.verdict == "open" for row in passed),
        hull=dict(sorted(Counter(row.hull for row in passed if row.hull).items())),
        rejected=dict(sorted(others.items())),
        evaluations=sum(row.evaluations for row in rows),
    )


def _shortfall(counts: DesignCounts, requested: int) -> str:
    reasons = ", ".join(f"{n} {reason}" for reason, n in counts.rejected.items())
    return (
        f"{counts.passed} of {requested} candidates asked for passed; "
        f"what became of the others: {reasons}"
    )
