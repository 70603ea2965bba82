"""Hand a flow to a queue: FireWorks' LaunchPad or a project of jobflow-remote."""

from __future__ import annotations

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
    "Project",
    "Queue",
    "Tags",
    "Worker",
    "check_queue",
    "named",
    "stages_of",
    "submit",
    "tagged",
]

QUEUES = ("fireworks", "remote")

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


def check_queue(
    to: str | None, worker: str | None, project: str | None, stages: Path | None = None
) -> None:
    """Refuse what does not belong together, before anything is loaded.

    Raises
    ------
    TargetError
        If there is no such queue, or options belong to another one.
    StoreError
        If documents would be lost: FireWorks' jobs write to the store jobflow is configured with.
    """
    if to is None:
        options = {"--worker": worker, "--project": project, "--stages": stages}
        for option, value in options.items():
            if value is not None:
                raise TargetError(f"{option} says who runs it elsewhere: give --submit as well")
        return
    if to not in QUEUES:
        raise TargetError(f"--submit {to}: choose from {', '.join(QUEUES)}")
    if to == "fireworks":
        if project is not None:
            raise TargetError("--project belongs to --submit remote")
        _require_database()


def stages_of(
    file: Path | None, to: str | None, worker: str | None, project: str | None
) -> dict[str, Stage]:
    """Stages by name, with `worker` for those that name none; what there is not is refused.

    Raises
    ------
    TargetError
        If the file is wrong, or names workers that the project does not have.
    StoreError
        If the project is not to be had.
    """
    stages = with_worker(None if file is None else read_stages(file), worker)
    if to is not None and file is not None:
        check_workers(stages, to, project)
    return stages


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


def submit(
    flow: Flow,
    to: str,
    worker: str | None,
    project: str | None,
    stages: Mapping[str, Stage] | None = None,
) -> str:
    """Hand a flow to a queue.

    Parameters
    ----------
    flow
        The flow.
    to
        One of `QUEUES`.
    worker
        Worker of jobflow-remote, or category of FireWorkers; None for any.
    project
        Project of jobflow-remote; None for its default.
    stages
        What each stage of the flow gets instead; ``"default"`` stands for those not named.

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

    settings = with_worker(stages, worker)
    default = settings.pop(DEFAULT)
    assign_stages(flow, settings, default if default.manager_config() else None)
    try:
        return _to_fireworks(flow) if to == "fireworks" else _to_remote(flow, worker, project)
    except ImportError as error:
        package = {"fireworks": "FireWorks", "remote": "jobflow-remote"}[to]
        raise StoreError(f"--submit {to} needs {package}: pip install {package}") from error
    except StoreError:
        raise
    except Exception as error:
        remedy = {
            "fireworks": "see lpad -l my_launchpad.yaml get_wflows",
            "remote": "see jf project list and jf project check",
        }[to]
        raise StoreError(f"the flow could not be submitted ({error}); {remedy}") from error


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
