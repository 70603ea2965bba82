"""Document of one crystal's place with respect to the convex hull."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.provenance import MethodRecord

__all__ = ["CompetingPhase", "DecompositionProduct", "HullResult"]


class CompetingPhase(BaseModel):
    """A phase the hull was made of, relaxed with the same potential."""

    formula: str = Field(description="Reduced formula.")
    source: str = Field(
        description="'elements', 'prototypes', 'given', 'folder', 'store' or 'materials_project'."
    )
    label: str = Field(description="Prototype, file or identifier.")
    energy_per_atom: float = Field(description="Energy of the potential, eV/atom.")


class DecompositionProduct(CompetingPhase):
    """A phase the crystal would decompose into."""

    fraction: float = Field(description="Fraction of all atoms that end in this phase.")


class HullResult(BaseModel):
    """How far a crystal lies above the hull of its competing phases, or why nobody can say."""

    source: str | None = Field(None, description="File or step the crystal came from.")
    formula: str | None = Field(None, description="Reduced formula.")
    chemsys: str | None = Field(None, description="Chemical system, e.g. 'Al-Ni'.")
    elements: list[str] = Field(default_factory=list, description="Chemical symbols, sorted.")
    status: Literal["stable", "metastable", "unstable", "unknown"] = Field(
        description="By the thresholds in `settings`; 'unknown' has a reason."
    )
    reason: str | None = Field(None, description="Machine-readable reason if unknown.")
    message: str | None = Field(None, description="The reason for people.")

    structure: Structure | None = Field(None, description="Crystal whose energy was taken.")
    energy_per_atom: float | None = Field(None, description="Energy of the potential, eV/atom.")
    energy_above_hull: float | None = Field(
        None,
        description="Energy above the hull of the competing phases without the crystal itself and "
        "without polymorphs of it that are not lower by more than 1 meV/atom, eV/atom; negative if "
        "below. None if unknown.",
    )
    formation_energy_per_atom: float | None = Field(
        None,
        description="Energy with respect to the lowest crystals of the elements, eV/atom; None "
        "where an element is a gas.",
    )
    decomposition: list[DecompositionProduct] = Field(
        default_factory=list, description="Phases of the hull at this composition."
    )
    competing: list[CompetingPhase] = Field(
        default_factory=list,
        description="The phases the hull was made of, the lowest one of every formula.",
    )
    left_out: list[str] = Field(
        default_factory=list, description="Phases recognised as the crystal itself."
    )
    missing: list[str] = Field(
        default_factory=list, description="Phases that could not be had, and why, for people."
    )
    evaluations: int = Field(description="Evaluations of the potential, new phases included.")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="Thresholds: energies eV/atom, forces eV/A, stress GPa, lengths A.",
    )
    potential: MethodRecord = Field(description="The potential behind every energy.")
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions.")

    def unknown(self, reason: str, message: str) -> "HullResult":
        """Return a copy without an answer, for a reason."""
        return self.model_copy(update={"status": "unknown", "reason": reason, "message": message})

    @property
    def words(self) -> str:
        """Where it lies, for people: ``"on the hull"``, ``"0.012 eV/atom above the hull"``."""
        if self.status == "unknown" or self.energy_above_hull is None:
            return f"place on the hull unknown ({self.reason or 'not computed'})"
        if self.energy_above_hull <= self.settings.get("noise", 0.0):
            return "on the hull"
        return f"{self.energy_above_hull:.3f} eV/atom above the hull"
