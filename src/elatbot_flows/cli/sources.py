"""Which store a command reads: that of a folder, a file, a project, or the configured one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.terminal import terminal
from elatbot_flows.errors import StoreError, TargetError

if TYPE_CHECKING:
    from jobflow import JobStore

__all__ = ["OptionalFolder", "Project", "StoreFile", "bring_up_to_date", "store_to_read"]

_DEFAULT = Path("elatbot-run")

OptionalFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Folder of a run; without it the store configured for jobflow, if there is one.",
    ),
]
StoreFile = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="An embedded store, or the YAML of a JobStore."),
]
Project = Annotated[
    str | None, typer.Option(metavar="NAME", help="The store of this project of jobflow-remote.")
]


def store_to_read(out: Path | None, file: Path | None, project: str | None) -> tuple[JobStore, str]:
    """The store that the options name, connected, and what it is in words.

    Raises
    ------
    TargetError
        If more than one is named.
    StoreError
        If there is nothing to read, or it cannot be reached.
    """
    from elatbot_flows.database.stores import open_store, store_in_file, store_of_project

    if sum(one is not None for one in (out, file, project)) > 1:
        raise TargetError("--out, --store and --project each name a store: give one of them")
    if file is not None:
        return store_in_file(file)
    if project is not None:
        return store_of_project(project)
    return open_store(out or _DEFAULT, existing=True)


def bring_up_to_date(store: JobStore) -> None:
    """Publish what is new; somebody who may only read sees what others have published."""
    from elatbot_flows.database.builder import publish_candidates

    try:
        publish_candidates(store)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own
        reason = f"{type(error).__name__}: {error}".partition(", full error")[0]
        words = f"the collection was not brought up to date ({reason})"
        terminal(stderr=True, soft_wrap=True).print(words, markup=False)
