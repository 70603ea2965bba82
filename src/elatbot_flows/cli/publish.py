"""``elatbot publish`` and ``elatbot copy-store``: what people query, and where it lies."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations
from typing import Annotated

import typer
from rich.markup import escape

from elatbot_flows.cli.sources import OptionalFolder, Project, StoreFile, store_to_read
from elatbot_flows.cli.terminal import harmless, terminal

__all__ = ["copy_store", "publish"]


def publish(
    out: OptionalFolder = None,
    store: StoreFile = None,
    project: Project = None,
    run: Annotated[str | None, typer.Option(metavar="RUN_ID", help="Only this run.")] = None,
) -> None:
    """Bring the collection of candidates up to date with the jobs; query does it by itself."""
    from elatbot_flows.database.builder import publish_candidates

    opened, words = store_to_read(out, store, project)
    count = publish_candidates(opened, run)
    typer.echo(f"{count} candidates written into the collection of {words}")


def copy_store(
    file: Annotated[Path, typer.Argument(help="YAML of the JobStore to copy to.", metavar="TO")],
    out: OptionalFolder = None,
    store: StoreFile = None,
    project: Project = None,
) -> None:
    """Copy all documents of a store into another one, such as an embedded one into MongoDB.

    What is there already is replaced by the same; nothing is removed, here or there.
    """
    from elatbot_flows.database.stores import store_in_file
    from elatbot_flows.database.transfer import copy_documents

    source, origin = store_to_read(out, store, project)
    target, goal = store_in_file(file)
    console = terminal(stderr=True, soft_wrap=True)
    with console.status(escape(harmless(f"copying {origin}"))):
        count = copy_documents(source, target)
    typer.echo(f"{count} documents of {origin} are in {goal}")
