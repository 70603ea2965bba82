"""Checkpoints that are whole, or are none."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import TrainingError
from elatbot_flows.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Cost", "checkpoint_at", "cost_of", "last_whole", "rotate", "seal", "state_of", "sweep"]

_SEAL = "whole.json"
"""Written last into a checkpoint: what it holds, file by file, and what it took to get there."""
_PREFIX = "checkpoint-"


@dataclass(frozen=True)
class Cost:
    """What a training took, all its parts together.

    Parameters
    ----------
    wall_seconds, cpu_seconds
        Time that passed, and that of all processors.
    peak_memory_mb
        Most memory of the process or, on a GPU, of its tensors there.
    """

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mb: float = 0.0


def checkpoint_at(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step is."""
    return folder / f"{_PREFIX}{step}"


def seal(checkpoint: Path, cost: Cost) -> None:
    """Say of a checkpoint that all of it is there."""
    files = {file.name: file.stat().st_size for file in checkpoint.iterdir() if file.is_file()}
    write_whole(checkpoint / _SEAL, json.dumps({"files": files, "cost": asdict(cost)}) + "\n")


def cost_of(checkpoint: Path | None) -> Cost:
    """What it took to get to a checkpoint; nothing for None."""
    return Cost() if checkpoint is None else Cost(**_sealed(checkpoint)["cost"])


def state_of(checkpoint: Path) -> dict[str, Any]:
    """What the Trainer wrote down: ``global_step``, ``log_history``, ``best_metric`` and more."""
    found: dict[str, Any] = json.loads((checkpoint / "trainer_state.json").read_text())
    return found


def last_whole(folder: Path) -> Path | None:
    """The latest checkpoint that is whole, None if there is none."""
    whole = [found for found in _all(folder) if _is_whole(found)]
    return max(whole, key=_step, default=None)


def sweep(folder: Path) -> None:
    """Take away what is not whole: the rest of a training that was killed while it saved.

    Raises
    ------
    TrainingError
        If something cannot be taken away.
    """
    for found in _all(folder):
        if not _is_whole(found):
            _remove(found)


def rotate(folder: Path, best: int | None, keep: int) -> None:
    """Keep the latest checkpoints and the best one, `keep` in all.

    The Trainer itself would go by the times of folders, and before the new one is sealed.

    Parameters
    ----------
    folder
        With checkpoints, of which the latest is whole.
    best
        Step of the best one so far, None where nobody knows.
    keep
        Two or more.
    """
    latest = sorted(_all(folder), key=_step, reverse=True)
    others = [found for found in latest if _step(found) != best]
    spared = keep - (len(others) < len(latest))
    for found in others[spared:]:
        _remove(found)


def _remove(checkpoint: Path) -> None:
    try:
        (checkpoint / _SEAL).unlink(missing_ok=True)  # it is not whole from here on
        shutil.rmtree(checkpoint)
    except OSError as error:
        raise TrainingError(
            f"{checkpoint} is not needed any more and cannot be taken away ({error.strerror}): "
            "remove it and give the same command again"
        ) from error


def _all(folder: Path) -> list[Path]:
    found = folder.glob(f"{_PREFIX}*") if folder.is_dir() else ()
    return [one for one in found if one.is_dir() and one.name[len(_PREFIX) :].isdecimal()]


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name[len(_PREFIX) :])


def _sealed(checkpoint: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((checkpoint / _SEAL).read_text())
    return found


def _is_whole(checkpoint: Path) -> bool:
    try:
        files = _sealed(checkpoint)["files"]
        return all((checkpoint / n).stat().st_size == size for n, size in files.items())
    except (OSError, ValueError, KeyError):
        return False
