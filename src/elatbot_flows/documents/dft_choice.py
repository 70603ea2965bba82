"""Document of why a candidate was, or was not, shown to a density functional."""

from pydantic import BaseModel, Field

__all__ = ["DFTChoice"]


class DFTChoice(BaseModel):
    """Whether a density functional was asked about a candidate, and why."""

    chosen: bool = Field(description="Whether it was asked.")
    reason: str = Field(
        description="'best': among the best for its cost; 'calibration': what is said of it is "
        "least sure; 'outranked': others came first; 'too_expensive'; or what the code refuses."
    )
    message: str = Field(description="The reason for people.")
    probability: float | None = Field(None, description="Probability of a hit before, no unit.")
    uncertainty: float = Field(
        0.0, description="4 p (1 - p): 1 where hit and miss are as likely, 0 where all is known."
    )
    disagreement: float = Field(
        0.0,
        description="Largest difference of ln K or ln G between two sources, at most 1; K and G in "
        "GPa.",
    )
    core_hours: float | None = Field(
        None, description="What it should cost; None if nobody knows, or nobody looked."
    )
