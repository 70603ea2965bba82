"""A potential that was fine-tuned: what it was made of, how, and how good it is."""

from typing import Any

from pydantic import BaseModel, Field

__all__ = ["PotentialScores", "TunedPotential"]


class PotentialScores(BaseModel):
    """How good a potential is on crystals with moduli by density functional theory."""

    potential: str = Field(description="Name or path of the potential.")
    crystals: int = Field(description="Crystals it was asked about.")
    passed: int = Field(description="Those that it calls mechanically stable, as they are.")
    reasons: dict[str, int] = Field(description="Why the others failed, with counts.")
    bulk_modulus_mae: float | None = Field(
        None, description="Mean absolute error of the bulk modulus of those that passed, GPa."
    )
    shear_modulus_mae: float | None = Field(
        None, description="Mean absolute error of the shear modulus of those that passed, GPa."
    )
    median_shear_ratio: float | None = Field(
        None, description="Median of its shear modulus over that of the labels, of those passed."
    )
    worst_asymmetry: float | None = Field(
        None, description="Largest relative asymmetry of its second derivatives."
    )


class TunedPotential(BaseModel):
    """A potential that was fine-tuned: what it was made of, how, and how good it is."""

    weights: str = Field(description="File that `load_potential` opens by its path.")
    weights_sha256: str | None = Field(description="SHA-256 of all weights.")
    start: str = Field(description="Potential it started from.")
    start_sha256: str | None = Field(description="SHA-256 of the weights of the start.")
    teacher: str = Field(description="Potential that labelled the crystals.")
    teacher_sha256: str | None = Field(description="SHA-256 of the weights of the teacher.")
    data_sha256: str = Field(description="SHA-256 of the labels, crystals included.")
    train_formulas_sha256: str = Field(description="SHA-256 of the sorted formulas it learned.")
    validation_formulas: list[str] = Field(description="Formulas that chose the best epoch.")
    settings: dict[str, Any] = Field(description="All settings of the Maker.")
    crystals: dict[str, int] = Field(description="Crystals by part, and what was dropped and why.")
    curve: list[dict[str, Any]] = Field(description="Losses of every epoch.")
    best_epoch: int = Field(description="Epoch whose weights these are.")
    scores: list[PotentialScores] = Field(
        description="Start, teacher and result on crystals of validation."
    )
    versions: dict[str, str] = Field(description="Versions of the packages.")
    cpu_s: float = Field(description="CPU seconds of this process.")
