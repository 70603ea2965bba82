"""Run a flow on this machine with progress, and end as a command should."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TYPE_CHECKING

import typer

from elatbot_flows.cli.progress import progress
from elatbot_flows.errors import ElatbotError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jobflow import Flow, JobStore
    from rich.console import Console

    from elatbot_flows.database.results import DesignResult

__all__ = ["publish_into", "run_shown", "run_to_result"]


def run_shown(
    flow: Flow,
    store: JobStore,
    console: Console,
    *,
    workers: int,
    potentials: Sequence[str] = (),
    device: str = "cpu",
    publish: Callable[[], str] = str,
    folder: Path | None = None,
) -> None:
    """Run a flow to its end.

    Parameters
    ----------
    flow, store
        What to run, and where outputs go.
    console
        For progress.
    workers
        Processes.
    potentials, device
        What to load before the first job runs.
    publish
        Called at the end, also of an interrupted run; says what it did.
    folder
        Where ``elatbot status`` will look for what is going on.

    Raises
    ------
    ElatbotError
        If a job failed for something a user can put right.
    typer.Exit
        If a job failed for anything else.
    """
    from elatbot_flows.running.runner import run_flow

    loaded = potentials if device == "cpu" else ()
    try:
        with progress(console) as show:
            summary = run_flow(
                flow, store, workers=workers, on_event=show, potentials=loaded, folder=folder
            )
    except KeyboardInterrupt:
        console.print(f"interrupted; {publish()}give the same command again to go on")
        raise
    except BrokenProcessPool:
        publish()
        console.print(
            "a worker process was killed, perhaps for want of memory: "
            "give the same command with fewer --workers to go on"
        )
        raise typer.Exit(1) from None
    publish()
    for error in summary.failed.values():
        if isinstance(error, ElatbotError):
            raise error
    if summary.failed:
        raise typer.Exit(1)


def publish_into(store: JobStore) -> str:
    """Bring the collection of candidates up to date; say so for people."""
    from elatbot_flows.database.builder import publish_candidates

    count = publish_candidates(store)
    return f"{count} candidates are stored as far as they got (see elatbot query): "


def run_to_result(
    flow: Flow,
    store: JobStore,
    console: Console,
    *,
    workers: int,
    potentials: Sequence[str],
    device: str,
    folder: Path,
) -> DesignResult:
    """Run a design flow to its end, publish its candidates and read back its result.

    Parameters are those of `run_shown`, and so are the errors raised.
    """
    from elatbot_flows.database.results import read_result

    run_shown(
        flow,
        store,
        console,
        workers=workers,
        potentials=potentials,
        device=device,
        publish=partial(publish_into, store),
        folder=folder,
    )
    return read_result(store, flow.output.uuid)
