"""What the queue of jobflow-remote says of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import StoreError
from elatbot_flows.jobs.stages import stage_of
from elatbot_flows.running.watch.descent import descendants
from elatbot_flows.running.watch.outputs import flows_of_run, progress_of
from elatbot_flows.running.watch.seen import JobSeen, Progress, Snapshot, State, utc

if TYPE_CHECKING:
    from jobflow_remote.jobs.data import JobInfo
    from jobflow_remote.jobs.jobcontroller import JobController

__all__ = ["RemoteJobs", "controller", "read_remote", "snapshot_of_remote"]

_STATES: dict[str, State] = {
    "COMPLETED": "done",
    "RUNNING": "running",
    "RUN_FINISHED": "running",
    "DOWNLOADED": "running",
    "BATCH_RUNNING": "running",
    "FAILED": "failed",
    "REMOTE_ERROR": "failed",
    "PAUSED": "blocked",
    "STOPPED": "blocked",
    "USER_STOPPED": "blocked",
}
_STOPPED = ("FAILED", "REMOTE_ERROR", "PAUSED", "STOPPED", "USER_STOPPED")


@dataclass
class RemoteJobs:
    """The jobs of some flows in a project.

    Parameters
    ----------
    controller
        Of the project.
    jobs
        What is known of the jobs.
    flows
        uuids of the flows.
    """

    controller: JobController
    jobs: list[JobInfo]
    flows: list[str]

    def in_state(self, *states: str) -> list[JobInfo]:
        """Those in one of the states."""
        return [job for job in self.jobs if job.state.value in states]

    def waiting_for(self, uuid: str) -> set[str]:
        """Uuids of those that can only run after another one."""
        return descendants(uuid, self._children)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for job in self.jobs:
            for parent in job.parents or []:
                children.setdefault(parent, []).append(job.uuid)
        return children


def controller(project: str | None) -> JobController:
    """The controller of a project.

    Raises
    ------
    StoreError
        If jobflow-remote is not installed, knows no such project, or its queue is out of reach.
    """
    try:
        from jobflow_remote.jobs.jobcontroller import JobController
    except ImportError as error:
        raise StoreError("this needs jobflow-remote: pip install jobflow-remote") from error
    try:
        made = JobController.from_project_name(project)
        made.jobs.find_one({}, {"db_id": 1})
    except Exception as error:
        reason = f"{type(error).__name__}: {error}; see jf project list and jf project check"
        raise StoreError(f"the queue of project {project} is not to be had ({reason})") from error
    return made


def read_remote(
    made: JobController, tag: str | None = None, run_id: str | None = None
) -> RemoteJobs:
    """Jobs of this package: those of a tag or run, of all flows that go on, or of the last one.

    Raises
    ------
    StoreError
        If there are none.
    """
    ours: dict[str, Any] = {"job.metadata.stage": {"$exists": True}}
    if tag is not None:
        ours["job.metadata.tags"] = tag
    if run_id is not None:
        ours["job.hosts"] = {"$in": flows_of_run(made.jobstore, run_id)}
    known = {job["job"]["hosts"][-1] for job in made.jobs.find(ours, {"job.hosts": 1})}
    states = made.flows.find({"uuid": {"$in": sorted(known)}}, {"uuid": 1, "state": 1, "ids": 1})
    found = sorted(states, key=lambda flow: int(str(flow["ids"][0][0]).strip("_-") or 0))
    if not found:
        which = f" of run {run_id}" if run_id else f" with the tag {tag}" if tag else ""
        raise StoreError(f"the project has no jobs{which} that this package submitted")
    if tag is None and run_id is None:
        found = [flow for flow in found if flow["state"] != "COMPLETED"] or found[-1:]
    flows = [str(flow["uuid"]) for flow in found]
    return RemoteJobs(made, made.get_jobs_info_query({"job.hosts": {"$in": flows}}), flows)


def snapshot_of_remote(seen: RemoteJobs) -> Snapshot:
    """All jobs; those behind a failure are blocked."""
    stopped = {job.uuid for job in seen.in_state(*_STOPPED)}
    blocked = {after for uuid in stopped for after in seen.waiting_for(uuid)}
    project = seen.controller.project
    return Snapshot(
        where=f"jobflow-remote's project {project.name if project else ''}",
        jobs=[_job(job, blocked=job.uuid in blocked) for job in seen.jobs],
        progress=_progress(seen),
    )


def _job(job: JobInfo, *, blocked: bool) -> JobSeen:
    state = _STATES.get(job.state.value, "waiting")
    return JobSeen(
        number=job.db_id,
        name=job.name,
        stage=stage_of(job.name, job.metadata),
        state="blocked" if blocked and state == "waiting" else state,
        started=utc(job.start_time),
        ended=utc(job.end_time or job.updated_on) if state == "done" else None,
    )


def _progress(seen: RemoteJobs) -> Progress | None:
    """Candidates, if the store of outputs can be read from here."""
    try:
        return progress_of(seen.controller.jobstore, seen.flows)
    except Exception:  # noqa: BLE001 - drivers have errors of their own, and the table does without
        return None
