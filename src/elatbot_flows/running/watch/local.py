"""What goes on in a folder: the files of its runs, and the store beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.database.stores import open_store
from elatbot_flows.errors import StoreError
from elatbot_flows.running.run_log import logged_runs
from elatbot_flows.running.watch.outputs import (
    done_jobs,
    flows_of_run,
    progress_of,
    store_snapshot,
)
from elatbot_flows.running.watch.seen import JobSeen, Snapshot, State, utc

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.running.run_log import LoggedRun

__all__ = ["chosen_runs", "local_snapshot", "state_in_words"]

_SILENT = 60.0
"""Seconds without a sign of life after which that is said."""


def local_snapshot(folder: Path, tag: str | None = None, run_id: str | None = None) -> Snapshot:
    """Jobs of the runs that go on in a folder, or else of the last one.

    Parameters
    ----------
    folder
        Folder of the run, as given to ``--out``.
    tag, run_id
        Only these runs.

    Raises
    ------
    StoreError
        If there is nothing.
    """
    runs = chosen_runs(folder, tag, run_id)
    store, words = open_store(folder, existing=True)
    if not runs:
        return store_snapshot(store, words, tag, run_id)
    flows = [str(run.document["flow_uuid"]) for run in runs]
    return Snapshot(
        where=str(folder),
        jobs=[*done_jobs(store, flows), *(job for run in runs for job in _jobs(run))],
        notes=[state_in_words(run) for run in runs],
        progress=progress_of(store, flows),
        worked_on=any(run.alive for run in runs),
    )


def chosen_runs(folder: Path, tag: str | None, run_id: str | None) -> list[LoggedRun]:
    """Runs of a folder: those that match; without a choice those that go on, or else the last."""
    runs = logged_runs(folder)
    if run_id is not None:
        flows = flows_of_run(open_store(folder, existing=True)[0], run_id)
        runs = [run for run in runs if run.document["flow_uuid"] in flows]
    if tag is not None:
        runs = [run for run in runs if tag in run.document["tags"]]
    if (tag or run_id) and not runs:
        raise StoreError(f"{folder} has no run {run_id or f'with the tag {tag}'}")
    return [run for run in runs if run.alive] or (runs if tag or run_id else runs[-1:])


def state_in_words(run: LoggedRun) -> str:
    """What the process of a run does, for people."""
    said = {name: str(value) for name, value in run.document.items()}
    who = f"process {said['pid']} on {said['host']}"
    if run.ended:
        return f"{said['flow']}: {said['outcome']} at {said['ended'][:19]} UTC"
    if not run.alive:
        return (
            f"{said['flow']}: not running, {who} was killed after {said['updated'][:19]} UTC; "
            f"to go on give the same command again in {said['directory']}: {said['command']}"
        )
    silent = f", silent for {run.silent_for:.0f} s" if run.silent_for > _SILENT else ""
    return f"{said['flow']}: running, {who}{silent}"


def _jobs(run: LoggedRun) -> list[JobSeen]:
    """Jobs that are not done; nobody runs those of a process that is gone."""
    lost: State = "waiting" if not run.ended else "blocked"
    return [
        *(_seen(job, "running" if run.alive else lost) for job in run.document["running"]),
        *(_seen(job, "waiting" if run.alive else lost) for job in run.document["waiting"]),
        *(_seen(job, "failed") for job in run.document["failed"]),
    ]


def _seen(job: dict[str, Any], state: State) -> JobSeen:
    started = utc(job.get("since"))
    return JobSeen(str(job["uuid"]), str(job["name"]), str(job["stage"]), state, started)
