"""Which checkpoints passed the self-check, remembered between processes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["cache_directory", "is_remembered", "remember"]


def cache_directory() -> Path:
    """The directory for files of this package that can be made again.

    ``ELATBOT_FLOWS_CACHE`` if set, else a folder where the platform keeps such files
    (``XDG_CACHE_HOME`` or ``~/.cache`` on Linux).
    """
    if own := os.environ.get("ELATBOT_FLOWS_CACHE"):
        return Path(own).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = os.environ.get("XDG_CACHE_HOME") or "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "elatbot_flows"


def is_remembered(key: dict[str, Any]) -> bool:
    """Whether a check with this key was passed; a cache that cannot be read remembers nothing."""
    try:
        return bool(json.loads(_file(key).read_text(encoding="utf-8"))["key"] == key)
    except (OSError, RuntimeError, ValueError, LookupError, TypeError):
        return False


def remember(key: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Note that a check was passed; a cache that cannot be written is no error.

    Parameters
    ----------
    key
        What was checked, as JSON can hold it.
    outcome
        What came out, for people who look into the cache.
    """
    with contextlib.suppress(OSError, RuntimeError):
        file = _file(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({"key": key, "outcome": outcome}, indent=1), encoding="utf-8")
        part.replace(file)


def _file(key: dict[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_directory() / "self_checks" / f"{digest}.json"
