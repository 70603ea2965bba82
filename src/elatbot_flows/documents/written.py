"""Documents of crystals that text models write."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.prediction import Rate, TextModelRecord

__all__ = ["CrystalProposal", "CrystalProposals"]


class CrystalProposal(BaseModel):
    """One answer to a question for a crystal, whatever it is."""

    requested: dict[str, Any] = Field(
        default_factory=dict, description="What was asked for, by name; what was left open is not."
    )
    status: Literal["valid", "invalid", "failed"] = Field(
        description="failed: no crystal can be read; invalid: one that is not as stated, or "
        "whose atoms overlap."
    )
    reason: str | None = Field(None, description="Machine-readable reason if it is not valid.")
    message: str | None = Field(None, description="The reason for people.")
    formula: str | None = Field(None, description="Reduced formula.")
    chemsys: str | None = Field(None, description="Chemical system, e.g. 'Al-Ni'.")
    elements: list[str] = Field(default_factory=list, description="Chemical symbols, sorted.")
    crystal_system: str | None = Field(None, description="Crystal system, e.g. 'Cubic'.")
    space_group: int | None = Field(None, description="Number of the one found within 0.1 A.")
    stated_space_group: int | None = Field(
        None, description="Number of the one that the answer states, or else the question."
    )
    structure: Structure | None = Field(
        None, description="Primitive cell, its atoms where its symmetry wants them."
    )
    repairs: list[str] = Field(default_factory=list, description="What was repaired to read it.")
    duplicate: bool = Field(False, description="Whether an earlier valid one is the same crystal.")
    perplexity: float | None = Field(
        None,
        description="Of the answer under the model: exp of minus the mean log-likelihood of its "
        "tokens; small is likely. None where it was not asked for.",
    )
    prompt: str | None = Field(None, description="What the model was given, word for word.")
    completion: dict[str, Any] | None = Field(
        None,
        description="The answer word for word with model, seed, sampling and lengths in tokens.",
    )


class CrystalProposals(BaseModel):
    """Crystals that a text model writes, every answer accounted for."""

    requested: dict[str, Any] = Field(
        description="Formulas, space groups, formula units and conditions that were asked for."
    )
    proposals: list[CrystalProposal] = Field(
        description="In the order of the draws; by perplexity if that was asked for."
    )
    parsed: Rate = Field(description="Answers that are crystals, of all.")
    valid: Rate = Field(
        description="Crystals of the formula and in the space group that are stated, whose atoms "
        "do not overlap, of those."
    )
    distinct: Rate = Field(description="Different crystals, of the valid ones.")
    reasons: dict[str, int] = Field(
        default_factory=dict, description="Answers that are not valid, by machine-readable reason."
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="Sampling.")
    model: TextModelRecord = Field(description="The model that was asked.")
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions.")
