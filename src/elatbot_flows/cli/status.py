"""``elatbot status``: how far a run is, stage by stage, whoever runs it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from elatbot_flows.cli.options import check_at_least
from elatbot_flows.cli.sources import (  # noqa: TC001 - typer reads annotations
    OptionalFolder,
    Project,
    StoreFile,
)
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.watched import Launchpad, RunId, Tag, Watched

if TYPE_CHECKING:
    from datetime import datetime

    from elatbot_flows.running.watch.seen import Snapshot
    from elatbot_flows.running.watch.table import StageRow

__all__ = ["status"]

_COUNTS = {
    "done": "done",
    "running": "run",
    "waiting": "wait",
    "blocked": "blocked",
    "failed": "fail",
}
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def status(
    out: OptionalFolder = None,
    store: StoreFile = None,
    fireworks: Launchpad = False,
    project: Project = None,
    tag: Tag = None,
    run: RunId = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again until nothing more will happen.")
    ] = False,
    every: Annotated[int, typer.Option(metavar="S", help="Seconds between two looks.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show for each stage what is done, runs, waits and failed, how fast, and what is left.

    Without --tag and --run: all that goes on, or else the last run. The rate is that of the last
    hour. The time left is that of jobs that are there; stages whose jobs are not born yet are said
    to be so.
    """
    check_at_least(1, "--every", every)
    watched = Watched(out, store, project, tag, run, fireworks=fireworks)
    if as_json:
        typer.echo(json.dumps(_plain(watched.look()), indent=1))
        return
    console = terminal()
    if not watch:
        console.print(_shown(watched.look()))
        return
    with Live(console=console, auto_refresh=False) as live:
        while True:
            snapshot = watched.look()
            live.update(_shown(snapshot), refresh=True)
            if snapshot.ended:
                return
            time.sleep(every)


def _plain(snapshot: Snapshot) -> dict[str, object]:
    from elatbot_flows.running.watch.table import stage_rows, whole_row

    rows = stage_rows(snapshot)
    stages = [row.as_dict() for row in (*rows, whole_row(rows, snapshot))]
    return {**snapshot.as_dict(), "stages": stages}


def _shown(snapshot: Snapshot) -> Group:
    """The table, and below it what else is to be said."""
    from elatbot_flows.running.watch.table import stage_rows, whole_row

    rows = stage_rows(snapshot)
    whole = whole_row(rows, snapshot)
    counts = [name for name in _COUNTS if name != "blocked" or whole.blocked]
    if not snapshot.complete:
        counts = ["done"]
    table = Table(title=snapshot.where, title_justify="left", title_style="", box=SIMPLE_HEAD)
    table.padding = (0, 1, 0, 0)
    table.add_column("stage", no_wrap=True)
    for name in (*map(_COUNTS.__getitem__, counts), "candidates", "per hour", "last end"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("left")
    for row in rows:
        table.add_row(*_cells(row, snapshot, counts))
    table.add_section()
    table.add_row(*_cells(whole, snapshot, counts))
    return Group(table, *map(Text, [*_passed(snapshot), *snapshot.notes]))


def _passed(snapshot: Snapshot) -> list[str]:
    """How many of those that were asked for are there."""
    progress = snapshot.progress
    if progress is None or not progress.reached.get("judge"):
        return []
    wanted = "" if progress.requested is None else f" of the {progress.requested} asked for"
    return [f"candidates that passed: {progress.passed}{wanted}"]


def _cells(row: StageRow, snapshot: Snapshot, counts: list[str]) -> list[str]:
    numbers = [str(getattr(row, name) or "-") for name in counts]
    rate = "-" if row.per_hour is None else f"{row.per_hour:.{0 if row.per_hour >= 10 else 1}f}"
    age = "-" if row.newest is None else _span(row.newest, snapshot.at)
    candidates, left = _candidates(row.stage, snapshot), _left(row, snapshot)
    return [row.stage, *numbers, candidates, rate, age, left]


def _candidates(stage: str, snapshot: Snapshot) -> str:
    progress = snapshot.progress
    return "-" if progress is None else str(progress.reached.get(stage) or "-")


def _left(row: StageRow, snapshot: Snapshot) -> str:
    """What is left in words; never a guess of what is not born yet."""
    if not snapshot.complete:
        return "-"
    if snapshot.worked_on is False and (row.left or row.open):
        return "stopped"
    if not row.born:
        return "not born yet"
    words = [_expected(row)]
    if row.blocked or row.failed:
        words.append("see elatbot doctor")
    return ", ".join(filter(None, words)) or ("" if row.left or row.failed else "done")


def _expected(row: StageRow) -> str:
    """How long it will take."""
    if row.seconds_left:  # a stage without a rate has none
        return _time(row.seconds_left) + (" or more" if row.open else "")
    if row.stage == "all":
        return "not all are born yet" if row.open else ""
    return "more may come" if row.open else ""


def _span(then: datetime, now: datetime) -> str:
    return _time((now - then).total_seconds())


def _time(seconds: float) -> str:
    """A time in the unit that fits it."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
