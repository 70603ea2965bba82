"""Descriptions of many crystals by robocrystallographer: several processes, each with a time limit.

A crystal that takes too long costs its process, not the others: it is killed, and a new one begun.
The same crystal gets the same words in every process.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents.labelled import Description
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymatgen.core import Structure

__all__ = ["crystal_hash", "describe_many", "may_change"]

_WORKER = "elatbot_flows.training.data.describer"
_START = 600.0  # seconds that a process may take to load its libraries
_PATIENCE = 10.0  # how much longer than its processor time a crystal may take on a busy machine
_LATE = getattr(signal, "SIGVTALRM", None)
_RETRIED = ("timed_out", "process_died", "no_robocrys")
"""Reasons that another time, a larger limit or another machine may mend."""


def crystal_hash(crystal: Structure) -> str:
    """Hash of cell, species and places."""
    facts = [
        crystal.lattice.matrix.tolist(),
        [site.species_string for site in crystal],
        crystal.frac_coords.tolist(),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def may_change(reason: str | None) -> bool:
    """Whether describing a crystal again may end otherwise than with this reason."""
    return reason in _RETRIED


def describe_many(
    crystals: Iterable[tuple[str, Structure]], *, workers: int = 1, limit: float = 60.0
) -> Iterator[Description]:
    """Describe crystals as they come, in the order in which they are done.

    Parameters
    ----------
    crystals
        Each with an identifier; read as they are needed.
    workers
        Processes at a time.
    limit
        Seconds of processor time for one crystal; beyond them its reason is ``"timed_out"``. One
        that takes ten times as long without using its time is given up, too.

    Yields
    ------
    Description
        One for each crystal, with the words or the reason why there are none: ``timed_out``,
        ``process_died`` or one of `elatbot_flows.text.robocrys_text.describe`.
    """
    waiting = iter(crystals)
    idle: SimpleQueue[_Describer] = SimpleQueue()
    made = [_Describer(limit) for _ in range(workers)]
    for describer in made:
        idle.put(describer)

    def described(name: str, crystal: Structure) -> Description:
        describer = idle.get()
        try:
            return describer.describe(name, crystal)
        finally:
            idle.put(describer)

    with ThreadPoolExecutor(workers) as pool:
        try:
            running = {pool.submit(described, *each) for each in islice(waiting, workers)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(described, *each) for each in islice(waiting, len(done))}
                for each in done:
                    yield each.result()
        finally:
            for describer in made:
                describer.kill()
            pool.shutdown(cancel_futures=True)  # a thread that waits for an answer clears up itself
            for describer in made:
                describer.stop()


class _Describer:
    """A process that describes one crystal after the other."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._process: subprocess.Popen[str] | None = None

    def describe(self, name: str, crystal: Structure) -> Description:
        """Ask the process; without an answer in time it is killed."""
        process = self._running()
        line = json.dumps(crystal.as_dict(), default=float)
        found, late = _asked(process, line, _PATIENCE * self._limit)
        if found is None:
            self.stop()
            late = late or (_LATE is not None and process.returncode == -_LATE)
            why = _late(self._limit) if late else _dead(process)
            found = {"seconds": self._limit if late else 0.0, **why}
        return Description(
            material_id=name,
            made_from=crystal_hash(crystal),
            last_updated=datetime.now(tz=UTC),
            **found,
        )

    def kill(self) -> None:
        """Let the process end, whoever waits for it."""
        if (process := self._process) is not None and process.poll() is None:
            process.kill()

    def stop(self) -> None:
        """End the process."""
        self.kill()
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-W", "ignore", "-m", _WORKER, str(self._limit)],
                env=os.environ | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
            ready, _ = _asked(self._process, None, _START)
            if ready is None:
                self.stop()
                raise StructureError(
                    f"no process could be started that describes crystals: try python -m {_WORKER}",
                    reason="not_described",
                )
        return self._process


def _asked(
    process: subprocess.Popen[str], line: str | None, limit: float
) -> tuple[dict[str, Any] | None, bool]:
    """Answer of a process, None if there is none, and whether the time was up (s)."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(limit, end)
    timer.start()
    answer = ""
    try:
        if process.stdin is not None and line is not None:
            process.stdin.write(line + "\n")
            process.stdin.flush()
        answer = process.stdout.readline() if process.stdout is not None else ""
    except (OSError, ValueError):  # it is gone
        pass
    finally:
        timer.cancel()
    return (json.loads(answer) if answer else None), late.is_set()


def _late(limit: float) -> dict[str, Any]:
    return {"reason": "timed_out", "message": f"it took more than {limit:g} s of processor time"}


def _dead(process: subprocess.Popen[str]) -> dict[str, Any]:
    return {
        "reason": "process_died",
        "message": f"the process that described it ended with code {process.poll()}",
    }
