"""The ledger of a run: slim rows that jobs hand on, and documents where the rest of them lies.

A row says what became of a candidate and where it rests; completions and crystals lie in documents
of chunks, so that no document or job outgrows a database, whatever the size of the run.
"""

from typing import Any

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.candidate import CandidateDocument, Status, VerdictWord

__all__ = [
    "CandidateChunk",
    "Ledger",
    "LedgerRow",
    "MaterialShelf",
    "Reading",
    "SampleChunk",
    "Shortlist",
]


class LedgerRow(BaseModel):
    """What became of a candidate so far, and where it rests."""

    candidate_id: str = Field(description="Identifier.")
    rung: str = Field("propose", description="Last step of the run that touched it.")
    status: Status = Field("proposed", description="What became of it so far.")
    reason: str | None = Field(None, description="Machine-readable reason if rejected or failed.")
    score: float = Field(0.0, description="Who comes first in the next step: larger is earlier.")
    formula: str | None = Field(None, description="Reduced formula.")
    crystal_system: str | None = Field(None, description="Crystal system proposed.")
    times_proposed: int = Field(1, description="Completions that say this formula.")
    sample_uuid: str | None = Field(
        None, description="Its completion: 'uuid:place' of a SampleChunk."
    )
    unseen: bool | None = Field(None, description="Whether the generator was not trained on it.")
    expected: tuple[float, float] | None = Field(
        None, description="Bulk modulus that the text model expects, and its spread, GPa."
    )
    expected_shear: tuple[float, float] | None = Field(
        None, description="The same of the shear modulus."
    )
    polymorph: int = Field(0, description="Crystal that stands for it.")
    verdict: VerdictWord = Field("unknown", description="Verdict so far.")
    probability: float | None = Field(None, description="Probability to meet the target.")
    hull: str | None = Field(None, description="Word of the hull, if it was asked.")
    doubts: int = Field(
        0,
        description="1 if its crystal is no minimum (soft in a doubled cell, or a judge followed "
        "it downhill by more than 10 meV/atom), 2 if it is unstable by the hull, 3 if both.",
    )
    evaluations: int = Field(0, description="Evaluations of potentials spent on it so far.")
    uuid: str | None = Field(None, description="Job whose chunk holds the candidate.")
    place: int = Field(0, description="Its place in that chunk.")


class Ledger(BaseModel):
    """All rows as one step left them."""

    uuid: str = Field(description="Job that wrote this document.")
    run_id: str = Field(description="The run.")
    rung: str = Field(description="The step.")
    rows: list[LedgerRow] = Field(description="All candidates of the run.")
    notes: list[str] = Field(default_factory=list, description="Remarks for people.")


class Shortlist(Ledger):
    """The ledger a proposer opens: distinct candidates, most promising first."""

    generated: int = Field(description="Completions drawn, or materials given.")
    readable: int = Field(description="Those that name a material.")
    rejected: dict[str, int] = Field(
        default_factory=dict, description="Those that are no candidate, by reason."
    )
    sample_uuids: list[str] = Field(
        default_factory=list, description="Jobs whose SampleChunk holds the completions."
    )


class MaterialShelf(BaseModel):
    """Some materials of a list that a user brought."""

    materials: list[Structure | str] = Field(description="Crystals and formulas.")
    names: list[str] = Field(description="What to call them.")


class Reading(BaseModel):
    """What one completion says."""

    formula: str | None = Field(None, description="Reduced formula; None if it says none.")
    crystal_system: str | None = Field(None, description="Crystal system.")
    reason: str | None = Field(None, description="Why it is no candidate, machine-readable.")
    message: str | None = Field(None, description="The same for people.")
    structure: Structure | None = Field(
        None, description="Primitive cell of the crystal, where models write crystals."
    )
    repairs: list[str] = Field(
        default_factory=list, description="What was repaired to read the crystal."
    )


class SampleChunk(BaseModel):
    """Completions of one call of a text model, word for word, and what they say."""

    uuid: str = Field(description="Job that wrote this document.")
    run_id: str = Field(description="The run.")
    readings: list[Reading] = Field(description="What each completion says.")
    completions: list[dict[str, Any] | None] = Field(
        description="Each with model, prompt, seed, sampling settings and token counts; None for "
        "a question without an answer. `named_by` is the answer of another model that named the "
        "formula."
    )


class CandidateChunk(BaseModel):
    """Candidates that went through one step together."""

    uuid: str = Field(description="Job that wrote this document.")
    run_id: str = Field(description="The run.")
    rung: str = Field(description="The step.")
    rows: list[LedgerRow] = Field(description="Their rows.")
    candidates: list[CandidateDocument] = Field(description="The candidates.")
