"""Document of what is learned from the verdicts of judges."""

from typing import Any

from pydantic import BaseModel, Field

from elatbot_flows.documents.training import PreferenceRecord, TaskRecord

__all__ = ["VerdictLessons"]


class VerdictLessons(BaseModel):
    """Training records made of candidates with verdicts, and where they come from.

    Candidates are no random sample: a proposer chose them for a target, and only what looked
    promising was judged.
    """

    records: list[PreferenceRecord | TaskRecord] = Field(
        description="Hits as right answers, or pairs of hit and miss; and test records as given."
    )
    hits: int = Field(description="Different hits that can be learned from.")
    misses: int = Field(description="Different misses, those that no judge let pass among them.")
    left_out: dict[str, int] = Field(description="Candidates that teach nothing, by reason.")
    unwritten: dict[str, int] = Field(
        description="Hits or pairs that cannot be put in the words of the model, by reason."
    )
    targets: list[dict[str, Any]] = Field(
        description="What they were proposed for: intervals (GPa), elements."
    )
    judges: list[str] = Field(description="Who judged.")
