"""Document of how good estimates were where a density functional was asked afterwards."""

from pydantic import BaseModel, Field

from elatbot_flows.documents.refit import Refit

__all__ = ["AgainstDFTScores", "HitRates", "SourceScores"]


class SourceScores(BaseModel):
    """How far one source was from the density functional."""

    source: str = Field(description="Text model, potential, or 'estimate'.")
    number: int = Field(description="Materials with K of both.")
    bulk_bias: float | None = Field(None, description="Mean of ln K minus that of DFT.")
    bulk_spread: float | None = Field(None, description="Root mean square of it.")
    shear_bias: float | None = Field(None, description="The same for ln G.")
    shear_spread: float | None = Field(None, description="The same for ln G.")
    bulk_held: float | None = Field(None, description="Share of stated intervals that held K.")
    shear_held: float | None = Field(None, description="The same for G.")


class HitRates(BaseModel):
    """Stated probabilities of some materials, and how many DFT found to meet their target."""

    group: str = Field(description="'all', 'magnetic', 'hit before' or the like.")
    number: int = Field(description="Materials with a verdict before and by DFT.")
    stated: float = Field(description="Mean probability stated before.")
    by_dft: float = Field(description="Mean probability by DFT and its own errors.")
    refitted: float | None = Field(
        None, description="Mean probability by the refit without the material itself."
    )


class AgainstDFTScores(BaseModel):
    """How good estimates were where a density functional was asked afterwards."""

    asked: int = Field(description="Candidates it was asked about.")
    failed: int = Field(description="Those of them it said nothing of.")
    coverage: float | None = Field(None, description="Share that intervals are meant to hold.")
    sources: list[SourceScores] = Field(description="Everybody who had said something.")
    rates: list[HitRates] = Field(description="All, then some groups.")
    refit: Refit | None = Field(None, description="None without two materials with moduli.")
