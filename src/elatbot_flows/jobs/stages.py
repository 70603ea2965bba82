"""The stages of a flow: every job says which it belongs to, and so do all that it brings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobflow import Flow, Job

__all__ = ["STAGES", "in_stage", "is_plan", "stage_of"]

_Made = TypeVar("_Made", bound="Job | Flow")

STAGES = (
    "begin", "propose", "build", "judge", "hull", "dft", "conclude", "publish",
    "identify", "predict", "count",
    "check", "train", "score", "merge", "register",
)  # fmt: skip
"""Stages of a design, of a prediction and of a training, in the order they are run."""

_LADDER = ("propose", "build", "judge", "hull", "dft")
"""Stages in which a job named by nothing else only plans the next round."""

_AFTER = re.compile(r" \([^()]*\)$")
"""The campaign of a job, behind its name."""

_INNER = {"show": "judge", "weigh": "judge"}
"""First words of jobs of runs before stages were told."""


def in_stage(made: _Made, stage: str) -> _Made:
    """Say of a job or flow, and of all jobs it will bring, which stage they belong to."""
    made.update_metadata({"stage": stage}, dynamic=True)
    return made


def stage_of(name: str, metadata: Mapping[str, Any] | None = None) -> str:
    """The stage a job belongs to: what it says, else what its name does, else ``"other"``.

    Parameters
    ----------
    name
        Name of the job; words before a colon and in brackets at its end are somebody's label.
    metadata
        Of the job.
    """
    said = (metadata or {}).get("stage")
    if isinstance(said, str):
        return said
    first = _unlabelled(name).partition(" ")[0].rstrip(",")
    word = _INNER.get(first, first)
    return word if word in STAGES else "other"


def is_plan(name: str, stage: str) -> bool:
    """Whether a job only plans, and so says nothing of how far its stage is."""
    word = _unlabelled(name)
    return word == "store_inputs" or (word == stage and stage in _LADDER)


def _unlabelled(name: str) -> str:
    return _AFTER.sub("", name.rpartition(": ")[2].strip())
