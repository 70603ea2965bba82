"""jobflow-remote with its own runner and a worker on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from monty.serialization import dumpfn
from pymongo import MongoClient

from faults.managers import BIN, PATIENCE, Manager
from mongo_server.running import place_of

if TYPE_CHECKING:
    from jobflow import JobStore

__all__ = ["Remote"]

_STUCK = ("FAILED", "REMOTE_ERROR")


@dataclass
class Remote(Manager):
    """``jf runner run``; going on is ``jf job rerun`` of what failed.

    The scheduler of the worker is a shell. qtoolkit does not know the idle threads of the kernel,
    which belong to root; a ``ps`` without them comes first in the path.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "ps").write_text(f"#!/bin/sh\n{shutil.which('ps')} \"$@\" | awk '$4 !~ /^I/'\n")
        (programs / "ps").chmod(0o755)
        self.environment["PATH"] = f"{programs}:{self.environment['PATH']}"
        self.database = f"elatbot_{uuid4().hex[:8]}"
        place = {**place_of(self.uri), "database": self.database}
        self.stores = {
            "docs_store": {"type": "MongoStore", "collection_name": "outputs", **place},
            "additional_stores": {
                "data": {"type": "GridFSStore", "collection_name": "data", **place}
            },
        }
        self.environment |= {
            "HOME": str(self.folder),
            "JFREMOTE_PROJECTS_FOLDER": str(self.folder / "projects"),
        }
        passed = ("PYTHONPATH", "PATH", "HOME", "ELATBOT_FAULTS", "ELATBOT_FLOWS_CACHE")
        lines = [f"export {name}='{self.environment[name]}'" for name in passed]
        worker = {
            "type": "local",
            "scheduler_type": "shell",
            "work_dir": str(self.folder / "work"),
            "pre_run": "\n".join([*lines, "export OMP_NUM_THREADS=1"]),
            "max_jobs": 2,
        }
        delays = ("checkout", "check_run_status", "advance_status", "refresh_limited")
        runner = {f"delay_{name}": 1 for name in delays} | {"delta_retry": [1], "lock_timeout": 5}
        (self.folder / "projects").mkdir()
        (self.folder / "work").mkdir()
        dumpfn(
            {
                "name": "elat",
                "workers": {"here": worker},
                "queue": {"store": {"type": "MongoStore", "collection_name": "jobs", **place}},
                "jobstore": self.stores,
                "runner": runner,
            },
            self.folder / "projects" / "elat.yaml",
        )

    def prepare(self) -> None:
        """Reset the queue and add the flow."""
        self.call(BIN / "jf", "admin", "reset", "--yes")
        self.call(*self.design("--submit", "remote", "--project", "elat"))

    def command(self) -> list[Any]:
        """The runner in the foreground."""
        return [BIN / "jf", "runner", "run"]

    def ended(self) -> int:
        """Wait until all jobs are done or the runner ended; jobs that failed are run again."""
        assert self._process is not None
        end = time.monotonic() + PATIENCE
        try:
            while self._process.poll() is None and time.monotonic() < end:
                time.sleep(0.5)
                if self.complete():
                    return 0
                for number in self._stuck():
                    self.call(BIN / "jf", "job", "rerun", number, "--wait", "20")
                    self.starts += 1
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        return 1

    def _stuck(self) -> list[str]:
        with MongoClient(self.uri) as client:
            found = client[self.database].jobs.find({"state": {"$in": _STUCK}}, {"db_id": 1})
            return [document["db_id"] for document in found]

    def states(self) -> dict[str, int]:
        """How many jobs are in which state."""
        with MongoClient(self.uri) as client:
            found = client[self.database].jobs.find({}, {"state": 1})
            return dict(Counter(document["state"] for document in found))

    def store(self) -> JobStore:
        """The JobStore in MongoDB."""
        from jobflow import JobStore

        made = JobStore.from_dict_spec(self.stores)
        made.connect()
        return made

    def complete(self) -> bool:
        """Whether all jobs are."""
        return set(self.states()) == {"COMPLETED"}
