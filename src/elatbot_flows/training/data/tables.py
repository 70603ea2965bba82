"""Records out of files of people: comma-separated values, JSON and JSON lines."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_table"]


def read_table(path: Path) -> list[Any]:
    """Records of a file: ``.csv``, ``.json`` (a list of objects), else JSON lines (also ``.gz``).

    Raises
    ------
    ElatbotError
        If the file is absent or cannot be read as what its name says.
    """
    if path.suffix not in (".csv", ".json"):
        return read_json_lines(path)
    if not path.is_file():
        raise ElatbotError(f"there is no data file {path}; give a .csv, .json or .jsonl file")
    return _read_csv(path) if path.suffix == ".csv" else _read_json(path)


def _read_csv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines, restkey="rest"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ElatbotError(f"{path} is not a file of comma-separated values: {error}") from error


def _read_json(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ElatbotError(f"{path} is not JSON: {error}") from error
    if not isinstance(found, list):
        raise ElatbotError(f"{path} is no list: give a JSON list of objects, or JSON lines")
    return found
