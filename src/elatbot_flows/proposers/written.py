"""Jobs: candidates with the crystals that a text model wrote for them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from jobflow import OutputReference, job

from elatbot_flows.documents import CandidateChunk, LedgerRow, Polymorph, Shortlist
from elatbot_flows.documents.rows import candidate_of
from elatbot_flows.jobs.rows import chunk_of, continued, own_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Flow, Job
    from pymatgen.core import Structure

    from elatbot_flows.documents import Reading, RunRecord

__all__ = ["with_crystals"]

_CHUNK = 50


def with_crystals(
    name: str,
    shortlist: Shortlist,
    readings: Sequence[Sequence[Reading]],
    run: RunRecord,
    model: str,
) -> Flow:
    """The flow by which a proposer ends whose candidates bring crystals.

    Parameters
    ----------
    name
        Of the proposer.
    shortlist
        Its candidates.
    readings
        What the completions of each chunk say.
    run
        The run.
    model
        Who wrote them.
    """
    crystals: dict[str, list[Structure]] = defaultdict(list)
    for reading in (reading for chunk in readings for reading in chunk):
        if reading.structure is not None and reading.reason is None:
            crystals[str(reading.formula)].append(reading.structure)
    jobs: list[Job] = []
    for start in range(0, len(shortlist.rows), _CHUNK):
        rows = shortlist.rows[start : start + _CHUNK]
        made = bring(rows, [crystals[str(row.formula)] for row in rows], run, model)
        made.name = f"{name} crystals {len(jobs) + 1}"
        jobs.append(made)
    ended = end(shortlist, [OutputReference(made.uuid).rows for made in jobs])
    ended.name = name
    return continued([*jobs, ended], ended.output, shortlist.sample_uuids)


@job(output_schema=CandidateChunk)
def bring(
    rows: list[LedgerRow], crystals: list[list[Structure]], run: RunRecord, model: str
) -> CandidateChunk:
    """Write candidates down with their crystals, repeats left out.

    Parameters
    ----------
    rows
        Their rows.
    crystals
        Primitive cells that were written for each.
    run, model
        The run, and who wrote them.
    """
    candidates = [
        candidate_of(row, run).updated(polymorphs=_polymorphs(found, model))
        for row, found in zip(rows, crystals, strict=True)
    ]
    return chunk_of("propose", run, rows, candidates, [row.score for row in rows])


def _polymorphs(crystals: list[Structure], model: str) -> list[Polymorph]:
    from elatbot_flows.crystals.guess import (
        StructureGuess,
        describe_symmetry,
        without_duplicates,
    )
    from elatbot_flows.text.crystals.symmetry import symbol_of

    guesses = []
    for crystal in crystals:
        number, system = describe_symmetry(crystal)
        guesses.append(StructureGuess(crystal, model, symbol_of(number), system, number))
    return [
        Polymorph(structure=one.structure, source=one.source, label=one.label)
        for one in without_duplicates(guesses)
    ]


@job(output_schema=Shortlist)
def end(shortlist: Any, chunks: list[list[LedgerRow]]) -> Shortlist:
    """The shortlist, its rows saying where their candidates rest."""
    whole = Shortlist.model_validate(shortlist)
    rows = [LedgerRow.model_validate(row) for chunk in chunks for row in chunk]
    return whole.model_copy(update={"uuid": own_uuid(), "rows": rows})
