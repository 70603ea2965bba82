"""Document that opens a run: what is asked of whom, and with which packages."""

from typing import Any

from pydantic import BaseModel, Field

from elatbot_flows.documents.prediction import TextModelRecord
from elatbot_flows.documents.provenance import MethodRecord
from elatbot_flows.documents.refit import Refit

__all__ = ["RunRecord"]


class RunRecord(BaseModel):
    """One run: what was asked of whom, and with which packages."""

    uuid: str = Field(description="Job that wrote this document.")
    run_id: str = Field(description="Hash of target, requested number, seed, models and settings.")
    target: dict[str, Any] | None = Field(
        None, description="The design target; None where only moduli are asked for."
    )
    requested: int | None = Field(None, description="Candidates that were to pass; None for all.")
    seed: int = Field(0, description="Seed of the run.")
    elements: list[str] = Field(
        default_factory=list, description="Elements that target, text model and judges allow."
    )
    generator: TextModelRecord | None = Field(
        None, description="The text model that proposes; None where materials were given."
    )
    expectation: MethodRecord | None = Field(
        None, description="The text model that says which bulk modulus it expects."
    )
    judges: list[MethodRecord] = Field(
        default_factory=list, description="Who judges; the first one also screens."
    )
    refit: Refit | None = Field(
        None, description="By what estimates are shifted and widened after their calibration."
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="Settings of the steps.")
    versions: dict[str, str] = Field(
        default_factory=dict, description="Versions of the packages that take part."
    )
    notes: list[str] = Field(default_factory=list, description="Remarks for people.")
