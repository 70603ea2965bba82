"""Document of how elastic constants depend on the cut-off and the k-mesh."""

from typing import Any

from pydantic import BaseModel, Field

from elatbot_flows.documents.provenance import MethodRecord

__all__ = ["ConvergenceDocument", "ConvergencePoint"]


class ConvergencePoint(BaseModel):
    """Elastic constants with one cut-off and one k-mesh."""

    cutoff: float = Field(description="Cut-off, eV.")
    k_spacing: float = Field(description="Largest distance of k-points, 1/A, with 2 pi.")
    mesh: tuple[int, int, int] | None = Field(None, description="k-mesh that follows from it.")
    width: float | None = Field(None, description="How wide occupations were smeared, eV.")
    bulk_modulus: float | None = Field(None, description="K (Voigt), GPa; None if it failed.")
    shear_constants: list[float] = Field(
        default_factory=list, description="C44, C55, C66 in IEEE axes, GPa."
    )
    cpu_seconds: float = Field(0.0, description="Processor time of it.")
    message: str | None = Field(None, description="Why there are no numbers.")


class ConvergenceDocument(BaseModel):
    """Scans of k-mesh and cut-off for one crystal, and what is enough."""

    formula: str = Field(description="Reduced formula.")
    judge: MethodRecord = Field(description="Who computed; cut-off and k-points are the points'.")
    by_mesh: list[ConvergencePoint] = Field(description="Coarse to fine, at one cut-off.")
    by_cutoff: list[ConvergencePoint] = Field(description="Low to high, at one distance.")
    shear_tolerance: float = Field(description="Largest change of C44, C55, C66 allowed, GPa.")
    bulk_tolerance: float = Field(description="Largest relative change of K allowed.")
    k_spacing: float | None = Field(
        None, description="Largest distance that is enough, 1/A; None if none was shown to be."
    )
    cutoff: float | None = Field(
        None, description="Lowest cut-off that is enough, eV; None if none was shown to be."
    )
    settings: dict[str, Any] | None = Field(
        None, description="Settings with both, for `DFTSettings`; None if one is not known."
    )
    message: str = Field(description="The answer in words.")
