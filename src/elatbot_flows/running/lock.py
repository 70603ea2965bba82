"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["hold", "is_held"]


def hold(path: Path) -> int | None:
    """Hold a lock until the number that is returned is closed; None where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return None
    opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with suppress(OSError):  # file systems without locks: signs of life have to do
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return opened


def is_held(path: Path) -> bool:
    """Whether a process on this machine holds it.

    Raises
    ------
    OSError
        If there is no such file.
    ImportError
        Where there are no locks.
    """
    import fcntl

    opened = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(opened)
    return False
