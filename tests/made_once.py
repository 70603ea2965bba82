"""Fixtures that take long, made by the first process that needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Give the folder that `make` filled, for all processes of pytest-xdist together."""
    base = factory.getbasetemp()
    # Folders of workers are gw0, gw1, ... in one that they share.
    folder = (base.parent if base.name.startswith("popen-gw") else base) / name
    with FileLock(f"{folder}.lock"):
        done = folder.with_suffix(".done")
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder
