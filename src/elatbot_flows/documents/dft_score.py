"""Document of how good estimates were where a density functional was asked afterwards."""

from pydantic import BaseModel, Field

__all__ = ["AgainstDFTScores", "HitRates", "Refit", "SourceScores"]


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


class Refit(BaseModel):
    """What would make estimates agree with the density functional."""

    number: int = Field(description="Materials it is made of.")
    bulk_shift: float = Field(description="To be added to ln K.")
    shear_shift: float = Field(description="To be added to ln G.")
    spread_factor: float = Field(description="By which the scales are to be multiplied.")


class AgainstDFTScores(BaseModel):
    """How good estimates were where a density functional was asked afterwards."""

    asked: int = Field(description="Candidates it was asked about.")
    failed: int = Field(description="Those of them it said nothing of.")
    coverage: float | None = Field(None, description="Share that intervals are meant to hold.")
    sources: list[SourceScores] = Field(description="Everybody who had said something.")
    rates: list[HitRates] = Field(description="All, then some groups.")
    refit: Refit | None = Field(None, description="None without two materials with moduli.")
