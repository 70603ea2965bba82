"""Documents of materials and formulas that text models write."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from elatbot_flows.documents.prediction import Rate, TextModelRecord

__all__ = ["FormulaInfill", "MaterialProposal", "MaterialProposals"]

_PROMPT = "What the model was given, word for word."
_COMPLETION = "The answer word for word with model, seed, sampling and lengths in tokens."


class MaterialProposal(BaseModel):
    """One material that a text model proposes for a bulk modulus."""

    requested_bulk_modulus: float | None = Field(
        None, description="Voigt bulk modulus asked for, GPa."
    )
    requested_shear_modulus: float | None = Field(None, description="Shear modulus asked for, GPa.")
    temperature: float = Field(0.0, description="Temperature asked for, K.")
    status: Literal["proposed", "failed"] = Field(
        description="Whether the answer can be read and obeys the request."
    )
    reason: str | None = Field(None, description="Machine-readable reason if it does not.")
    message: str | None = Field(None, description="The reason for people.")
    formula: str | None = Field(None, description="Reduced formula.")
    chemsys: str | None = Field(None, description="Chemical system, e.g. 'Al-Ni'.")
    elements: list[str] = Field(default_factory=list, description="Chemical symbols, sorted.")
    crystal_system: str | None = Field(None, description="Crystal system, e.g. 'Cubic'.")
    duplicate: bool = Field(
        False, description="Whether an earlier one has the same formula and crystal system."
    )
    prompt: str | None = Field(None, description=_PROMPT)
    completion: dict[str, Any] | None = Field(None, description=_COMPLETION)


class MaterialProposals(BaseModel):
    """Materials that a text model proposes, every answer accounted for."""

    requested: list[float | None] = Field(
        description="Interval of bulk moduli that was asked for, GPa; None for an open end."
    )
    proposals: list[MaterialProposal] = Field(description="In the order of the draws.")
    readable: Rate = Field(description="Answers that are readable and obey the request, of all.")
    distinct: Rate = Field(description="Different materials, of these.")
    reasons: dict[str, int] = Field(
        default_factory=dict, description="Failed draws by machine-readable reason."
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="How answers were drawn and held to their format."
    )
    model: TextModelRecord = Field(description="The model that was asked.")
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions.")


class FormulaInfill(BaseModel):
    """A masked formula that a text model fills in."""

    composition: dict[str, float] | None = Field(None, description="Atoms of each element.")
    expected: str | None = Field(None, description="Right answer: the reduced formula.")
    status: Literal["predicted", "failed"] = Field(description="Whether the answer can be read.")
    reason: str | None = Field(None, description="Machine-readable reason if it cannot.")
    message: str | None = Field(None, description="The reason for people.")
    formula: str | None = Field(None, description="Reduced formula that the model wrote.")
    correct: bool | None = Field(None, description="Whether it is the right one.")
    prompt: str | None = Field(None, description=_PROMPT)
    completion: dict[str, Any] | None = Field(None, description=_COMPLETION)
    model: TextModelRecord = Field(description="The model that was asked.")
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions.")
