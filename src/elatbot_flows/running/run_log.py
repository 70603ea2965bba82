"""What a local run is doing, in one small file that outlives it: a run that was killed is seen.

The file is replaced as a whole. A lock beside it is held as long as the process lives, so that
nobody has to trust numbers of processes, which are used again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import socket
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.files import write_whole
from elatbot_flows.jobs.stages import stage_of
from elatbot_flows.running.lock import hold, is_held

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from jobflow import Flow, Job

__all__ = ["BEAT", "TOLD", "LoggedRun", "RunLog", "logged_runs", "told"]

BEAT = 10.0
"""Seconds between two signs of life."""
TOLD = "elatbot_told"
"""Attribute of an error that says in words where it came from."""
_FOLDER = "running"
_TAIL = 20
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class RunLog:
    """Keeps the file of one run up to date, from its first job to its end.

    Parameters
    ----------
    folder
        Folder of the run; None to write nothing.
    flow
        What is run.
    workers
        How many of the jobs that were started really run; the others wait for a process.
    """

    def __init__(self, folder: Path | None, flow: Flow, workers: int) -> None:
        self._workers = workers
        self._file: Path | None = None
        self._waiting: dict[str, dict[str, Any]] = {}
        self._running: dict[str, dict[str, Any]] = {}
        self._document: dict[str, Any] = {}
        self._failed: list[dict[str, Any]] = []
        if folder is not None:
            key = _key(flow)
            self._file = folder / _FOLDER / f"{key}-{os.getpid()}-{time.time_ns()}.json"
            self._document = {
                "key": key,
                "flow_uuid": flow.uuid,
                "flow": flow.name,
                "tags": (next(flow.iterflow())[0].metadata.get("tags")) or [],
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "command": _command(),
                "directory": str(Path.cwd()),
                "started": _now(),
                "ended": None,
                "outcome": "running",
            }

    def __enter__(self) -> Self:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            _forget(self._file.parent, str(self._document["key"]))
            self._lock = hold(_lock_of(self._file))
        return self

    def note(self, kind: str, job: Job, error: Exception | None = None) -> None:
        """Take in what happened to a job; it is written with the next sign of life."""
        key = f"{job.uuid}:{job.index}"
        if kind == "added":
            self._waiting[key] = {
                "uuid": job.uuid,
                "name": job.name,
                "stage": stage_of(job.name, job.metadata),
            }
        elif kind == "started":
            self._running[key] = self._waiting.pop(key, {})
        else:
            entry = self._running.pop(key, {})
            if error is not None:
                self._failed.append(entry | told(error) | {"at": _now()})

    def beat(self) -> None:
        """Write the file: a sign of life."""
        if self._file is None:
            return
        started = list(self._running.values())  # processes take them in this order
        for job in started[: self._workers]:
            job.setdefault("since", _now())
        jobs = {
            "running": [job for job in started[: self._workers] if "name" in job],
            "waiting": [*started[self._workers :], *self._waiting.values()],
            "failed": self._failed,
        }
        jobs["waiting"] = [job for job in jobs["waiting"] if "name" in job]
        write_whole(self._file, json.dumps(self._document | {"updated": _now()} | jobs))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        words = "failed" if self._failed else "finished"
        if isinstance(error, KeyboardInterrupt):
            words = "interrupted"
        elif error is not None:
            words = f"{type(error).__name__}: {error}".rstrip(": ")
        self._document |= {"ended": _now(), "outcome": words}
        self.beat()
        if self._lock is not None:
            os.close(self._lock)
        _lock_of(self._file).unlink(missing_ok=True)


@dataclass(frozen=True)
class LoggedRun:
    """What the file of a run says, and whether its process is alive."""

    document: dict[str, Any]
    alive: bool

    @property
    def ended(self) -> bool:
        """Whether it came to an end of its own, good or bad."""
        return self.document["ended"] is not None

    @property
    def silent_for(self) -> float:
        """Seconds since its last sign of life."""
        said = datetime.fromisoformat(self.document["updated"])
        return (datetime.now(UTC) - said).total_seconds()


def logged_runs(folder: Path) -> list[LoggedRun]:
    """What is known of the runs of a folder, the oldest first."""
    found = []
    for file in (folder / _FOLDER).glob("*.json"):
        with suppress(FileNotFoundError):  # its successor has removed it
            document = json.loads(file.read_text(encoding="utf-8"))
            found.append(LoggedRun(document, _alive(file, document)))
    return sorted(found, key=lambda run: str(run.document["started"]))


def told(error: BaseException) -> dict[str, str]:
    """An error in words: its message and the end of its traceback.

    Tracebacks do not cross processes, so the one that raised it leaves this in `TOLD`.
    """
    kept: dict[str, str] | None = getattr(error, TOLD, None)
    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
    message = f"{type(error).__name__}: {error}"
    return kept or {"message": message, "traceback": "\n".join(lines[-_TAIL:])}


def _command() -> str:
    """What was typed to start this process."""
    program, *arguments = sys.argv
    ours = Path(program).name in ("elatbot", "__main__.py")
    return shlex.join([*(("elatbot",) if ours else ("python", program)), *arguments])


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _key(flow: Flow) -> str:
    """The same for the same flow made anew: everything but the numbers of its jobs."""
    from monty.json import MontyEncoder

    text = _UUID.sub("", json.dumps(flow, cls=MontyEncoder, sort_keys=True))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _lock_of(file: Path) -> Path:
    return file.with_suffix(".lock")


def _alive(file: Path, document: dict[str, Any]) -> bool:
    if document["ended"] is not None:
        return False
    if document["host"] == socket.gethostname():
        with suppress(ImportError, OSError):
            return is_held(_lock_of(file))
    return LoggedRun(document, alive=False).silent_for < 6 * BEAT


def _forget(folder: Path, key: str) -> None:
    """Remove what earlier runs of the same flow left: this one goes on where they ended."""
    for file in folder.glob(f"{key}-*.json"):
        with suppress(FileNotFoundError):
            if not _alive(file, json.loads(file.read_text(encoding="utf-8"))):
                file.unlink()
                _lock_of(file).unlink(missing_ok=True)
