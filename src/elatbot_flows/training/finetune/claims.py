"""Whose training a folder holds: what is there is gone on with, and never written over."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents import TrainedModel
from elatbot_flows.errors import TrainingError
from elatbot_flows.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["CHECKPOINTS", "CLAIM", "DOCUMENT", "claimed", "read_trained", "write_trained"]

CLAIM = "training.json"
"""What is trained in a folder."""
DOCUMENT = "trained_model.json"
"""What came of it; written last."""
CHECKPOINTS = "checkpoints"
"""Folder of the checkpoints."""
_LOCK = ".training.lock"


@contextmanager
def claimed(folder: Path, claim: dict[str, Any]) -> Iterator[None]:
    """Have a folder for one training alone.

    Parameters
    ----------
    folder
        Made if absent.
    claim
        What decides the result: hashes of base and records, dialect, settings.

    Raises
    ------
    TrainingError
        If it holds anything else, another process trains in it, or it cannot be written to.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"{folder} cannot be made ({error.strerror}): choose another folder"
        ) from error
    try:
        with FileLock(folder / _LOCK, timeout=0):
            _require_same(folder, json.loads(json.dumps(claim)))
            yield
    except Timeout as error:
        raise TrainingError(f"another process trains in {folder}: wait, or end it") from error


def _require_same(folder: Path, claim: dict[str, Any]) -> None:
    file = folder / CLAIM
    if not file.is_file():
        if others := sorted(p.name for p in folder.iterdir() if p.name != _LOCK):
            raise TrainingError(
                f"{folder} holds {others[0]} and is no folder of a training: choose an empty one"
            )
        write_whole(file, json.dumps(claim, indent=1) + "\n")
        return
    try:
        there = json.loads(file.read_text())
    except ValueError as error:
        raise TrainingError(f"{file} cannot be read ({error}): choose another folder") from error
    if different := _differences(there, claim):
        raise TrainingError(
            f"{folder} holds another training, with other {', '.join(different)}: choose another "
            "folder, or the same settings to go on with it"
        )


def _differences(there: Any, claim: dict[str, Any]) -> list[str]:
    if not isinstance(there, dict):
        return ["contents"]
    pairs = {**there, **there.get("settings", {})}, {**claim, **claim["settings"]}
    names = (set(pairs[0]) | set(pairs[1])) - {"settings"}
    return sorted(name for name in names if pairs[0].get(name) != pairs[1].get(name))


def read_trained(folder: Path) -> TrainedModel | None:
    """Document of a finished training, None where there is none.

    Raises
    ------
    TrainingError
        If it cannot be read.
    """
    file = folder / DOCUMENT
    if not file.is_file():
        return None
    try:
        return TrainedModel.model_validate_json(file.read_text(encoding="utf-8"))
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise TrainingError(f"{file} is no document of a training ({first}): remove it") from error


def write_trained(trained: TrainedModel) -> TrainedModel:
    """Put a document beside the weights; returns it."""
    from pathlib import Path

    write_whole(Path(trained.folder) / DOCUMENT, trained.model_dump_json(indent=1) + "\n")
    return trained
