"""What keeps jobs of jobflow-remote from going on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from elatbot_flows.jobs.stages import stage_of
from elatbot_flows.running.doctor.problem import Problem, grouped, last_line
from elatbot_flows.running.doctor.remote_runner import problem_of_runner
from elatbot_flows.running.doctor.slurm import queued_jobs
from elatbot_flows.running.watch.seen import utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobflow_remote.jobs.data import JobInfo

    from elatbot_flows.running.watch.remote import RemoteJobs

__all__ = ["problems_of_remote"]

_MOVING = ("CHECKED_OUT", "UPLOADED", "RUN_FINISHED", "DOWNLOADED")
_QUEUED = ("SUBMITTED", "RUNNING")
_PAUSED = ("PAUSED", "STOPPED", "USER_STOPPED")


def problems_of_remote(seen: RemoteJobs, patience: timedelta) -> list[Problem]:
    """Jobs that failed, whose transfer failed, that are locked, stuck or gone; and the runner.

    Parameters
    ----------
    seen
        The jobs.
    patience
        How long a job may stay in a state that should pass, and a lock may be held.
    """
    return grouped(
        [
            *problem_of_runner(seen),
            *_failed(seen),
            *_remote_errors(seen),
            *_locked(seen, patience),
            *_stuck(seen, patience),
            *_gone(seen, patience),
            *_without_worker(seen),
            *_paused(seen),
        ]
    )


def _problem(
    kind: Any, reason: str, seen: RemoteJobs, job: JobInfo, words: str | None = None, **more: Any
) -> Problem:
    """One job's; `words` are the command that mends it, before the numbers."""

    def command(numbers: list[str]) -> str:
        return " ".join(["jf", str(words), *(f"-did {number}" for number in numbers)])

    return Problem(
        kind,
        reason,
        stage_of(job.name, job.metadata),
        ((job.db_id, job.name),),
        len(seen.waiting_for(job.uuid)),
        command=None if words is None else command,
        **more,
    )


def _each(do: Callable[..., Any], words: str) -> Callable[[list[str]], str]:
    def mend(numbers: list[str]) -> str:
        for number in numbers:
            do(db_id=number)
        return f"{len(numbers)} jobs {words}"

    return mend


def _failed(seen: RemoteJobs) -> list[Problem]:
    mend = _each(seen.controller.rerun_job, "will be run again")
    return [
        _problem("failed", last_line(job.error), seen, job, "job rerun", mend=mend)
        for job in seen.in_state("FAILED")
    ]


def _remote_errors(seen: RemoteJobs) -> list[Problem]:
    """Transfers that failed: given up, or to be tried again."""
    mend = _each(seen.controller.retry_job, "will be tried again")
    found = []
    for job in seen.jobs:
        if not job.remote.error or job.state.value in ("FAILED", "COMPLETED"):
            continue
        before = job.previous_state.value if job.previous_state else "unknown"
        given_up = job.state.value == "REMOTE_ERROR"
        words = f"after {before}" if given_up else f"in {job.state.value}, to be tried again"
        reason = f"remote error {words}: {last_line(job.remote.error)}"
        kind = "failed" if given_up else "stuck"
        found.append(_problem(kind, reason, seen, job, "job retry", mend=mend))
    return found


def _locked(seen: RemoteJobs, patience: timedelta) -> list[Problem]:
    def unlock(numbers: list[str]) -> str:
        return f"{seen.controller.unlock_jobs(db_ids=numbers)} jobs are unlocked"

    return [
        _problem(
            "locked", f"locked for more than {_minutes(patience)}, by a process that is gone?",
            seen, job, "admin unlock", mend=unlock,
        )
        for job in seen.jobs
        if job.is_locked and _older(job.lock_time, patience)
    ]  # fmt: skip


def _stuck(seen: RemoteJobs, patience: timedelta) -> list[Problem]:
    """Those in a state that the runner ends by itself, for too long."""
    mend = _each(seen.controller.retry_job, "will be tried again")
    return [
        _problem(
            "stuck", f"{job.state.value} for more than {_minutes(patience)}",
            seen, job, "job retry", mend=mend,
        )
        for job in seen.in_state(*_MOVING)
        if not job.is_locked and not job.remote.error and _older(job.updated_on, patience)
    ]  # fmt: skip


def _gone(seen: RemoteJobs, patience: timedelta) -> list[Problem]:
    """Those that Slurm, if it is that of this machine, does not know any more."""
    project = seen.controller.project
    local = {
        name
        for name, worker in (project.workers.items() if project else ())
        if worker.is_local and worker.scheduler_type == "slurm"
    }
    waiting = [job for job in seen.in_state(*_QUEUED) if job.worker in local]
    known = queued_jobs() if waiting else None
    if known is None:
        return []
    mend = _each(seen.controller.rerun_job, "will be run again")
    return [
        _problem(
            "lost",
            f"it is {job.state.value}, its job {job.remote.process_id} has gone from Slurm, and "
            f"the runner has not noticed for {_minutes(patience)}",
            seen, job, "job rerun", mend=mend,
        )
        for job in waiting
        if job.remote.process_id not in known and _older(job.updated_on, patience)
    ]  # fmt: skip


def _without_worker(seen: RemoteJobs) -> list[Problem]:
    project = seen.controller.project
    workers = sorted(project.workers) if project else []
    return [
        _problem(
            "stuck",
            f"the project has no worker {job.worker}, only {', '.join(workers)}",
            seen,
            job,
            f"job set worker {workers[0] if workers else 'NAME'}",
        )
        for job in seen.in_state("READY", "WAITING")
        if job.worker not in workers
    ]


def _paused(seen: RemoteJobs) -> list[Problem]:
    return [
        _problem("paused", f"somebody made it {job.state.value}", seen, job, "job resume")
        for job in seen.in_state(*_PAUSED)
    ]


def _older(moment: datetime | None, patience: timedelta) -> bool:
    then = utc(moment)
    return then is not None and datetime.now(UTC) - then > patience


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.3g} min"
