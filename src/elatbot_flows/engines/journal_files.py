"""A folder of JSON-lines files that many processes append to and all of them read."""

from __future__ import annotations

import json
import os
import socket
import threading
import uuid
from pathlib import Path
from typing import Any

from elatbot_flows.errors import EngineError

__all__ = ["JournalFolder"]

_SYNC_EVERY = 64
_KEY = "key"


class JournalFolder:
    """What all files of a folder say, by key.

    A line is handed to the operating system at once, so it survives the end of this process, and
    forced to the disk from time to time, so that a crash of the machine costs a few lines. A last
    line without its end is what a process was writing when it was stopped, and is ignored.

    Parameters
    ----------
    folder
        Made if absent.

    Raises
    ------
    EngineError
        If it cannot be made.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._lines: dict[str, tuple[Path, int, int]] = {}
        self._read_up_to: dict[Path, int] = {}
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._own: Path | None = None
        self._owner = 0
        self._unsynced = 0
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(
                f"no journal can be kept in {folder} ({error}): name a folder that can be written"
            ) from error

    def __contains__(self, key: str) -> bool:
        """Whether a line was there at the last `refresh`, or was appended since."""
        return key in self._lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, key: str) -> dict[str, Any]:
        """What the first line of a key says."""
        path, start, length = self._lines[key]
        with path.open("rb") as file:
            file.seek(start)
            line: dict[str, Any] = json.loads(file.read(length))
        return line

    def refresh(self) -> None:
        """Take note of the lines that were added since the last time, by whomever."""
        with self._lock:
            for path in sorted(self._folder.glob("*.jsonl")):
                self._read(path)

    def _read(self, path: Path) -> None:
        start = self._read_up_to.get(path, 0)
        with path.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                key = _key(line)
                if key is not None:
                    self._lines.setdefault(key, (path, start, len(line)))
                start += len(line)
        self._read_up_to[path] = start

    def append(self, key: str, content: dict[str, Any]) -> None:
        """Write a line.

        Raises
        ------
        EngineError
            If the disk refuses it.
        """
        line = json.dumps({_KEY: key, **content}, ensure_ascii=False) + "\n"
        with self._lock:
            try:
                descriptor = self._open()
                _write(descriptor, line.encode("utf-8", "surrogatepass"))
                self._unsynced += 1
                if self._unsynced >= _SYNC_EVERY:
                    os.fsync(descriptor)
                    self._unsynced = 0
            except OSError as error:
                self._descriptor = self._own = None  # what comes next must not follow half a line
                raise EngineError(
                    f"the journal in {self._folder} cannot be written ({error}): make room or name "
                    "another folder, and repeat the run"
                ) from error

    def _open(self) -> int:
        """Descriptor of this process's own file."""
        if self._owner != os.getpid():
            self._owner, self._own, self._descriptor = os.getpid(), None, None
        if self._own is None:
            name = f"{socket.gethostname()}-{self._owner}-{uuid.uuid4().hex[:8]}.jsonl"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._descriptor = os.open(self._folder / name, flags, 0o666)
            self._own = self._folder / name
        elif self._descriptor is None:
            self._descriptor = os.open(self._own, os.O_WRONLY | os.O_APPEND)
        return self._descriptor

    def close(self) -> None:
        """Force what was written to the disk; the next `append` opens the file again."""
        with self._lock:
            if self._descriptor is not None and self._owner == os.getpid():
                os.fsync(self._descriptor)
                os.close(self._descriptor)
            self._descriptor = None
            self._unsynced = 0


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _key(line: bytes) -> str | None:
    """Key of a line, None where a crash of the machine left something else."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    key = content.get(_KEY) if isinstance(content, dict) else None
    return key if isinstance(key, str) else None
