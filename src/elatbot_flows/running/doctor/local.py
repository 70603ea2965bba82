"""What keeps the runs of a folder from going on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.running.doctor.problem import Problem, grouped
from elatbot_flows.running.watch.local import chosen_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

    from elatbot_flows.running.run_log import LoggedRun

__all__ = ["problems_in_folder"]


def problems_in_folder(
    folder: Path, patience: timedelta, tag: str | None = None, run_id: str | None = None
) -> list[Problem]:
    """Jobs that failed, and a process that was killed or is silent.

    Parameters
    ----------
    folder
        Folder of the run.
    patience
        How long a process may be silent.
    tag, run_id
        Only these runs; without them those that go on, or else the last.
    """
    found: list[Problem] = []
    for run in chosen_runs(folder, tag, run_id):
        found += _failures(run)
        found += _process(run, patience)
    return grouped(found)


def _failures(run: LoggedRun) -> list[Problem]:
    failed = run.document["failed"]
    waiting = len(run.document["waiting"]) if run.ended else 0
    return [
        Problem(
            "failed",
            job["message"],
            job["stage"],
            ((job["uuid"], job["name"]),),
            waiting if place == 0 else 0,
            _again(run),
        )
        for place, job in enumerate(failed)
    ]


def _process(run: LoggedRun, patience: timedelta) -> list[Problem]:
    said = run.document
    who = f"process {said['pid']} on {said['host']}"
    running = ", ".join(job["name"] for job in said["running"])
    meanwhile = f", while it ran {running}" if running else ""
    if run.ended:
        if said["outcome"] in ("finished", "failed"):
            return []
        reason = f"the run was ended ({said['outcome']}){meanwhile}"
        return [Problem("not running", reason, command=_again(run))]
    if not run.alive:
        reason = f"{who} was killed after {said['updated'][:19]} UTC{meanwhile}"
        return [Problem("not running", reason, command=_again(run))]
    if run.silent_for > patience.total_seconds():
        reason = f"{who} has said nothing for {run.silent_for:.0f} s{meanwhile}; is it stopped?"
        return [Problem("stuck", reason, command=lambda _: f"kill -CONT {said['pid']}")]
    return []


def _again(run: LoggedRun) -> Callable[[list[str]], str]:
    said = run.document
    return lambda _: f"give the same command again in {said['directory']}: {said['command']}"
