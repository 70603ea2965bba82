"""Hand a flow to a queue: FireWorks' LaunchPad or a project of jobflow-remote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.stages import DEFAULT, check_workers, read_stages, with_worker
from elatbot_flows.errors import StoreError, TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobflow import Flow

    from elatbot_flows.flows.stages import Stage

__all__ = [
    "QUEUES",
    "Destination",
    "Project",
    "Queue",
    "Tags",
    "Worker",
    "destination",
    "named",
    "tagged",
]

_QUEUES = {
    "fireworks": ("FireWorks", "see lpad -l my_launchpad.yaml get_wflows"),
    "remote": ("jobflow-remote", "see jf project list and jf project check"),
}
"""The package of each, and where to look where nothing can be submitted."""
QUEUES = tuple(_QUEUES)

Queue = Annotated[
    str | None,
    typer.Option(
        "--submit",
        metavar="|".join(QUEUES),
        help="Do not run it here: add it to the LaunchPad of FireWorks, or to jobflow-remote.",
    ),
]
Worker = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="With --submit: the worker of jobflow-remote, or the category of FireWorkers.",
    ),
]
Project = Annotated[
    str | None, typer.Option(metavar="NAME", help="With --submit remote: the project.")
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", help="A word to find all its candidates by; may be given several times."),
]


@dataclass(frozen=True)
class Destination:
    """A queue that runs a flow.

    Parameters
    ----------
    to
        One of `QUEUES`.
    worker
        Worker of jobflow-remote, or category of FireWorkers; None for any.
    project
        Project of jobflow-remote; None for its default.
    stages
        What each stage of a flow gets instead; ``"default"`` stands for those not named.
    """

    to: str
    worker: str | None = None
    project: str | None = None
    stages: Mapping[str, Stage] = field(default_factory=dict)

    def submit(self, flow: Flow, tags: Sequence[str] | None = None) -> str:
        """Hand a flow to the queue.

        Parameters
        ----------
        flow
            The flow.
        tags
            Words to find all its candidates by; the first stands before the names of all jobs.

        Returns
        -------
        str
            What was done, and how to go on, for people.

        Raises
        ------
        TargetError
            If the flow has no such stage.
        StoreError
            If the queue's package is missing or the queue cannot be reached.
        """
        from elatbot_flows.flows.stages import assign_stages

        settings = with_worker(self.stages, self.worker)
        default = settings.pop(DEFAULT)
        assign_stages(flow, settings, default if default.manager_config() else None)
        package, remedy = _QUEUES[self.to]
        try:
            return self._add(named(tagged(flow, tags), tags))
        except ImportError as error:
            message = f"--submit {self.to} needs {package}: pip install {package}"
            raise StoreError(message) from error
        except StoreError:
            raise
        except Exception as error:
            raise StoreError(f"the flow could not be submitted ({error}); {remedy}") from error

    def _add(self, flow: Flow) -> str:
        if self.to == "fireworks":
            return _to_fireworks(flow)
        return _to_remote(flow, self.worker, self.project)


def destination(
    to: str | None, worker: str | None, project: str | None, stages: Path | None
) -> Destination | None:
    """Where a flow goes; None to run it here. What does not belong together is refused.

    Raises
    ------
    TargetError
        If there is no such queue, options belong to another one, or the file of stages is wrong
        or names workers that the project does not have.
    StoreError
        If the project is not to be had, or documents would be lost: FireWorks' jobs write to the
        store jobflow is configured with.
    """
    if to is None:
        options = {"--worker": worker, "--project": project, "--stages": stages}
        for option, value in options.items():
            if value is not None:
                raise TargetError(f"{option} says who runs it elsewhere: give --submit as well")
        return None
    if to not in QUEUES:
        raise TargetError(f"--submit {to}: choose from {', '.join(QUEUES)}")
    if to == "fireworks":
        if project is not None:
            raise TargetError("--project belongs to --submit remote")
        _require_database()
    settings = with_worker(None if stages is None else read_stages(stages), worker)
    if stages is not None:
        check_workers(settings, to, project)
    return Destination(to, worker, project, settings)


def _require_database() -> None:
    from jobflow import SETTINGS
    from maggma.stores import JSONStore, MemoryStore

    store = SETTINGS.JOB_STORE.docs_store
    if type(store) is MemoryStore or isinstance(store, JSONStore):
        raise StoreError(
            f"jobflow is configured with a {type(store).__name__}, in which documents of a "
            "queue are lost: configure a MongoStore as JOB_STORE (docs/queries.md shows how)"
        )


def tagged(flow: Flow, tags: Sequence[str] | None) -> Flow:
    """The flow, with tags on all its jobs, those it will bring included."""
    if tags:
        flow.update_metadata({"tags": list(tags)})
    return flow


def named(flow: Flow, tags: Sequence[str] | None) -> Flow:
    """The flow, with its first tag before the names of all jobs, for lists of a queue."""
    if tags:
        flow.append_name(f"{tags[0]}: ", prepend=True)
    return flow


def _to_fireworks(flow: Flow) -> str:
    from fireworks import LaunchPad
    from jobflow.managers.fireworks import flow_to_workflow

    numbers = LaunchPad.auto_load().add_wf(flow_to_workflow(flow))
    first = min(numbers.values())
    return (
        f"{len(numbers)} Fireworks, the first is {first}; run them by rlaunch or qlaunch rapidfire"
    )


def _to_remote(flow: Flow, worker: str | None, project: str | None) -> str:
    from jobflow_remote import submit_flow

    numbers = submit_flow(flow, worker=worker, project=project)
    return f"{len(numbers)} jobs, the first is {numbers[0]}; jf flow list shows how far they are"
