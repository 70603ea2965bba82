"""Who computed a number: model names, versions and hashes of weights."""

from typing import Any, Literal

from pydantic import BaseModel, Field

__all__ = ["MethodRecord"]


class MethodRecord(BaseModel):
    """Who computed a number: an interatomic potential, a density functional or a text model."""

    kind: Literal["potential", "dft", "text"] = Field("potential", description="Kind of method.")
    name: str = Field(description="Name or directory the method was asked for by.")
    family: str | None = Field(
        None, description="Architecture or kind of code, e.g. 'SevenNet', 'MatGL', 'VASP'."
    )
    package: str | None = Field(None, description="Python package or program that evaluates it.")
    package_version: str | None = Field(None, description="Version of that package.")
    weights_sha256: str | None = Field(
        None, description="SHA-256 of all weights; None where there are none."
    )
    training_functional: str | None = Field(
        None, description="Density functional (and data set of the training labels), where known."
    )
    device: str | None = Field(None, description="Device it was evaluated on.")
    dtype: str | None = Field(None, description="Floating point type it computes in.")
    checked: bool | None = Field(
        None,
        description="Whether it was right about known crystals; False if nobody looked, None if "
        "it knows too few of them or is no potential.",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Whatever else decides its numbers, by name."
    )
