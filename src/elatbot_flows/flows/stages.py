"""Which stage of a flow runs where: workers, resources and environments by stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobflow import Flow, Job

__all__ = ["Stage", "assign_stages", "stages_in"]


@dataclass(frozen=True)
class Stage:
    """Who runs the jobs of a stage, and with what.

    Parameters
    ----------
    worker
        The worker of jobflow-remote, or the category of FireWorkers.
    resources
        What a job asks the queue for: keys of qtoolkit (jobflow-remote), or of the queue adapter
        (FireWorks, which heeds them in its reservation mode, ``qlaunch -r``).
    exec_config
        Name of an execution environment of the project, or one as plain values; jobflow-remote.
    """

    worker: str | None = None
    resources: dict[str, Any] | None = None
    exec_config: str | dict[str, Any] | None = None

    def manager_config(self) -> dict[str, Any]:
        """The same for both managers, each of which reads only its own names."""
        said = {
            "_category": self.worker,
            "_queueadapter": self.resources,
            "worker": self.worker,
            "resources": self.resources,
            "exec_config": self.exec_config,
        }
        return {name: value for name, value in said.items() if value is not None}


def assign_stages(flow: Flow, stages: Mapping[str, Stage], default: Stage | None = None) -> Flow:
    """Say where the jobs of each stage run, those that jobs will bring included.

    A job that says its stage hands on what is set here. One that does not, such as that which plans
    the rounds of a campaign, sets what it brings by their names, so that the name of the flow must
    not contain that of a stage.

    Parameters
    ----------
    flow
        Any flow of this package; it is changed.
    stages
        By the name of the stage.
    default
        For all other jobs; None leaves them alone.

    Returns
    -------
    Flow
        The same flow.

    Raises
    ------
    TargetError
        If the flow has no such stage, or the name of a campaign contains that of a stage.

    Examples
    --------
    >>> from elatbot_flows import DesignTarget, InverseDesignMaker
    >>> flow = InverseDesignMaker(n=4).make(DesignTarget(bulk_modulus=(150, 170)))
    >>> flow = assign_stages(flow, {"propose": Stage(worker="gpu")}, default=Stage(worker="cpu"))
    >>> [job.config.manager_config["worker"] for job in flow.jobs][:3]
    ['cpu', 'gpu', 'cpu']
    """
    known = stages_in(flow)
    if unknown := [name for name in stages if name not in known]:
        raise TargetError(f"there is no stage {', '.join(unknown)}: choose from {', '.join(known)}")
    jobs = list(_jobs(flow))
    if any("stage" not in job.metadata for job in jobs):
        _require_other_words(flow.name, stages)
    for job in jobs:
        own = job.metadata.get("stage")
        if own is None:
            _for_later(job, stages, default)
        elif (setting := stages.get(own, default)) is not None:
            _set(job, setting)
    return flow


def stages_in(flow: Flow) -> tuple[str, ...]:
    """Names of the stages of a flow; all there are if some jobs do not say theirs."""
    said = {job.metadata.get("stage") for job in _jobs(flow)}
    return STAGES if None in said else tuple(name for name in STAGES if name in said)


def _jobs(flow: Flow | Job) -> Iterator[Job]:
    for member in getattr(flow, "jobs", None) or [flow]:
        yield from _jobs(member) if hasattr(member, "jobs") else [member]


def _require_other_words(name: str, stages: Mapping[str, Stage]) -> None:
    """Jobs that are brought later are told apart by their names, which have that of the flow."""
    if mistaken := [stage for stage in stages if stage in name]:
        raise TargetError(
            f"{name!r} contains the name of a stage, {mistaken[0]}, by which jobs that come later "
            "are told apart: call it something else"
        )


def _set(job: Job, setting: Stage, name: str | None = None) -> None:
    config = {"manager_config": setting.manager_config()}
    job.update_config(config, name_filter=name, dynamic=True)  # type: ignore[arg-type]


def _for_later(job: Job, stages: Mapping[str, Stage], default: Stage | None) -> None:
    """Have a job set what it brings; jobflow must not overwrite that with the job's own."""
    if default is not None:
        _set(job, default)
    for name in STAGES:
        if name in stages:
            _set(job, stages[name], name)
    keep = {"_set": {"pass_manager_config": False}}
    job.update_config(keep, function_filter=job.function, dict_mod=True, dynamic=True)
