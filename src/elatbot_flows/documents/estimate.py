"""Stand-in until the calibration lands."""

from pydantic import BaseModel, Field

__all__ = ["Estimate", "MemberValue", "ModulusEstimate", "Range"]


class MemberValue(BaseModel):
    """x."""

    source: str = Field(description="x")
    value: float = Field(description="x")


class ModulusEstimate(BaseModel):
    """x."""

    value: float = Field(description="x")


class Range(BaseModel):
    """x."""

    value: float = Field(description="x")
    low: float = Field(description="x")
    high: float = Field(description="x")


class Estimate(BaseModel):
    """x."""

    bulk_modulus: Range = Field(description="x")
    shear_modulus: Range = Field(description="x")
    youngs_modulus: Range = Field(description="x")
    poisson_ratio: Range = Field(description="x")
    pugh_ratio: Range = Field(description="x")
