"""What a file is, where files go that can be made again, and how one is written as a whole."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from uuid import uuid4

__all__ = ["cache_directory", "sha256_of", "write_whole"]


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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


def write_whole(path: Path, text: str) -> None:
    """Write a file that others see as it was before, or whole, and make its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid4().hex}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
