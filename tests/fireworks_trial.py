"""A flow through real FireWorks, with MongoDB or without, and how large its documents become.

The LaunchPad, the workflows and ``rapidfire`` are those of FireWorks; where no MongoDB is named,
its client is mongomock's, in memory. MongoDB refuses documents above 16 MB: the store here does
too, and the collections of the queue are measured.
"""

from __future__ import annotations

from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import uuid4

import bson
import jobflow
from jobflow import JobStore
from maggma.stores import MemoryStore, MongoStore
from pymongo.errors import DocumentTooLarge

from mongo_server.running import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fireworks import LaunchPad
    from jobflow import Flow, Job

LIMIT = 16 * 1024**2
"""Bytes of BSON that MongoDB takes in one document."""


@dataclass(order=True)
class Largest:
    """The largest document of a kind: its bytes as BSON, and what it is called."""

    size: int = 0
    name: str = ""


class LimitedStore(MemoryStore):
    """A store in memory that refuses what MongoDB refuses, and remembers the largest document."""

    def __init__(self, collection_name: str = "memory_db", **kwargs: Any) -> None:
        self.largest = Largest()
        super().__init__(collection_name, **kwargs)

    def update(self, docs: Any, key: Any = None) -> None:
        """Write documents, all of them small enough."""
        found = _largest(docs, self.collection_name)
        self.largest = max(self.largest, found)
        if found.size > LIMIT:
            raise DocumentTooLarge(f"{found.name}: {found.size} bytes, MongoDB takes {LIMIT}")
        super().update(docs, key)


class LimitedMongoStore(MongoStore):
    """A store in MongoDB, which refuses by itself; this one remembers the largest document."""

    largest = Largest()

    def update(self, docs: Any, key: Any = None) -> None:
        """Write documents."""
        self.largest = max(self.largest, _largest(docs, self.collection_name))
        super().update(docs, key)


def _largest(docs: Any, name: str) -> Largest:
    listed = docs if isinstance(docs, list) else [docs]
    return max(Largest(_size(one), f"{one.get('name') or name}") for one in listed)


@dataclass
class Trial:
    """A flow that FireWorks ran: its queue, its outputs, and the largest documents in bytes.

    `spec` is what a Firework is told, `launch` what it said at its end (with the workflows that
    replace it), `workflow` the list of all, `output` what a job left in the store.
    """

    launchpad: LaunchPad
    store: JobStore
    states: dict[str, int] = field(default_factory=dict)
    spec: Largest = field(default_factory=Largest)
    launch: Largest = field(default_factory=Largest)
    workflow: Largest = field(default_factory=Largest)

    @property
    def output(self) -> Largest:
        """The largest document of a job."""
        stores = [self.store.docs_store, *self.store.additional_stores.values()]
        return max(store.largest for store in stores)

    def fits_mongodb(self) -> bool:
        """Whether MongoDB would have taken all documents."""
        return max(self.spec, self.launch, self.workflow, self.output).size <= LIMIT

    def measure(self) -> None:
        """Measure all documents of the queue, and count the states of its Fireworks."""
        names = {}
        for document in self.launchpad.fireworks.find():
            names[document["fw_id"]] = document["name"]
            self.states[document["state"]] = self.states.get(document["state"], 0) + 1
            self.spec = max(self.spec, Largest(_size(document), document["name"]))
        for document in self.launchpad.launches.find():
            self.launch = max(self.launch, Largest(_size(document), names[document["fw_id"]]))
        for document in self.launchpad.workflows.find():
            self.workflow = max(self.workflow, Largest(_size(document), document["name"]))


@contextmanager
def launchpad_in_memory() -> Iterator[LaunchPad]:
    """An empty LaunchPad of FireWorks whose MongoDB is mongomock."""
    import mongomock_ng
    from fireworks import LaunchPad
    from fireworks.core import launchpad as module

    with ExitStack() as stack:
        stack.enter_context(patch.object(module, "MongoClient", mongomock_ng.MongoClient))
        # Without it FireWorks raises where a launch is too large, and mongomock needs no GridFS.
        stack.enter_context(patch.object(module, "GRIDFS_FALLBACK_COLLECTION", None))
        launchpad = LaunchPad(strm_lvl="ERROR")
        launchpad.reset("", require_password=False)
        yield launchpad


@contextmanager
def launchpad_at(uri: str, name: str) -> Iterator[LaunchPad]:
    """An empty LaunchPad in a database of a MongoDB, which is removed in the end."""
    from fireworks import LaunchPad

    launchpad = LaunchPad(**place_of(uri), name=name, strm_lvl="ERROR")
    launchpad.reset("", require_password=False)
    yield launchpad
    launchpad.connection.drop_database(name)
    launchpad.connection.close()


def run_through_fireworks(flow: Flow | Job, folder: Path, uri: str | None = None) -> Trial:
    """Run a flow by FireWorks in this process, one job after the other.

    Parameters
    ----------
    flow
        Any flow or job of jobflow.
    folder
        Empty folder, in which every Firework gets one.
    uri
        Of a MongoDB for queue and outputs; None for mongomock in this process.

    Returns
    -------
    Trial
        Also of flows that failed: see its `states`.
    """
    from fireworks import FWorker
    from fireworks.core.rocket_launcher import rapidfire
    from jobflow.managers.fireworks import flow_to_workflow

    name = f"elatbot_{uuid4().hex[:8]}"
    if uri is None:
        store = JobStore(LimitedStore("outputs"), additional_stores={"data": LimitedStore("data")})
    else:
        place = (uri, "outputs", name)
        store = JobStore(LimitedMongoStore.from_uri(*place), additional_stores={})
    with (
        launchpad_in_memory() if uri is None else launchpad_at(uri, name) as launchpad,
        patch.object(jobflow.SETTINGS, "JOB_STORE", store),
        chdir(folder),
    ):
        launchpad.add_wf(flow_to_workflow(flow))
        rapidfire(launchpad, FWorker(), m_dir=str(folder), sleep_time=1, strm_lvl="ERROR")
        trial = Trial(launchpad, store)
        trial.measure()
    return trial


def _size(document: dict[str, Any]) -> int:
    """Bytes of a document in MongoDB."""
    from monty.json import jsanitize

    return len(bson.encode(jsanitize(document, allow_bson=True, recursive_msonable=True)))
