"""Proposer: crystals and formulas of the user's own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Maker, OutputReference, job
from pymatgen.core import Composition, Structure

from elatbot_flows.documents import (
    CandidateChunk,
    LedgerRow,
    Polymorph,
    Shortlist,
)
from elatbot_flows.documents.rows import candidate_of
from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.rows import chunk_of, own_uuid
from elatbot_flows.jobs.settings import plain_settings
from elatbot_flows.proposers.expectation import expected, promise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Job

    from elatbot_flows.documents import RunRecord
    from elatbot_flows.proposers.base import Proposer
    from elatbot_flows.targets import DesignTarget

__all__ = ["GivenProposer"]


@dataclass
class GivenProposer(Maker):
    """Take crystals, or formulas to build crystals for, instead of asking a text model.

    Parameters
    ----------
    name
        Name of the flow.
    materials
        Crystals (ordered) and formulas.
    sources
        What to call them, such as a file name; one for each.
    expectation
        A text model with a predictor, whose opinion counts as evidence; None for nobody.
    chunk_size
        Materials in one job and document.
    """

    name: str = "propose"
    materials: list[Structure | str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    expectation: str | None = "elatbot-mini"
    chunk_size: int = 50

    def __post_init__(self) -> None:
        if not self.materials:
            raise TargetError("there are no materials: give crystals or formulas")
        if self.sources and len(self.sources) != len(self.materials):
            raise TargetError(
                f"{len(self.sources)} names for {len(self.materials)} materials: give one for each"
            )

    def make(
        self,
        target: DesignTarget | None,
        n: int | None,
        run: RunRecord,
        known: Sequence[str] | None = None,
    ) -> Flow:
        """Bring the materials as candidates.

        Parameters
        ----------
        target
            What is wanted; None where only moduli are asked for.
        n, known
            Not used: all are brought.
        run
            The run, or a reference to it.

        Returns
        -------
        Flow
            Its output is a :class:`~elatbot_flows.documents.Shortlist`.
        """
        del n, known
        starts = range(0, len(self.materials), self.chunk_size)
        parts = [slice(start, start + self.chunk_size) for start in starts]
        chunks = [(self.materials[part], self.names[part]) for part in parts]
        return brought(self, chunks, list(starts), target, run)

    @property
    def names(self) -> list[str]:
        """What to call the materials."""
        return self.sources or [f"material {k}" for k in range(1, len(self.materials) + 1)]

    @property
    def model(self) -> None:
        """Nobody proposes."""
        return

    def settings(self) -> dict[str, Any]:
        """All settings as plain values, with a hash instead of the materials."""
        plain = plain_settings(self)
        text = json.dumps([plain.pop("materials"), plain.pop("sources")], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return plain | {"number": len(self.materials), "materials_sha256": digest}


def brought(
    proposer: Proposer,
    chunks: Sequence[tuple[Any, Any]],
    firsts: Sequence[int],
    target: DesignTarget | None,
    run: RunRecord,
) -> Flow:
    """The flow that writes materials down as candidates and makes a shortlist of them.

    Parameters
    ----------
    proposer
        Who brings them.
    chunks
        Materials and what to call them, or references to both, for each job.
    firsts
        Number of the first one of each chunk among all.
    target, run
        What is asked for.
    """
    taken: list[Job] = []
    for (materials, names), first in zip(chunks, firsts, strict=True):
        made = take(materials, names, first, proposer.expectation, target, run)
        made.name = f"{proposer.name} {len(taken) + 1}"
        taken.append(made)
    gathered = gather([OutputReference(made.uuid).rows for made in taken], run)
    gathered.name = proposer.name
    return Flow([*taken, gathered], output=gathered.output, name=proposer.name)


@job(output_schema=CandidateChunk)
def take(
    materials: list[Any],
    names: list[str],
    first: int,
    expectation: str | None,
    target: DesignTarget | None,
    run: RunRecord,
) -> CandidateChunk:
    """Write down materials as candidates.

    Parameters
    ----------
    materials, names
        Crystals and formulas, and what to call them.
    first
        Number of the first one among all.
    expectation
        Who says what it expects.
    target, run
        What is asked for.
    """
    kinds = [_formula_and_system(material) for material in materials]
    told = expected(expectation, kinds)
    rows, candidates = [], []
    numbered = enumerate(zip(materials, names, kinds, told, strict=True), start=first)
    for number, (material, name, (formula, system), moduli) in numbered:
        row = LedgerRow(
            candidate_id=f"{run.run_id}-{number:05d}",
            score=promise(moduli, target),
            formula=formula,
            crystal_system=system,
            **moduli.fields(),
        )
        candidate = candidate_of(row, run).updated(source=name)
        if isinstance(material, Structure):
            own = Polymorph(structure=material, source=name, label="given")
            candidate = candidate.updated(polymorphs=[own])
        rows.append(row)
        candidates.append(candidate)
    return chunk_of("propose", run, rows, candidates, [row.score for row in rows])


@job(output_schema=Shortlist)
def gather(chunks: list[list[LedgerRow]], run: RunRecord) -> Shortlist:
    """Make one shortlist of all chunks."""
    rows = [row for chunk in chunks for row in chunk]
    return Shortlist(
        uuid=own_uuid(),
        run_id=run.run_id,
        rung="propose",
        rows=rows,
        generated=len(rows),
        readable=len(rows),
    )


def _formula_and_system(material: Structure | str) -> tuple[str, str | None]:
    if not isinstance(material, Structure):
        return str(Composition(material).reduced_formula), None
    from elatbot_flows.crystals.guess import describe_symmetry

    system = describe_symmetry(material)[1] if material.is_ordered else None
    return str(material.composition.reduced_formula), system
