"""Files of crystals that language models wrote: what each text is, or why it is none."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError, StructureError
from elatbot_flows.text.crystals.forms import form_of, parse_crystal
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from elatbot_flows.text.crystals.written import WrittenCrystal

__all__ = ["COLUMNS", "ReadText", "read_crystal_texts"]

COLUMNS = ("text", "gen_str", "original_gen_str", "completion", "cif", "CIF", "Generated CIF")
"""Columns of tables, and fields of records, that hold texts; the first that is there is read."""


@dataclass(frozen=True)
class ReadText:
    """What became of a text.

    Parameters
    ----------
    source
        File, and the number of the text in it, from 1, where it holds several.
    form
        One of `elatbot_flows.text.crystals.forms.FORMS`; None for no text at all.
    crystal
        The crystal, or None.
    reason, message
        Why there is none, for programs and for people.
    """

    source: str
    form: str | None
    crystal: WrittenCrystal | None = None
    reason: str | None = None
    message: str | None = None


def read_crystal_texts(path: Path, *, tolerant: bool = True) -> list[ReadText]:
    """Read every text of a file, or of all files of a folder.

    Parameters
    ----------
    path
        A folder; a table (``.csv``) or JSON lines (``.jsonl``, ``.jsonl.gz``) with one of
        `COLUMNS`; or any other file, which is one text.
    tolerant
        Repair what leaves no doubt, and say so.

    Raises
    ------
    StructureError
        If there is no file.
    ElatbotError
        For JSON lines that are none.
    """
    files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    if missing := [each for each in files if not each.is_file()] or ([] if files else [path]):
        raise StructureError(f"there is no file of crystals in {missing[0]}", "no_file")
    return [
        _outcome(source, text, tolerant=tolerant) for each in files for source, text in _texts(each)
    ]


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Texts of a file with their names."""
    name = path.name
    if name.endswith((".jsonl", ".jsonl.gz")):
        texts = [_of_record(record) for record in read_json_lines(path)]
    else:
        whole = path.read_text(encoding="utf-8", errors="replace")
        rows = _rows(whole) if path.suffix == ".csv" else []
        texts = [_of_record(row) for row in rows] if rows and _column(rows[0]) else [whole]
    if len(texts) == 1:
        yield name, texts[0]
    else:
        yield from ((f"{name}:{number}", text) for number, text in enumerate(texts, start=1))


def _rows(text: str) -> list[dict[str, Any]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        return list(csv.DictReader(text.splitlines(keepends=True)))
    except csv.Error:
        return []


def _column(record: dict[str, Any]) -> str | None:
    return next((name for name in COLUMNS if name in record), None)


def _of_record(record: Any) -> str:
    """Text of a record; nothing where it has none."""
    if isinstance(record, str):
        return record
    name = _column(record) if isinstance(record, dict) else None
    text = record[name] if name else None
    return text if isinstance(text, str) else ""


def _outcome(source: str, text: str, *, tolerant: bool) -> ReadText:
    form = None
    try:
        form = form_of(text)
        return ReadText(source, form, parse_crystal(text, form, tolerant=tolerant))
    except ParseError as error:
        return ReadText(source, form, reason=error.reason, message=str(error))
