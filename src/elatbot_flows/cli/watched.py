"""What ``elatbot status`` and ``elatbot doctor`` look at: a folder, a store, or a queue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from datetime import timedelta

    from fireworks import LaunchPad
    from jobflow_remote.jobs.jobcontroller import JobController

    from elatbot_flows.running.doctor.problem import Problem
    from elatbot_flows.running.watch.seen import Snapshot

__all__ = ["Launchpad", "RunId", "Tag", "Watched"]

_DEFAULT = Path("elatbot-run")

Launchpad = Annotated[
    bool, typer.Option("--fireworks", help="The LaunchPad that FireWorks is configured with.")
]
Tag = Annotated[str | None, typer.Option("--tag", help="Only jobs with this tag.")]
RunId = Annotated[str | None, typer.Option("--run", metavar="RUN_ID", help="Only this run.")]


@dataclass
class Watched:
    """What options name: one of `out`, `store`, `project` and `fireworks`, or none.

    Parameters
    ----------
    out, store, project
        A folder, the file of a store, a project of jobflow-remote.
    tag, run
        Only these jobs.
    fireworks
        The LaunchPad.

    Raises
    ------
    TargetError
        If several are named.
    """

    out: Path | None
    store: Path | None
    project: str | None
    tag: str | None
    run: str | None
    fireworks: bool = False

    def __post_init__(self) -> None:
        named = sum(one is not None for one in (self.out, self.store, self.project))
        if named + self.fireworks > 1:
            raise TargetError("--out, --store, --project and --fireworks: give one of them")

    def look(self) -> Snapshot:
        """All jobs as they are now.

        Raises
        ------
        StoreError
            If there is nothing, or it cannot be reached.
        """
        if self.fireworks:
            from elatbot_flows.running.watch.fireworks import (
                read_fireworks,
                snapshot_of_fireworks,
            )

            return snapshot_of_fireworks(read_fireworks(self._pad, self.tag, self.run))
        if self.project is not None:
            from elatbot_flows.running.watch.remote import read_remote, snapshot_of_remote

            return snapshot_of_remote(read_remote(self._controller, self.tag, self.run))
        from elatbot_flows.database.stores import store_in_file
        from elatbot_flows.running.watch.local import local_snapshot
        from elatbot_flows.running.watch.outputs import store_snapshot

        if self.store is not None:
            return store_snapshot(*store_in_file(self.store), self.tag, self.run)
        return local_snapshot(self.out or _DEFAULT, self.tag, self.run)

    def problems(self, patience: timedelta, silence: timedelta | None) -> list[Problem]:
        """What keeps jobs from going on now.

        Parameters
        ----------
        patience
            How long a job may stay in a state that should pass.
        silence
            How long a running Firework may be silent; None for what FireWorks is set to.

        Raises
        ------
        StoreError
            If there is nothing, or it cannot be reached.
        TargetError
            If a store is named, which knows of no problems.
        """
        if self.fireworks:
            from elatbot_flows.running.doctor.fireworks import problems_of_fireworks
            from elatbot_flows.running.watch.fireworks import read_fireworks

            seen = read_fireworks(self._pad, self.tag, self.run)
            return problems_of_fireworks(seen, patience, silence)
        if self.project is not None:
            from elatbot_flows.running.doctor.remote import problems_of_remote
            from elatbot_flows.running.watch.remote import read_remote

            return problems_of_remote(read_remote(self._controller, self.tag, self.run), patience)
        if self.store is not None:
            raise TargetError(
                "a store holds what is done, and no problems: give --out DIR, --fireworks or "
                "--project NAME"
            )
        from elatbot_flows.running.doctor.local import problems_in_folder

        return problems_in_folder(self.out or _DEFAULT, patience, self.tag, self.run)

    @cached_property
    def _pad(self) -> LaunchPad:
        from elatbot_flows.running.watch.fireworks import launchpad

        return launchpad()

    @cached_property
    def _controller(self) -> JobController:
        from elatbot_flows.running.watch.remote import controller

        return controller(self.project)
