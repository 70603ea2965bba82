"""Document of one whole run: what was asked, the funnel, and who came out on top."""

from pydantic import BaseModel, Field

from elatbot_flows.documents.ledger import LedgerRow
from elatbot_flows.documents.run import RunRecord

__all__ = ["DesignCounts", "DesignDocument"]


class DesignCounts(BaseModel):
    """The funnel from completions to hits.

    ``generated`` equals ``passed`` plus all of ``rejected``: every completion ends either as a
    material that passed or with exactly one reason.
    """

    generated: int = Field(description="Completions drawn, or materials given.")
    readable: int = Field(description="Those that name a material.")
    distinct: int = Field(description="Different formulas, or crystals, among these.")
    built: int = Field(description="Those that have a crystal.")
    judged: int = Field(description="Those whose crystals were shown to the judges.")
    passed: int = Field(description="Those that a judge let pass all gates.")
    hits: int = Field(description="Those that meet the target with a probability of 0.5 or more.")
    open: int = Field(description="Those of which the evidence does not tell.")
    hull: dict[str, int] = Field(
        default_factory=dict, description="Those that passed, by the word of the hull."
    )
    rejected: dict[str, int] = Field(description="All others, by reason.")
    evaluations: int = Field(0, description="Evaluations of potentials that the run spent.")


class DesignDocument(BaseModel):
    """Result of a run; the candidates themselves rest in chunks that the rows point to."""

    run: RunRecord = Field(description="What was asked of whom.")
    counts: DesignCounts = Field(description="The funnel.")
    rows: list[LedgerRow] = Field(description="All candidates; those that passed first, by rank.")
    sample_uuids: list[str] = Field(
        default_factory=list, description="Jobs whose SampleChunk holds the completions."
    )
    notes: list[str] = Field(default_factory=list, description="Remarks for people.")
