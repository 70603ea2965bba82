"""One queryable document per candidate: what became of one completion of the text model."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.elastic import ElasticResult
from elatbot_flows.documents.estimate import ModulusEstimate
from elatbot_flows.documents.provenance import MethodRecord, RunRecord
from elatbot_flows.documents.stability import HullResult

__all__ = ["STAGES", "CandidateBatch", "CandidateDocument", "Polymorph", "Stage", "Status"]

Status = Literal["proposed", "rejected", "validated", "failed"]
Stage = Literal["proposed", "built", "validated", "placed", "judged"]
STAGES: tuple[Stage, ...] = ("proposed", "built", "validated", "placed", "judged")
"""Steps of the flow, in order."""


class Polymorph(BaseModel):
    """One crystal that was built for a candidate and relaxed cheaply."""

    structure: Structure = Field(description="Cheaply relaxed crystal.")
    source: str = Field(
        description="Where the crystal came from: aflow, materials_project, random."
    )
    label: str = Field(description="Prototype, entry or space group it was made from.")
    energy_per_atom: float = Field(description="Energy after the cheap relaxation, eV/atom.")
    bulk_modulus: float | None = Field(
        None, description="Estimate from two hydrostatic strains with clamped ions, GPa."
    )


class CandidateDocument(BaseModel):
    """A candidate material, whatever became of it."""

    candidate_id: str = Field(description="Identifier: run and number of the completion.")
    run_id: str = Field(description="The run it belongs to.")
    stage: Stage = Field("proposed", description="Last step of the flow that touched it.")
    status: Status = Field("proposed", description="What became of it so far.")
    reason: str | None = Field(None, description="Machine-readable reason if rejected or failed.")
    message: str | None = Field(None, description="The reason for people.")

    completion: dict[str, Any] | None = Field(
        None, description="The sample: text, prompt, seed, sampling settings, token counts."
    )
    rank: int | None = Field(None, description="Rank among the judged, 1 is best.")

    formula: str | None = Field(None, description="Reduced formula.")
    chemsys: str | None = Field(None, description="Chemical system, e.g. 'Al-Ni'.")
    elements: list[str] = Field(default_factory=list, description="Chemical symbols, sorted.")
    nelements: int | None = Field(None, description="Number of elements.")
    proposed_crystal_system: str | None = Field(None, description="Crystal system proposed.")
    novel: bool | None = Field(
        None, description="Whether the formula is absent from the generator's training set."
    )
    predicted_bulk_modulus: float | None = Field(
        None, description="Bulk modulus the text model expects, GPa."
    )
    predicted_bulk_modulus_std: float | None = Field(
        None, description="Standard deviation of that expectation, GPa."
    )
    polymorphs: list[Polymorph] = Field(
        default_factory=list, description="Lowest-energy crystals built, best first."
    )
    guesses_built: int | None = Field(None, description="Crystals built before relaxation.")
    guesses_failed: dict[str, int] = Field(
        default_factory=dict, description="Crystals given up in the cheap relaxation, by reason."
    )
    screening_bulk_modulus: float | None = Field(
        None, description="Cheap estimate for the best crystal (clamped ions), GPa."
    )

    structure: Structure | None = Field(None, description="Fully relaxed primitive cell.")
    structure_source: str | None = Field(None, description="Source and label of the crystal.")
    crystal_system: str | None = Field(
        None, description="Crystal system of the relaxed crystal, else the proposed one."
    )
    spacegroup_number: int | None = Field(None, description="Space group after relaxation.")
    nsites: int | None = Field(None, description="Atoms in the primitive cell.")
    volume_per_atom: float | None = Field(None, description="Volume, A^3/atom.")
    energy_per_atom: float | None = Field(None, description="Energy of the potential, eV/atom.")
    relaxed: bool = Field(False, description="Whether the full relaxation converged.")

    bulk_modulus: float | None = Field(None, description="Bulk modulus (VRH), GPa.")
    shear_modulus: float | None = Field(None, description="Shear modulus (VRH), GPa.")
    youngs_modulus: float | None = Field(None, description="Young's modulus (VRH), GPa.")
    poisson_ratio: float | None = Field(None, description="Homogeneous Poisson ratio.")
    pugh_ratio: float | None = Field(None, description="Bulk over shear modulus, K/G.")
    born_stable: bool | None = Field(None, description="Mechanical stability; None if unknown.")
    elastic: ElasticResult | None = Field(None, description="The elastic tensor and its making.")
    energy_above_hull: float | None = Field(
        None, description="Energy above the hull of its competing phases, eV/atom, if asked for."
    )
    hull: HullResult | None = Field(
        None, description="Its place on the hull, without the structure, if asked for."
    )
    estimate: ModulusEstimate | None = Field(
        None,
        description="Bulk modulus (GPa) that potential and text model give together, with a "
        "calibrated interval and the probability to meet the target.",
    )

    verdict: Literal["hit", "miss", "unknown"] = Field("unknown", description="Against the target.")
    margin: float | None = Field(
        None, description="Margin of the limiting property in its unit, positive inside."
    )
    limiting_property: str | None = Field(None, description="Property with the smallest margin.")
    relative_margin: float | None = Field(None, description="Margin over the nearest edge.")
    margins: dict[str, float] = Field(
        default_factory=dict, description="Margin of every property, in its unit."
    )

    potential: MethodRecord | None = Field(None, description="The potential that judged it.")
    run: RunRecord | None = Field(
        None, description="What was asked of whom; filled when the candidate is published."
    )

    def updated(self, **fields: Any) -> "CandidateDocument":
        """Return a copy with some fields changed."""
        return self.model_copy(update=fields)

    def rejected(self, reason: str, message: str) -> "CandidateDocument":
        """Return a copy rejected before validation, with the reason."""
        return self.updated(status="rejected", reason=reason, message=message)

    def failed(self, reason: str, message: str) -> "CandidateDocument":
        """Return a copy that failed in validation, with the reason."""
        return self.updated(status="failed", reason=reason, message=message)


class CandidateBatch(BaseModel):
    """Candidates that went through one step together."""

    stage: Stage = Field(description="The step.")
    run: RunRecord = Field(description="The run they belong to.")
    candidates: list[CandidateDocument] = Field(description="The candidates.")
    notes: list[str] = Field(default_factory=list, description="Remarks for people.")
