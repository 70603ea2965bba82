"""Documents of the collections that people query: candidates, and the runs they come from."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from elatbot_flows.documents.candidate import CandidateDocument
from elatbot_flows.documents.design import DesignCounts

__all__ = ["SCHEMA_VERSION", "Kind", "PublishedCandidate", "RunSummary"]

SCHEMA_VERSION = 1
"""Of both documents; collections written by another one are made anew from the job outputs."""

Kind = Literal["design", "validation", "prediction"]


class PublishedCandidate(CandidateDocument):
    """A candidate as it stands in the collection: slim, and with the fields others join by.

    Its other crystals and the completion rest in the output of `resting_in`; the records of models
    and settings are in the summary of its run.
    """

    schema_version: int = Field(SCHEMA_VERSION, description="Version of this document.")
    kind: Kind = Field(
        "design",
        description="'design': candidate of a run, also of one that only judges; 'validation': a "
        "judge's word outside of runs; 'prediction': a text model's.",
    )
    last_updated: datetime = Field(description="End of the newest job behind it, UTC.")
    tags: list[str] = Field(default_factory=list, description="Tags of the jobs behind it.")
    job_uuids: list[str] = Field(default_factory=list, description="The jobs behind it.")
    resting_in: str | None = Field(None, description="Job whose output holds all of it.")
    place: int = Field(0, description="Its place in that output.")
    target: dict[str, Any] | None = Field(
        None, description="What was asked for: intervals (GPa), elements."
    )
    judges: list[str] = Field(default_factory=list, description="Names of the judges.")
    disagreement: float | None = Field(
        None,
        description="Largest ratio between what two judges say of K or of G of the same crystal, "
        "no unit; None unless two let it pass.",
    )

    formula_pretty: str | None = Field(None, description="Reduced formula, as emmet calls it.")
    formula_anonymous: str | None = Field(None, description="Its form, e.g. 'AB3'.")
    composition: dict[str, float] | None = Field(None, description="Atoms in `structure`.")
    composition_reduced: dict[str, float] | None = Field(
        None, description="Atoms in the reduced formula."
    )
    volume: float | None = Field(None, description="Volume of `structure`, A^3.")
    density: float | None = Field(None, description="Density, g/cm^3.")
    density_atomic: float | None = Field(None, description="Volume per atom, A^3.")
    symmetry: dict[str, Any] | None = Field(
        None, description="Symmetry of `structure` as in emmet's SymmetryData."
    )
    elasticity: dict[str, Any] | None = Field(
        None,
        description="Elastic tensor by the judge named in it and what follows, with the fields and "
        "units of emmet's ElasticityDoc: tensors and K, G (voigt, reuss, vrh) in GPa, compliances "
        "in 1/TPa, young_modulus in Pa.",
    )


class RunSummary(BaseModel):
    """One run, or one job outside of runs, as far as it got."""

    run_id: str = Field(description="The run.")
    schema_version: int = Field(SCHEMA_VERSION, description="Version of this document.")
    kind: Kind = Field("design", description="What it is; as of its candidates.")
    state: Literal["running", "concluded", "unreadable"] = Field(
        description="'concluded' with its last document; 'unreadable' with a reason in `notes`."
    )
    concluded_by: str | None = Field(None, description="Job that wrote the last document.")
    last_updated: datetime = Field(description="End of its newest job, UTC.")
    started: datetime | None = Field(None, description="End of its first job, UTC.")
    tags: list[str] = Field(default_factory=list, description="Tags of its jobs.")
    target: dict[str, Any] | None = Field(
        None, description="What was asked for: intervals (GPa), elements."
    )
    requested: int | None = Field(None, description="Candidates that were to pass.")
    seed: int | None = Field(None, description="Seed of the run.")
    record: dict[str, Any] = Field(
        default_factory=dict, description="Generator, judges, settings, package versions."
    )
    counts: DesignCounts | None = Field(None, description="The funnel, once it is concluded.")
    by_status: dict[str, int] = Field(
        default_factory=dict, description="Candidates by what became of them so far."
    )
    cost: dict[str, float] = Field(
        default_factory=dict,
        description="Finished jobs, completions, tokens, evaluations of potentials.",
    )
    notes: list[str] = Field(default_factory=list, description="Remarks for people.")
