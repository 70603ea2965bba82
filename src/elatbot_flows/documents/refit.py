"""Document of how estimates are to be shifted and widened to agree with a density functional."""

from pydantic import BaseModel, Field

__all__ = ["Refit"]


class Refit(BaseModel):
    """What would make estimates agree with the density functional."""

    number: int = Field(ge=1, description="Materials it is made of.")
    bulk_shift: float = Field(description="To be added to ln K.", allow_inf_nan=False)
    shear_shift: float = Field(description="To be added to ln G.", allow_inf_nan=False)
    spread_factor: float = Field(
        gt=0, description="By which the scales are to be multiplied.", allow_inf_nan=False
    )
