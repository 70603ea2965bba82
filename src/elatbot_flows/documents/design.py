"""Document of one whole design run."""

from pydantic import BaseModel, Field

from elatbot_flows.documents.candidate import CandidateDocument
from elatbot_flows.documents.provenance import RunRecord

__all__ = ["DesignCounts", "DesignDocument"]


class DesignCounts(BaseModel):
    """The funnel from completions to hits.

    ``generated`` equals ``stable`` plus all of ``rejected``: every completion ends either as a
    stable validated material or with exactly one reason.
    """

    generated: int = Field(description="Completions sampled.")
    parsed: int = Field(description="Completions that are a formula and a crystal system.")
    distinct: int = Field(description="Different formula and crystal system pairs among these.")
    structured: int = Field(description="Those for which a crystal was built and kept.")
    validated: int = Field(description="Those sent through the full validation.")
    relaxed: int = Field(description="Those whose full relaxation converged.")
    stable: int = Field(description="Those with a positive definite elastic tensor.")
    hits: int = Field(description="Those that meet every interval of the target.")
    hull: dict[str, int] = Field(
        default_factory=dict,
        description="Mechanically stable ones by thermodynamic stability, where that was asked.",
    )
    rejected: dict[str, int] = Field(
        description="All others, by reason, including failures in validation."
    )


class DesignDocument(BaseModel):
    """Result of a design run: the judged candidates, ranked, and the funnel."""

    run: RunRecord = Field(description="What was asked of whom.")
    counts: DesignCounts = Field(description="The funnel.")
    candidates: list[CandidateDocument] = Field(description="All candidates, best first.")
    notes: list[str] = Field(default_factory=list, description="Remarks for people.")
