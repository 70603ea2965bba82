"""Who goes on: one dynamic job that takes candidates through a step until enough have passed."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from jobflow import OutputReference, Response, job
from monty.json import MSONable

from elatbot_flows.documents import Ledger, LedgerRow
from elatbot_flows.documents.rows import latest
from elatbot_flows.jobs.rows import continued, own_uuid

if TYPE_CHECKING:
    from jobflow import Flow, Job, Maker

    from elatbot_flows.documents import RunRecord
    from elatbot_flows.targets import DesignTarget

__all__ = ["Rung", "climb"]

_CHUNKS = 32
"""Jobs of one round, unless the size of chunks is given: few enough for one document."""
_TOGETHER = 4
"""Candidates of different chemical systems in one job at least, where calls can be shared."""

_NAMED = 3
"""Materials that stand in the name of a job."""


@dataclass(frozen=True)
class Rung(MSONable):
    """Who takes a step of the ladder, and when it stops.

    Parameters
    ----------
    takes, gives
        Status of the candidates it takes, and of those that count as passed.
    until
        Candidates that have to pass; None for all there are.
    chunk_size
        Candidates in one job; None for as many as make 32 jobs of a round.
    by_system
        Whether candidates of one chemical system share a job.
    """

    takes: str
    gives: str
    until: int | None = None
    chunk_size: int | None = None
    by_system: bool = False


@job
def climb(
    ledger: Ledger,
    target: DesignTarget | None,
    run: RunRecord,
    step: Maker,
    rung: Rung,
    done: list[list[LedgerRow]] | None = None,
    earlier: list[list[LedgerRow]] | None = None,
) -> Ledger | Response[Any]:
    """Take candidates through a step, highest score first, until enough have passed.

    A step may hand a candidate back for another try, by leaving it on the rung it came from.

    Parameters
    ----------
    ledger
        All candidates as the rung below left them.
    target, run
        What is asked for.
    step
        Maker whose ``make(rows, target, run)`` gives a job or flow that ends in a
        :class:`~elatbot_flows.documents.CandidateChunk`; its ``rung`` names the step in documents.
        With `by_system` it is also given the rows of other candidates of the same elements, or
        of fewer.
    rung
        Who takes it, and when to stop.
    done
        Rows of the last round.
    earlier
        Rows of the rounds before it, oldest first.

    Returns
    -------
    Ledger
        All candidates as this rung left them.
    """
    below = Ledger.model_validate(ledger)
    rounds = [_rows(chunk) for chunk in [*(earlier or []), *(done or [])]]
    rows = latest(below.rows, rounds)
    name = str(step.rung)  # type: ignore[attr-defined]
    chosen = _next(rows, rung, name)
    if not chosen:
        return Ledger(uuid=own_uuid(), run_id=run.run_id, rung=name, rows=rows, notes=below.notes)
    chunks = _chunks(chosen, rung)
    jobs = [
        step.make(chunk, target, run, *([_beside(chunk, rows)] if rung.by_system else []))
        for chunk in chunks
    ]
    _name(jobs, chunks)
    outputs = [OutputReference(made.output.uuid).rows for made in jobs]
    known = dict.fromkeys(str(row.uuid) for chunk in rounds for row in chunk)
    before: Any = [OutputReference(uuid).rows for uuid in known]
    here: Any = OutputReference(below.uuid)
    again = climb(here, target, run, step, rung, outputs, before)
    again.name = step.name
    finished = {below.uuid, *known, *(str(row.uuid) for row in rows if row.uuid)}
    return Response(replace=continued([*jobs, again], again.output, finished))


def _rows(chunk: list[Any]) -> list[LedgerRow]:
    return [LedgerRow.model_validate(row) for row in chunk]


def _next(rows: list[LedgerRow], rung: Rung, name: str) -> list[LedgerRow]:
    """Those that go on now: as many of the best as are still missing, in order of their number.

    Neighbours rest in the same document of the step before, and a job reads whole documents.
    """
    passed = sum(row.rung == name and row.status == rung.gives for row in rows)
    waiting = [row for row in rows if row.status == rung.takes and row.rung != name]
    waiting.sort(key=lambda row: (-row.score, row.candidate_id))
    chosen = waiting if rung.until is None else waiting[: max(0, rung.until - passed)]
    return sorted(chosen, key=lambda row: row.candidate_id)


def _chunks(rows: list[LedgerRow], rung: Rung) -> list[list[LedgerRow]]:
    size = rung.chunk_size or ceil(len(rows) / _CHUNKS)
    if not rung.by_system:
        return [rows[start : start + size] for start in range(0, len(rows), size)]
    systems: dict[str, list[LedgerRow]] = {}
    for row in rows:
        systems.setdefault(_system(row), []).append(row)
    number = ceil(len(rows) / (rung.chunk_size or max(size, _TOGETHER)))
    # Neighbours in the alphabet share pairs of elements, which one job after the other needs once.
    dealt = [[systems[name] for name in sorted(systems)[start::number]] for start in range(number)]
    return [[row for system in chunk for row in system] for chunk in dealt if chunk]


def _beside(chunk: list[LedgerRow], rows: list[LedgerRow]) -> list[LedgerRow]:
    """Others with documents of their own that have no elements but those of one of a chunk."""
    own = {row.candidate_id for row in chunk}
    systems = [set(name.split("-")) for name in {_system(row) for row in chunk}]
    others = [row for row in rows if row.uuid is not None and row.candidate_id not in own]
    return [row for row in others if any(s.issuperset(_system(row).split("-")) for s in systems)]


def _system(row: LedgerRow) -> str:
    from pymatgen.core import Composition

    return str(Composition(str(row.formula)).chemical_system)


def _name(jobs: list[Job | Flow], chunks: list[list[LedgerRow]]) -> None:
    """Say in the name of a job which it is of how many, and of what."""
    for number, (made, chunk) in enumerate(zip(jobs, chunks, strict=True), start=1):
        formulas = [str(row.formula) for row in chunk[:_NAMED]]
        more = f" and {len(chunk) - _NAMED} more" if len(chunk) > _NAMED else ""
        made.append_name(f" {number}/{len(jobs)} {' '.join(formulas)}{more}")
