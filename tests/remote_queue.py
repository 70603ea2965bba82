"""The queue of jobflow-remote without MongoDB and without its daemon.

The controller, which keeps the queue, is jobflow-remote's own, on mongomock's collections; workers
do what they do there. Only the loop that the daemon runs is here.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from jobflow import JobStore
from maggma.stores import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobflow import Flow
    from jobflow_remote.jobs.jobcontroller import JobController

WORKERS = ("hpc", "gpu")


class _Keeping(MemoryStore):
    """A store in memory that jobflow-remote, which closes it after every job, does not empty."""

    def close(self) -> None:
        """Keep what is in it."""

    def connect(self, force_reset: bool = False) -> None:
        if self._coll is None:
            super().connect(force_reset)


@contextmanager
def remote_queue(folder: Path) -> Iterator[JobController]:
    """An empty project ``elat`` of jobflow-remote with the workers `WORKERS`."""
    from jobflow_remote.config.base import Project
    from jobflow_remote.jobs.jobcontroller import JobController

    place = {"type": "MongoStore", "host": "localhost", "database": "none"}
    worker = {"type": "local", "scheduler_type": "slurm", "work_dir": str(folder)}
    project = Project(
        name="elat",
        base_dir=str(folder / "project"),
        workers=dict.fromkeys(WORKERS, worker),
        queue={"store": place | {"collection_name": "jobs"}},
        jobstore={"docs_store": place | {"collection_name": "outputs"}},
    )
    outputs = JobStore(_Keeping("outputs"), additional_stores={"data": _Keeping("data")})
    made = JobController(_Keeping("jobs"), outputs, project=project)
    with patch.object(made, "build_indexes"), patch.object(made, "update_version_information"):
        made.reset()
    yield made


def work_off(controller: JobController, folder: Path, most: int = 1000) -> list[str]:
    """Run what is ready, and what that brings, one job after the other; return their names."""
    names: list[str] = []
    while len(names) < most and (taken := controller.checkout_job()) is not None:
        uuid, index = taken
        names.append(_run(controller, uuid, index, folder))
    return names


def _run(controller: JobController, uuid: str, index: int, folder: Path) -> str:
    """What a worker does with a job, and what the daemon does before and after."""
    from jobflow_remote.jobs.data import IN_FILENAME
    from jobflow_remote.jobs.run import run_remote_job
    from jobflow_remote.remote.data import (
        get_remote_in_file,
        get_remote_store,
        resolve_job_dict_args,
    )

    store = controller.jobstore
    document: dict[str, Any] = controller.jobs.find_one({"uuid": uuid, "index": index})
    place = folder / f"{uuid}-{index}"
    place.mkdir(parents=True)
    resolved = resolve_job_dict_args(document["job"], store)
    sent = get_remote_in_file(resolved, get_remote_store(store, place, None))
    (place / IN_FILENAME).write_bytes(sent.getvalue())
    run_remote_job(place)
    controller.complete_job(document, place, store)
    return str(document["job"]["name"])


def add(controller: JobController, flow: Flow, **options: Any) -> list[str]:
    """Submit a flow."""
    return controller.add_flow(flow, **({"worker": WORKERS[0]} | options))
