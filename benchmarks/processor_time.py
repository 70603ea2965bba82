"""Processor time of commands and of all processes they start.

Workers are forked by a server that nobody waits for, so what the kernel counts of the children of
a process lacks them.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BECOME_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux: children of children that end become one's own."""


def seconds_of_command(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command without showing what it prints; returns when all its processes have ended.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)
    before = _waited_for()
    subprocess.run(  # noqa: S603 - our own command
        list(command), check=True, stdout=subprocess.DEVNULL, env=dict(environment)
    )
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return _waited_for() - before


def seconds_so_far() -> float:
    """Of this process and of all that it started, whether they have ended or live."""
    living = (child.cpu_times() for child in psutil.Process().children(recursive=True))
    return sum(map(sum, living), start=sum(psutil.Process().cpu_times()[:4]))


def _waited_for() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
