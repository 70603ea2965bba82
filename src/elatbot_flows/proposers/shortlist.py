"""From what completions say to distinct candidates, most promising first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from elatbot_flows.documents import LedgerRow, Shortlist
from elatbot_flows.jobs.rows import own_uuid
from elatbot_flows.proposers.expectation import expected, promise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import Reading, RunRecord
    from elatbot_flows.proposers.base import Proposer
    from elatbot_flows.targets import DesignTarget

__all__ = ["shortlist_of"]


def shortlist_of(
    proposer: Proposer,
    target: DesignTarget | None,
    run: RunRecord,
    readings: Sequence[Sequence[Reading]],
    samples: Sequence[str],
    wanted: int,
    known: Sequence[str] = (),
) -> Shortlist:
    """One candidate for each formula, in the crystal system proposed most often for it.

    Parameters
    ----------
    proposer
        Who wrote the completions, and who says what it expects.
    target, run
        What is asked for.
    readings, samples
        What the completions of each chunk say, and the job that holds it.
    wanted
        Distinct formulas that were wanted.
    known
        Formulas that are left out, since earlier designs tried them.
    """
    places = [
        (reading, f"{uuid}:{place}")
        for uuid, chunk in zip(samples, readings, strict=True)
        for place, reading in enumerate(chunk)
    ]
    systems: dict[str, Counter[str | None]] = {}
    first: dict[str, str] = {}
    rejected = Counter(str(reading.reason) for reading, _ in places if reading.reason)
    readable = len(places) - rejected.total()
    tried = set(known)
    for reading, where in places:
        if reading.formula is None or reading.reason is not None:
            continue
        if reading.formula in tried:
            rejected["tried_before"] += 1
        else:
            systems.setdefault(reading.formula, Counter())[reading.crystal_system] += 1
            first.setdefault(reading.formula, where)
    materials = [(formula, found.most_common(1)[0][0]) for formula, found in systems.items()]
    told = expected(proposer.expectation, materials)
    rows = [
        LedgerRow(
            candidate_id=f"{run.run_id}-{number:05d}",
            score=promise(moduli, target),
            formula=formula,
            crystal_system=system,
            times_proposed=systems[formula].total(),
            sample_uuid=first[formula],
            unseen=proposer.model.is_unseen(formula) if proposer.model else None,
            **moduli.fields(),
        )
        for number, ((formula, system), moduli) in enumerate(zip(materials, told, strict=True))
    ]
    if duplicates := readable - rejected["tried_before"] - len(rows):
        rejected["duplicate"] = duplicates
    return Shortlist(
        uuid=own_uuid(),
        run_id=run.run_id,
        rung="propose",
        rows=sorted(rows, key=lambda row: (-row.score, row.candidate_id)),
        generated=len(places),
        readable=readable,
        rejected=dict(sorted(rejected.items())),
        sample_uuids=list(samples),
        notes=_notes(len(places), readable, len(rows), wanted),
    )


def _notes(generated: int, readable: int, distinct: int, wanted: int) -> list[str]:
    if distinct >= wanted:
        return []
    words = f"{generated} completions gave {distinct} distinct formulas, {wanted} were wanted"
    if 2 * readable < generated:
        return [f"{words}: most of them cannot be read, or are of other elements or sizes"]
    return [f"{words}: the element set or the interval leaves no more, or the model repeats itself"]
