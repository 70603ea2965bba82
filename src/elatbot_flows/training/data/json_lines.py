"""Reading files of JSON lines."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ElatbotError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_json_lines"]


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Records of a JSON-lines file, gzip (``.gz``) or plain.

    Raises
    ------
    ElatbotError
        If the file is absent or not JSON lines.
    """
    if not path.is_file():
        raise ElatbotError(f"there is no data file {path}; give a .jsonl or .jsonl.gz file")
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, OSError, EOFError, RecursionError, zlib.error) as error:
        raise ElatbotError(f"{path} is not a file of JSON lines: {error}") from error
