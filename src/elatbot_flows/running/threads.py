"""How many processor cores there are for this process, and the threads of each worker."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["available_cores", "shared_out_threads", "thread_variables"]


def available_cores() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_variables(workers: int, environment: Mapping[str, str]) -> dict[str, str]:
    """Environment variables that keep workers from using more threads than there are cores.

    What the user has set stays, and ``OMP_NUM_THREADS`` counts for all: MKL and OpenBLAS would
    otherwise follow variables of their own first.

    Parameters
    ----------
    workers
        Number of worker processes.
    environment
        Variables that are set.

    Returns
    -------
    dict of str
        Variables to add.
    """
    own = environment.get("OMP_NUM_THREADS")
    omp = own or str(max(1, available_cores() // workers))
    # Relaxing cells means 3x3 matrices: threads of OpenBLAS would only wait for each other.
    other = omp.partition(",")[0]  # OpenMP alone takes a list, one number for each level
    wanted = {
        "OMP_NUM_THREADS": omp,
        "MKL_NUM_THREADS": other,
        "OPENBLAS_NUM_THREADS": other if own else "1",
    }
    return {name: value for name, value in wanted.items() if not environment.get(name)}


@contextmanager
def shared_out_threads(workers: int) -> Iterator[None]:
    """While inside, processes that are started share out the cores among `workers` of them."""
    added = thread_variables(workers, os.environ)
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
