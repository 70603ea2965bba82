"""Progress of a run: one bar per step on a terminal, one line per step elsewhere."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from elatbot_flows.errors import ElatbotError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from elatbot_flows.running.runner import Event

__all__ = ["progress"]

STEPS = {
    "begin": "load the models",
    "propose": "propose materials",
    "build": "build and screen crystals",
    "judge": "relax and strain",
    "hull": "place on the hull",
    "dft": "density functional",
    "identify model": "load the text model",
    "predict elasticity": "ask the text model",
    "generate materials": "ask the text model",
}
"""Names that jobs start with, and what people read."""
_SINGLE = ("begin", "identify model", "generate materials")
"""Steps of one job; of all others, the job without a number only plans."""
_DONE = ("finished", "resumed")
_OF_A_CAMPAIGN = re.compile(r" \([^()]*\)$")


@contextlib.contextmanager
def progress(console: Console) -> Iterator[Callable[[Event], None]]:
    """Show the events of a run while the context is open."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<26}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        yield _Bars(bars)


def _step(job: str) -> str | None:
    """The step a job does work for; None for those that only plan."""
    name = _OF_A_CAMPAIGN.sub("", job.strip())
    for start in STEPS:
        if (name == start and name in _SINGLE) or name.startswith(start + " "):
            return start
    return None


def _tell_failure(event: Event, console: Console) -> None:
    """Name the job and the error; those that end the command are told then, with a remedy."""
    if event.kind == "failed" and not isinstance(event.error, ElatbotError):
        text = f"{event.job} failed: {type(event.error).__name__}: {event.error}"
        console.print(text, markup=False, soft_wrap=True)


class _Bars:
    """One bar per step; its length grows as jobs are added."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._totals: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        _tell_failure(event, self._progress.console)
        step = _step(event.job)
        if step is None:
            return
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(STEPS[step], total=0)
        if event.kind == "added":
            self._totals[step] = self._totals.get(step, 0) + 1
            self._progress.update(self._tasks[step], total=self._totals[step])
        elif event.kind in _DONE:
            self._progress.advance(self._tasks[step])


class _Lines:
    """A line whenever a step has done about a quarter more of its jobs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._totals: dict[str, int] = {}
        self._done: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        _tell_failure(event, self._console)
        step = _step(event.job)
        if step is None or event.kind not in ("added", *_DONE):
            return
        counter = self._totals if event.kind == "added" else self._done
        counter[step] = counter.get(step, 0) + 1
        if event.kind == "added":
            return
        done, total = self._done[step], self._totals[step]
        if done == total or (4 * done) // total > (4 * (done - 1)) // total:
            self._console.print(f"{STEPS[step]}: {done} of {total}")
