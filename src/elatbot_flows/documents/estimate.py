"""Document of what all evidence says of the moduli of a material."""

from pydantic import BaseModel, Field

from elatbot_flows.documents.refit import Refit

__all__ = ["Estimate", "MemberOpinion", "PropertyInterval"]


class PropertyInterval(BaseModel):
    """A property with the interval that holds it; the unit is that of the property."""

    value: float = Field(description="Median; GPa for moduli, no unit for ratios.")
    low: float = Field(description="Lower edge of the interval, in the same unit.")
    high: float = Field(description="Upper edge of the interval, in the same unit.")


class MemberOpinion(BaseModel):
    """What one source said before anything was calibrated."""

    source: str = Field(description="Potential or text model.")
    bulk_modulus: float | None = Field(
        None,
        description="Its bulk modulus, GPa; the Voigt average of the tensor if the crystal failed.",
    )
    shear_modulus: float | None = Field(None, description="Its shear modulus, GPa.")
    bulk_modulus_std: float | None = Field(
        None, description="Standard deviation that it states of its bulk modulus, GPa."
    )
    failed: bool = Field(False, description="Whether the crystal was found unstable by it.")


class Estimate(BaseModel):
    """What all evidence says together of the moduli of one material, and how sure that is."""

    bulk_modulus: PropertyInterval = Field(description="Bulk modulus K (VRH), GPa.")
    shear_modulus: PropertyInterval = Field(description="Shear modulus G (VRH), GPa.")
    youngs_modulus: PropertyInterval = Field(description="Young's modulus, GPa.")
    poisson_ratio: PropertyInterval = Field(description="Poisson ratio, no unit.")
    pugh_ratio: PropertyInterval = Field(description="K/G, no unit.")
    coverage: float = Field(description="Share of materials whose DFT value an interval holds.")
    kind: str = Field(description="Kind of material: 'metal', 'magnetic' or 'other'.")
    members: list[MemberOpinion] = Field(
        description="What went in, besides the composition itself; moduli in GPa."
    )
    unused: list[str] = Field(description="Sources the calibration does not know, or without word.")
    disagreement: str = Field(
        description="How the sources stand to each other: 'agree', 'differ' or 'contradict'."
    )
    spread_factor: float = Field(
        description="Spread over the usual one of the same sources and kind, no unit."
    )
    outlier: str | None = Field(
        None, description="Source that is probably far off, if one is; may be 'composition'."
    )
    calibrated_on: str = Field(description="What the calibration was made with.")
    refit: Refit | None = Field(
        None, description="By what the calibration was then shifted and widened, if it was."
    )
    log_means: tuple[float, float] = Field(description="Medians of ln K and ln G, K and G in GPa.")
    log_scales: tuple[float, float] = Field(
        description="Scale parameters of ln K and ln G, no unit."
    )
    correlation: float = Field(description="Correlation of ln K and ln G, no unit.")
    tail: float = Field(
        description="Degrees of freedom of the bivariate t distribution of ln K and ln G, no unit."
    )
