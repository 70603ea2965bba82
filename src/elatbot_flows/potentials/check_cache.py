"""Which checkpoints passed the self-check, remembered between processes."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any

from elatbot_flows.files import cache_directory, write_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_remembered", "remember"]


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
        write_whole(_file(key), json.dumps({"key": key, "outcome": outcome}, indent=1))


def _file(key: dict[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_directory() / "self_checks" / f"{digest}.json"
