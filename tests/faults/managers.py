"""Who runs the jobs of a design: how it is started, and how people go on after a fault."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from monty.serialization import dumpfn
from pymongo import MongoClient

from faults.design import DESIGN
from mongo_server.running import place_of

if TYPE_CHECKING:
    from jobflow import JobStore

__all__ = ["BIN", "PATIENCE", "FireWorks", "Local", "Manager"]

BIN = Path(sys.executable).parent
TESTS = Path(__file__).parents[1]
PATIENCE = 900


@dataclass
class Manager:
    """A manager in a folder of its own.

    Parameters
    ----------
    folder
        Empty folder: configurations, outputs, caches, and what faults are planned.
    uri
        Of the MongoDB, for managers that need one.
    wanted
        Candidates that are to pass.
    """

    folder: Path
    uri: str = ""
    wanted: int = 2
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.faults = self.folder / "faults"
        self.faults.mkdir(parents=True)
        own = str(TESTS.parent / "src")
        path = [str(TESTS / "faults" / "site"), str(TESTS), own]
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(path),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "ELATBOT_FAULTS": str(self.faults),
            "ELATBOT_FLOWS_CACHE": str(self.folder / "cache"),
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "160",
            "JOBFLOW_CONFIG_FILE": str(self.folder / "jobflow.yaml"),
        }
        self.starts = 0
        self._process: subprocess.Popen[str] | None = None

    def prepare(self) -> None:
        """Hand in the design, where that is not the same as running it."""

    def command(self) -> list[Any]:
        """What runs the jobs."""
        raise NotImplementedError

    def start(self) -> None:
        """Start running jobs, as the leader of a process group."""
        self.starts += 1
        log = (self.folder / "log").open("a")
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            list(map(str, self.command())), env=self.environment, cwd=self.folder,
            stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    def ended(self) -> int:
        """Wait for the end of what was started; its exit status."""
        assert self._process is not None
        return self._process.wait(timeout=PATIENCE)

    def let_go(self) -> subprocess.Popen[str]:
        """What was started, which from now on is somebody else's."""
        assert self._process is not None
        process, self._process = self._process, None
        return process

    def living(self) -> int:
        """How many processes of what was started last are still there."""
        assert self._process is not None
        states = (
            line.rpartition(")")[2].split()
            for line in (_read(path) for path in Path("/proc").glob("[0-9]*/stat"))
        )
        return sum(s[3] == str(self._process.pid) and s[0] not in "ZX" for s in states if s)

    def mend(self) -> None:
        """What people do after a fault, before they start again."""

    def store(self) -> JobStore:
        """The JobStore of the design, connected."""
        raise NotImplementedError

    def complete(self) -> bool:
        """Whether all jobs are done."""
        raise NotImplementedError

    def call(self, *command: Any) -> str:
        """Run a program to its end, out of reach of faults."""
        calm = {k: v for k, v in self.environment.items() if k != "ELATBOT_FAULTS"}
        done = subprocess.run(  # noqa: S603 - our own programs
            list(map(str, command)), env=calm, cwd=self.folder,
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        with (self.folder / "log").open("a") as log:
            log.write(f"$ {command}\n{done.stdout}{done.stderr}")
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def elatbot(self, *arguments: Any) -> list[Any]:
        """The command line."""
        return [sys.executable, "-m", "elatbot_flows.cli", *arguments]

    def design(self, *arguments: Any) -> list[Any]:
        """The command that designs."""
        return self.elatbot(*DESIGN, "-n", self.wanted, *arguments)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended meanwhile
        return ""


@dataclass
class Local(Manager):
    """``elatbot design`` itself; going on is giving the same command again."""

    workers: int = 1

    def command(self) -> list[Any]:
        """The same every time."""
        return self.design("--out", self.folder / "run", "--workers", self.workers)

    def store(self) -> JobStore:
        """The embedded store."""
        from elatbot_flows.database.stores import embedded_store

        made = embedded_store(self.folder / "run")
        made.connect()
        return made

    def complete(self) -> bool:
        """Whether its last page was written."""
        return (self.folder / "run" / "report.html").is_file()


@dataclass
class FireWorks(Manager):
    """``rlaunch``; going on is ``lpad detect_lostruns --rerun`` first."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.server = place_of(self.uri)
        self.database = f"elatbot_{uuid4().hex[:8]}"
        place = {**self.server, "database": self.database}
        self.stores = {
            "docs_store": {"type": "MongoStore", "collection_name": "outputs", **place},
            "additional_stores": {
                "data": {"type": "GridFSStore", "collection_name": "data", **place}
            },
        }
        dumpfn({"JOB_STORE": self.stores}, self.folder / "jobflow.yaml")
        about = {"CONFIG_FILE_DIR": str(self.folder), "QUEUE_UPDATE_INTERVAL": 2}
        dumpfn(about, self.folder / "FW_config.yaml")
        dumpfn(
            {**self.server, "name": f"{self.database}_fw", "logdir": None, "strm_lvl": "WARNING"},
            self.folder / "my_launchpad.yaml",
        )
        dumpfn({"name": "here", "category": "", "query": "{}"}, self.folder / "my_fworker.yaml")
        self.environment["FW_CONFIG_FILE"] = str(self.folder / "FW_config.yaml")

    def prepare(self) -> None:
        """Reset the LaunchPad and add the workflow."""
        reset = "from fireworks import LaunchPad; LaunchPad.auto_load().reset('', False)"
        self.call(sys.executable, "-c", reset)
        self.call(*self.design("--submit", "fireworks"))

    def command(self) -> list[Any]:
        """One launcher, until nothing is ready."""
        return [BIN / "rlaunch", "-s", "rapidfire", "--nlaunches", "0", "--sleep", "1"]

    def mend(self) -> None:
        """Have lost launches run again: those without a sign of life for a second."""
        time.sleep(2)
        self.call(BIN / "lpad", "detect_lostruns", "--time", "1", "--rerun")
        if self.states().get("FIZZLED"):
            self.call(BIN / "lpad", "rerun_fws", "-s", "FIZZLED")

    def states(self) -> dict[str, int]:
        """How many Fireworks are in which state."""
        with MongoClient(self.uri) as client:
            found = client[f"{self.database}_fw"].fireworks.find({}, {"state": 1})
            return dict(Counter(document["state"] for document in found))

    def store(self) -> JobStore:
        """The JobStore in MongoDB."""
        from jobflow import JobStore

        made = JobStore.from_dict_spec(self.stores)
        made.connect()
        return made

    def complete(self) -> bool:
        """Whether all Fireworks are."""
        return set(self.states()) <= {"COMPLETED", "ARCHIVED"}
