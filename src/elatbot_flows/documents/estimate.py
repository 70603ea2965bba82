"""Document of one modulus out of several sources."""

from pydantic import BaseModel, Field

__all__ = ["MemberValue", "ModulusEstimate"]


class MemberValue(BaseModel):
    """One value that went into an estimate."""

    source: str = Field(description="Potential or text model.")
    value: float = Field(description="Its modulus, GPa.")


class ModulusEstimate(BaseModel):
    """What potentials and text model say together of one modulus, and how sure that is."""

    property: str = Field(description="'bulk_modulus' or 'shear_modulus'.")
    value: float = Field(description="Estimate (median), GPa.")
    low: float = Field(description="Lower edge of the interval, GPa.")
    high: float = Field(description="Upper edge of the interval, GPa.")
    coverage: float = Field(description="Share of materials whose DFT value the interval holds.")
    kind: str | None = Field(
        None, description="Kind of materials the coverage holds for; None for all."
    )
    sigma: float = Field(description="Scale of the error, GPa.")
    members: list[MemberValue] = Field(description="Values that went in, GPa.")
    unused: list[str] = Field(description="Sources the calibration does not know.")
    outlier: str | None = Field(None, description="Source that is out of line, if one is.")
    target_probability: float | None = Field(
        None, description="Probability that the DFT value lies in the target's interval."
    )
