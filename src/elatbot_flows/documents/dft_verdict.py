"""Document of what a density functional says of a candidate next to everybody before it."""

from typing import Literal

from pydantic import BaseModel, Field

from elatbot_flows.documents.estimate import Estimate

__all__ = ["AgainstDFT", "DFTVerdict"]


class AgainstDFT(BaseModel):
    """What one source said, and how far it was from the density functional."""

    source: str = Field(description="Text model, potential, or 'estimate'.")
    bulk_modulus: float | None = Field(None, description="K it said, GPa.")
    shear_modulus: float | None = Field(None, description="G it said, GPa.")
    bulk_deviation: float | None = Field(None, description="Its K over that of DFT, minus 1.")
    shear_deviation: float | None = Field(None, description="Its G over that of DFT, minus 1.")
    bulk_held: bool | None = Field(
        None, description="Whether the interval it stated held K of DFT; None if it stated none."
    )
    shear_held: bool | None = Field(None, description="The same for G.")


class DFTVerdict(BaseModel):
    """What a density functional says of a candidate, and what was thought of it before."""

    judge: str = Field(description="The code.")
    status: Literal["measured", "unstable", "failed"] = Field(
        description="'measured' and 'unstable' overrule what was thought before; a calculation "
        "that 'failed' changes nothing."
    )
    reason: str | None = Field(None, description="Why there are no moduli.")
    message: str | None = Field(None, description="The reason for people.")
    bulk_modulus: float | None = Field(None, description="K (VRH), GPa.")
    shear_modulus: float | None = Field(None, description="G (VRH), GPa.")
    verdict_before: str = Field(description="Verdict without it.")
    probability_before: float | None = Field(None, description="Probability without it.")
    estimate_before: Estimate | None = Field(None, description="Estimate without it.")
    sources: list[AgainstDFT] = Field(
        default_factory=list, description="What text model, potentials and estimate had said."
    )
