"""Who goes on: one dynamic job that takes candidates through a step until enough have passed."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from jobflow import Flow, OutputReference, Response, job
from monty.json import MSONable

from elatbot_flows.documents import CandidateChunk, Ledger
from elatbot_flows.jobs.rows import WITH_STORE, latest, own_uuid, stored

if TYPE_CHECKING:
    from jobflow import Job, Maker

    from elatbot_flows.documents import LedgerRow, RunRecord
    from elatbot_flows.targets import DesignTarget

__all__ = ["Rung", "climb"]

_CHUNKS = 32
"""Jobs of one round, unless the size of chunks is given: few enough for one document."""


@dataclass(frozen=True)
class Rung(MSONable):
    """A step of the ladder.

    Parameters
    ----------
    step
        Maker whose ``make(rows, target, run)`` gives a job or flow that ends in a
        :class:`~elatbot_flows.documents.CandidateChunk`; its ``rung`` names the step in documents.
        With `by_system` it is also given the rows of other candidates of the same elements.
    takes, gives
        Status of the candidates it takes, and of those that count as passed.
    until
        Candidates that have to pass; None for all there are.
    chunk_size
        Candidates in one job; None for as many as make 32 jobs of a round.
    by_system
        Whether candidates of one chemical system share a job, and none of different ones.
    """

    step: Maker
    takes: str
    gives: str
    until: int | None = None
    chunk_size: int | None = None
    by_system: bool = False

    @property
    def name(self) -> str:
        """Name of the step in documents."""
        return str(self.step.rung)  # type: ignore[attr-defined]


@job(config=WITH_STORE)
def climb(
    ledger: Ledger | str,
    target: DesignTarget | None,
    run: RunRecord,
    rung: Rung,
    done: list[list[LedgerRow]] | None = None,
    earlier: list[str] | None = None,
) -> Ledger | Response[Any]:
    """Take candidates through a step, highest score first, until enough have passed.

    A step may hand a candidate back for another try, by leaving it on the rung it came from.

    Parameters
    ----------
    ledger
        All candidates as the rung below left them, or the job that holds them.
    target, run
        What is asked for.
    rung
        The step, and when to stop.
    done
        Rows of the last round.
    earlier
        Jobs that hold the rows of the rounds before it, oldest first.

    Returns
    -------
    Ledger
        All candidates as this rung left them.
    """
    below = stored(ledger, Ledger) if isinstance(ledger, str) else ledger
    before = [stored(uuid, CandidateChunk).rows for uuid in earlier or []]
    rows = latest(below.rows, [*before, *(done or [])])
    chosen = _next(rows, rung)
    if not chosen:
        return Ledger(
            uuid=own_uuid(), run_id=run.run_id, rung=rung.name, rows=rows, notes=below.notes
        )
    jobs = [
        rung.step.make(chunk, target, run, *([_beside(chunk, rows)] if rung.by_system else []))
        for chunk in _chunks(chosen, rung)
    ]
    _number(jobs)
    outputs = [OutputReference(made.output.uuid).rows for made in jobs]
    known = dict.fromkeys(str(row.uuid) for chunk in done or [] for row in chunk)
    again = climb(below.uuid, target, run, rung, outputs, [*(earlier or []), *known])
    again.name = rung.step.name
    return Response(replace=Flow([*jobs, again], output=again.output))


def _next(rows: list[LedgerRow], rung: Rung) -> list[LedgerRow]:
    """Those that go on now: as many of the best as are still missing."""
    passed = sum(row.rung == rung.name and row.status == rung.gives for row in rows)
    waiting = [row for row in rows if row.status == rung.takes and row.rung != rung.name]
    waiting.sort(key=lambda row: (-row.score, row.candidate_id))
    return waiting if rung.until is None else waiting[: max(0, rung.until - passed)]


def _chunks(rows: list[LedgerRow], rung: Rung) -> list[list[LedgerRow]]:
    if rung.by_system:
        systems: dict[str, list[LedgerRow]] = {}
        for row in rows:
            systems.setdefault(_system(row), []).append(row)
        return [systems[name] for name in sorted(systems)]
    size = rung.chunk_size or ceil(len(rows) / _CHUNKS)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _beside(chunk: list[LedgerRow], rows: list[LedgerRow]) -> list[LedgerRow]:
    """Others with documents of their own that have no elements but those of a chunk."""
    own = {row.candidate_id for row in chunk}
    elements = set(_system(chunk[0]).split("-"))
    others = [row for row in rows if row.uuid is not None and row.candidate_id not in own]
    return [row for row in others if elements.issuperset(_system(row).split("-"))]


def _system(row: LedgerRow) -> str:
    from pymatgen.core import Composition

    return str(Composition(str(row.formula)).chemical_system)


def _number(jobs: list[Job | Flow]) -> None:
    for number, made in enumerate(jobs, start=1):
        made.append_name(f" {number}/{len(jobs)}")
