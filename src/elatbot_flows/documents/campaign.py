"""Document of a campaign: its designs, what came of each, and the best of all."""

from pydantic import BaseModel, Field

from elatbot_flows.documents.candidate import VerdictWord
from elatbot_flows.documents.design import DesignCounts

__all__ = ["BestCandidate", "CampaignDesign", "CampaignDocument"]


class BestCandidate(BaseModel):
    """A candidate that passed, and where the rest of it lies."""

    candidate_id: str = Field(description="Identifier.")
    run_id: str = Field(description="The run it belongs to.")
    lane: int = Field(description="The lane it was found in.")
    formula: str = Field(description="Reduced formula.")
    verdict: VerdictWord = Field(description="What follows for the target.")
    probability: float | None = Field(None, description="Probability to meet the target.")
    hull: str | None = Field(None, description="Word of the hull, if it was asked.")
    doubts: int = Field(
        0,
        description="1 if its crystal is no minimum (soft in a doubled cell, or a judge followed "
        "it downhill by more than 10 meV/atom), 2 if it is unstable by the hull, 3 if both.",
    )
    uuid: str = Field(description="Job whose chunk holds the candidate.")
    place: int = Field(description="Its place in that chunk.")


class CampaignDesign(BaseModel):
    """One design of a campaign, and what came of it."""

    label: str = Field(description="Who proposed, and the target.")
    lane: int = Field(description="Place of generator and target among all pairs of them.")
    part: int = Field(description="Which design of its lane it is, from 0.")
    run_id: str | None = Field(None, description="The run; None if it did not end.")
    uuid: str | None = Field(None, description="Job whose output is its DesignDocument.")
    counts: DesignCounts | None = Field(None, description="Its funnel; None if it did not end.")
    hits: list[str] = Field(default_factory=list, description="Formulas of its hits.")
    new_hits: int = Field(0, description="Those that no earlier design found for the same target.")


class CampaignDocument(BaseModel):
    """A campaign as far as it got."""

    uuid: str = Field(description="Job that wrote this document.")
    name: str = Field(description="Name of the campaign, a tag of all its jobs.")
    lanes: list[str] = Field(description="Every pair of who proposes and a target.")
    designs: list[CampaignDesign] = Field(default_factory=list, description="Those that ended.")
    tried: list[list[str]] = Field(
        default_factory=list,
        description="By lane, formulas that were built or judged: they are not proposed again.",
    )
    best: list[BestCandidate] = Field(
        default_factory=list, description="The best that passed, hits first, by probability."
    )
    judged: int = Field(0, description="Candidates whose crystals were shown to the judges.")
    passed: int = Field(0, description="Candidates that passed.")
    hits: int = Field(0, description="Hits: distinct pairs of formula and target.")
    evaluations: int = Field(0, description="Evaluations of potentials that it spent.")
    stopped: str | None = Field(None, description="Why it ended, for people; None while it runs.")
    notes: list[str] = Field(default_factory=list, description="Remarks for people.")
