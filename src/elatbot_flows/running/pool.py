"""Worker processes for jobs.

Libraries and potentials take ten to fifteen seconds to import and load. Under Linux they are
imported once, by a process that all workers are forked from (Python's fork server).
"""

from __future__ import annotations

import contextlib
import gc
import json
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING

from elatbot_flows.running.preloaded import WANTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["start_server", "worker_pool"]

_ACCELERATORS = (Path("/dev/nvidiactl"), Path("/dev/kfd"))
"""Present where the driver of NVIDIA or AMD is; a process that used it cannot be forked."""


@contextlib.contextmanager
def worker_pool(workers: int, potentials: Sequence[str] = ()) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that end at once when this process is interrupted or killed.

    Parameters
    ----------
    workers
        How many at most.
    potentials
        What jobs will need; loaded for all of them at once where that is possible.
    """
    method = "forkserver" if start_server(potentials) else "spawn"
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context(method),
        initializer=_start_worker,
        initargs=(dict(os.environ),),
    )
    try:
        yield pool
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        # Not waiting for the thread of the pool makes it trip over the end of the interpreter.
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def start_server(potentials: Sequence[str] = ()) -> bool:
    """Start the process that workers are forked from, which lives as long as this one.

    Parameters
    ----------
    potentials
        What it loads; of a server that runs already nothing changes.

    Returns
    -------
    bool
        False where there can be none: not under Linux, or with a driver of accelerators.
    """
    if sys.platform != "linux" or any(driver.exists() for driver in _ACCELERATORS):
        return False
    forkserver.set_forkserver_preload(["elatbot_flows.running.preloaded"])
    os.environ[WANTED] = json.dumps(list(potentials))
    try:
        forkserver.ensure_running()
    finally:
        del os.environ[WANTED]
    return True


def _start_worker(environment: dict[str, str]) -> None:
    """Leave Ctrl-C to the main process, which ends the workers, and end when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()  # the server may be older than what was set since
    os.environ.update(environment)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(int(environment["OMP_NUM_THREADS"].partition(",")[0]))
    # Documents are many small objects without cycles, among which Python looks for some too often.
    gc.set_threshold(50_000, 20, 20)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
