"""Files of training records: JSON lines, one `TaskRecord` each."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from elatbot_flows.documents.training import PreferenceRecord, TaskRecord
from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

__all__ = ["as_record", "read_records", "records_sha256", "write_records"]


def as_record(given: TaskRecord | dict[str, Any]) -> TaskRecord:
    """A record as it was given, or of plain values; with a worse answer a `PreferenceRecord`.

    Raises
    ------
    ValidationError
        If it is none.
    """
    if isinstance(given, TaskRecord):
        return given
    paired = isinstance(given, dict) and "rejected" in given
    return (PreferenceRecord if paired else TaskRecord).model_validate(given)


def read_records(path: Path) -> list[TaskRecord]:
    """Training records of a file of JSON lines, gzip (``.gz``) or plain.

    Raises
    ------
    ElatbotError
        If the file is absent or a line is no record; names the line.
    """
    records = []
    for number, line in enumerate(read_json_lines(path), 1):
        try:
            records.append(as_record(line))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise ElatbotError(
                f"{path}, record {number}: {place}: {first['msg']}; a record has the fields "
                f"{', '.join(TaskRecord.model_fields)}"
            ) from error
    return records


def write_records(path: Path, records: Iterable[TaskRecord]) -> None:
    """Write records as JSON lines; the same records give the same bytes."""
    text = "".join(f"{record.model_dump_json()}\n" for record in records).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def records_sha256(records: Iterable[TaskRecord]) -> str:
    """Hash of records in their order, whatever file they came from."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.model_dump_json().encode() + b"\n")
    return digest.hexdigest()
