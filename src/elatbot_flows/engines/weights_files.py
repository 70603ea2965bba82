"""Where the files of a model are, and what they are by their content."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from elatbot_flows.engines.mini.generator_files import SHIPPED, find_folder
from elatbot_flows.errors import EngineError
from elatbot_flows.files import sha256_of

__all__ = ["hub_commit", "local_folder", "weights_sha256"]

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)?", re.ASCII)


def local_folder(model: str) -> Path | None:
    """Folder of a model that lies on this machine or comes with the package, None for a hub name.

    Raises
    ------
    EngineError
        If it looks like a folder and is none.
    """
    if model in SHIPPED:
        return find_folder(model)
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists() or not _HUB_NAME.fullmatch(model) or model.startswith("."):
        raise EngineError(
            f"there is no folder {model!r}: give the folder of a model, its name on the Hugging "
            f"Face hub, or one of {', '.join(SHIPPED)}"
        )
    return None


def hub_commit(folder: Path) -> str | None:
    """Commit of a folder in the cache of the Hugging Face hub, None for any other folder."""
    found = folder.resolve()
    in_cache = found.parent.name == "snapshots" and _COMMIT.fullmatch(found.name)
    return found.name if in_cache else None


def weights_sha256(folder: Path) -> str:
    """Hash of the weights in a folder.

    Returns
    -------
    str
        The SHA-256 of the file of weights, or, if there are several, of the lines of hash and name
        that ``sha256sum *.safetensors`` prints.

    Raises
    ------
    EngineError
        If there is no file of weights in the safetensors format.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise EngineError(
            f"{folder} has no weights (*.safetensors): weights in other formats can hold programs; "
            "convert them with save_pretrained on a machine where you trust them"
        )
    hashes = [_hash_once(file, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    if len(files) == 1:
        return hashes[0]
    lines = [f"{digest}  {file.name}\n" for digest, file in zip(hashes, files, strict=True)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@lru_cache(maxsize=256)
def _hash_once(file: Path, size: int, changed: int) -> str:  # noqa: ARG001
    """Hash of a file; read again only when its size or time of change differ."""
    return sha256_of(file)
