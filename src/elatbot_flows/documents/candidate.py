"""A candidate material: where it came from, its crystals, what judges say, what follows."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.dft_choice import DFTChoice
from elatbot_flows.documents.dft_verdict import DFTVerdict
from elatbot_flows.documents.elastic import ElasticResult
from elatbot_flows.documents.estimate import Estimate
from elatbot_flows.documents.run import RunRecord
from elatbot_flows.documents.stability import HullResult

__all__ = [
    "SOFTEST_STABLE",
    "CandidateDocument",
    "Evidence",
    "Polymorph",
    "Status",
    "VerdictWord",
]

SOFTEST_STABLE = 0.02
"""Smallest curvature in a doubled cell that counts as stable, eV/A^2."""
_FURTHER = 0.01
"""What following soft modes has to gain, eV/atom, for its end to be another crystal."""

Status = Literal["proposed", "built", "passed", "failed", "rejected"]
VerdictWord = Literal["hit", "open", "miss", "unknown"]


class Polymorph(BaseModel):
    """One crystal of a candidate, relaxed cheaply or as it was given."""

    structure: Structure = Field(description="The crystal.")
    source: str = Field(
        description="Where it came from: aflow, intermetallics, materials_project, random, the "
        "file it was given in, or the model that wrote it."
    )
    label: str = Field(description="Prototype, entry, space group or name.")
    energy_per_atom: float | None = Field(
        None, description="Energy after the cheap relaxation, eV/atom; None for one as given."
    )
    bulk_modulus: float | None = Field(
        None, description="Estimate from two hydrostatic strains with clamped ions, GPa."
    )


class Evidence(BaseModel):
    """What one judge says of one crystal of a candidate."""

    polymorph: int | None = Field(
        None, description="Place of the crystal in `polymorphs`; None for the formula alone."
    )
    result: ElasticResult = Field(description="What the judge says.")


class CandidateDocument(BaseModel):
    """A candidate material, whatever became of it."""

    candidate_id: str = Field(description="Identifier: run and number.")
    run_id: str = Field(description="The run it belongs to.")
    rung: str = Field("propose", description="Last step of the run that touched it.")
    status: Status = Field("proposed", description="What became of it so far.")
    reason: str | None = Field(None, description="Machine-readable reason if rejected or failed.")
    message: str | None = Field(None, description="The reason for people.")
    rank: int | None = Field(None, description="Rank among those that passed, 1 is best.")

    formula: str | None = Field(None, description="Reduced formula.")
    chemsys: str | None = Field(None, description="Chemical system, e.g. 'Al-Ni'.")
    elements: list[str] = Field(default_factory=list, description="Chemical symbols, sorted.")
    nelements: int | None = Field(None, description="Number of elements.")
    source: str | None = Field(None, description="Text model or file that proposed it.")
    proposed_crystal_system: str | None = Field(None, description="Crystal system proposed.")
    times_proposed: int = Field(1, description="Completions that say this formula.")
    completion: dict[str, Any] | None = Field(
        None, description="One of them: text, prompt, seed, sampling settings, token counts."
    )
    unseen: bool | None = Field(
        None, description="Whether the formula is absent from the generator's training rows."
    )
    known_as: str | None = Field(
        None, description="Known crystal or prototype that its crystal matches, if one was found."
    )

    polymorphs: list[Polymorph] = Field(
        default_factory=list, description="Its crystals, lowest in energy first."
    )
    guesses_built: int | None = Field(None, description="Crystals built before relaxation.")
    guesses_failed: dict[str, int] = Field(
        default_factory=dict, description="Crystals given up in the cheap relaxation, by reason."
    )
    build_evaluations: int = Field(
        0, description="Evaluations of the potential in the cheap relaxation."
    )
    recalled: bool = Field(
        False, description="Whether an earlier run had built its crystals; they cost nothing then."
    )
    polymorph: int = Field(
        0, description="Place in `polymorphs` of the crystal that stands for the candidate."
    )
    above_ground_state: float | None = Field(
        None,
        description="Energy of that crystal above the lowest of `polymorphs`, eV/atom; not zero "
        "where the lowest one failed.",
    )
    evidence: list[Evidence] = Field(
        default_factory=list, description="What every judge says of every crystal it was shown."
    )

    structure: Structure | None = Field(
        None, description="Primitive cell as relaxed by the first judge that let it pass."
    )
    crystal_system: str | None = Field(None, description="Crystal system of that crystal.")
    spacegroup_number: int | None = Field(None, description="Its space group.")
    nsites: int | None = Field(None, description="Its atoms in the primitive cell.")
    volume_per_atom: float | None = Field(None, description="Its volume, A^3/atom.")

    estimate: Estimate | None = Field(
        None, description="What all evidence on that crystal says together, calibrated."
    )
    bulk_modulus: float | None = Field(None, description="Estimate of K (VRH, median), GPa.")
    shear_modulus: float | None = Field(None, description="Estimate of G (VRH, median), GPa.")
    youngs_modulus: float | None = Field(None, description="Estimate of E (VRH, median), GPa.")
    poisson_ratio: float | None = Field(None, description="Estimate of the Poisson ratio.")
    pugh_ratio: float | None = Field(None, description="Estimate of K/G.")

    dft: DFTVerdict | None = Field(
        None,
        description="What a density functional says, next to what was thought before; None if it "
        "was not asked. Estimate and verdict are then by it, unless it failed.",
    )
    dft_choice: DFTChoice | None = Field(
        None,
        description="Why a density functional was asked or not; None if it was no question.",
    )
    verdict: VerdictWord = Field("unknown", description="What follows for the target.")
    probability: float | None = Field(
        None, description="Probability that every interval of the target is met."
    )
    probabilities: dict[str, float] = Field(
        default_factory=dict, description="Probability for each interval by itself."
    )
    limiting_property: str | None = Field(None, description="Property least likely to be met.")
    flags: list[str] = Field(
        default_factory=list, description="What to know before trusting it, for people."
    )

    softest_mode_doubled: float | None = Field(
        None,
        description="Smallest curvature along displacements in the cell doubled along all axes, by "
        "the potential of the hull, eV/A^2; negative if unstable, None if nobody looked.",
    )
    energy_above_hull: float | None = Field(
        None, description="Energy above the hull of its competing phases, eV/atom."
    )
    hull: HullResult | None = Field(
        None, description="Its place with respect to the hull, without the structure."
    )
    run: RunRecord | None = Field(
        None, description="What was asked of whom; filled when the candidate is published."
    )

    @property
    def soft_when_doubled(self) -> bool:
        """Whether the doubled cell has a mode below `SOFTEST_STABLE`: a larger cell lies lower."""
        softest = self.softest_mode_doubled
        return softest is not None and softest < SOFTEST_STABLE

    @property
    def lower_end(self) -> ElasticResult | None:
        """Where its crystal leads downhill, by more than 10 meV/atom; None if it is a minimum.

        Of the judges that let it pass, the one that gained most by following soft modes says so.
        """
        ends = [
            one.result
            for one in self.evidence
            if one.polymorph == self.polymorph
            and one.result.status == "passed"
            and one.result.structure is not None
            and (one.result.energy_gained or 0.0) > _FURTHER
        ]
        return max(ends, key=lambda end: end.energy_gained or 0.0, default=None)

    @property
    def doubts(self) -> int:
        """How much speaks against the crystal: see the rows of the ledger."""
        off = self.hull is not None and self.hull.status == "unstable"
        measured = self.dft is not None and self.dft.status == "measured"  # of the lower end
        left = self.lower_end is not None and not measured
        return 2 * off + (self.soft_when_doubled or left)

    @property
    def evaluations(self) -> int:
        """Evaluations of potentials that this run spent on it."""
        judged = sum(evidence.result.evaluations for evidence in self.evidence)
        return self.build_evaluations + judged + (self.hull.evaluations if self.hull else 0)

    def updated(self, **fields: Any) -> "CandidateDocument":
        """Return a copy with some fields changed."""
        return self.model_copy(update=fields)

    def rejected(self, reason: str, message: str) -> "CandidateDocument":
        """Return a copy rejected before any judge saw it, with the reason."""
        return self.updated(status="rejected", reason=reason, message=message)

    def failed(self, reason: str, message: str) -> "CandidateDocument":
        """Return a copy that no judge let pass, with the reason."""
        return self.updated(status="failed", reason=reason, message=message)
