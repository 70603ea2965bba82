"""Whether the runner of a project of jobflow-remote runs."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from elatbot_flows.running.doctor.problem import Problem
from elatbot_flows.running.watch.seen import utc

if TYPE_CHECKING:
    from elatbot_flows.running.watch.remote import RemoteJobs

__all__ = ["problem_of_runner"]

_OVER = ("COMPLETED", "FAILED", "REMOTE_ERROR", "PAUSED", "STOPPED", "USER_STOPPED")


def problem_of_runner(seen: RemoteJobs) -> list[Problem]:
    """That it does not run, if there is something to do.

    A runner in the foreground leaves no trace but a ping from time to time; one on another machine
    is known by its pings too.
    """
    stopped = {job.uuid for job in seen.in_state(*_OVER) if job.state.value != "COMPLETED"}
    blocked = {after for uuid in stopped for after in seen.waiting_for(uuid)}
    open_jobs = [j for j in seen.jobs if j.state.value not in _OVER and j.uuid not in blocked]
    reason = _reason(seen) if open_jobs else None
    if reason is None:
        return []
    name = seen.controller.project.name if seen.controller.project else "NAME"
    return [
        Problem(
            "not running",
            f"{reason}; {len(open_jobs)} jobs wait for it",
            command=lambda _: f"jf -p {name} runner start",
        )
    ]


def _reason(seen: RemoteJobs) -> str | None:
    project = seen.controller.project
    delay = timedelta(seconds=2 * (project.runner.delay_ping_db if project else 3600))
    said: Any = seen.controller.get_running_runner()
    if isinstance(said, dict) and said.get("hostname") == socket.gethostname():
        word = _daemon(seen)
        return None if word in ("RUNNING", "STARTING") else f"the runner is {word}"
    if isinstance(said, dict):
        last, where = utc(said.get("last_pinged")), f" on {said.get('hostname')}"
    else:
        pings = seen.controller.get_runner_pings()
        last, where = (utc(pings[-1]["time"]) if pings else None), ""
    if last is None:
        return "the runner was never started"
    if datetime.now(UTC) - last > delay:
        return f"the runner{where} was last heard of at {last:%Y-%m-%d %H:%M} UTC"
    return None


def _daemon(seen: RemoteJobs) -> str:
    """State of the daemon on this machine."""
    from jobflow_remote.jobs.daemon import DaemonError, DaemonManager

    project = seen.controller.project
    try:
        return str(DaemonManager.from_project(project).check_status().value)  # type: ignore[arg-type]
    except DaemonError as error:
        return f"broken ({error})"
