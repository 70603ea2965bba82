"""``elatbot doctor``: what keeps a run from going on, why, and what mends it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.options import check_at_least
from elatbot_flows.cli.sources import (  # noqa: TC001 - typer reads annotations
    OptionalFolder,
    Project,
    StoreFile,
)
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.watched import Launchpad, RunId, Tag, Watched

if TYPE_CHECKING:
    from elatbot_flows.running.doctor.problem import Problem

__all__ = ["doctor"]


def doctor(
    out: OptionalFolder = None,
    store: StoreFile = None,
    fireworks: Launchpad = False,
    project: Project = None,
    tag: Tag = None,
    run: RunId = None,
    patience: Annotated[
        int | None,
        typer.Option(
            metavar="MIN",
            help="Minutes a job may stay in a state that should pass [default: 60; FireWorks' own "
            "limit for one that runs].",
        ),
    ] = None,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Mend what can be mended by running it again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Say what failed, is lost, stuck or locked, with the reason and the command that mends it.

    Equal reasons stand in one line. Ends with 0 if all is well, or was mended by --rerun.
    """
    check_at_least(1, "--patience", patience)
    watched = Watched(out, store, project, tag, run, fireworks=fireworks)
    silence = None if patience is None else timedelta(minutes=patience)
    found = watched.problems(silence or timedelta(hours=1), silence)
    done = {id(one): one.mend(one.numbers) for one in found if rerun and one.mend is not None}
    if as_json:
        plain = [one.as_dict() | {"mended": done.get(id(one))} for one in found]
        typer.echo(json.dumps(plain, indent=1))
    else:
        _show(found, done)
    if len(done) < len(found):
        raise typer.Exit(1)


def _show(found: list[Problem], done: dict[int, str]) -> None:
    console = terminal(soft_wrap=True)
    if not found:
        console.print("all is well")
    for one in found:
        console.print(f"{one.kind}: {one.words()}", markup=False)
        if mended := done.get(id(one)):
            console.print(f"  mended: {mended}", markup=False)
        elif one.remedy:
            console.print(f"  to mend it: {one.remedy}", markup=False)
