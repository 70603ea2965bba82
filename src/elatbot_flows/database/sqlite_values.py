"""Values in the indexes of the embedded store, in a form that SQLite compares as MongoDB does.

An index has a row for every value that a MongoDB path reaches in a document. Numbers and texts are
kept as they are; truth values and times become byte strings that sort behind them. Marks say that
null was reached, or something that no row can stand for, or that a list was passed through.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "KINDS",
    "LISTED",
    "NOTHING",
    "OTHER",
    "Kind",
    "decoded",
    "encoded",
    "equals",
    "kind_of",
    "reached_values",
]

Value: TypeAlias = str | int | float | bytes

OTHER = b"?"
"""Mark of a document in which the path reaches what no row can stand for."""
NOTHING = b"n"
"""Mark of a document in which the path reaches null."""
LISTED = b"["
"""Mark of a document in which the path passes through a list."""

_TRUTH = {False: b"b0", True: b"b1"}
_TIME = b"t"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - BSON gives times in UTC without saying so
_SURROGATE = re.compile("[\ud800-\udfff]")  # no UTF-8, so BSON and SQLite refuse it


class Kind(NamedTuple):
    """Values that compare with each other: SQL that says where they begin and end."""

    low: str | None
    high: str

    @property
    def sql(self) -> str:
        """A test of ``value``."""
        start = "" if self.low is None else f"value >= {self.low} AND "
        return f"{start}value < {self.high}"


KINDS = {
    "number": Kind(None, "''"),
    "text": Kind("''", "x''"),
    "truth": Kind("x'62'", "x'63'"),
    "time": Kind("x'74'", "x'75'"),
}
"""By name, in the order in which SQLite sorts them."""


def kind_of(value: Value) -> Kind:
    """The kind of an encoded value."""
    if isinstance(value, bytes):
        return KINDS["truth" if value[:1] == b"b" else "time"]
    return KINDS["text" if isinstance(value, str) else "number"]


def encoded(value: Any) -> Value | None:
    """A value as it stands in an index; None if no row can stand for it."""
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, str):
        return None if _SURROGATE.search(value) else value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    if isinstance(value, datetime):
        naive = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        milliseconds = (naive - _EPOCH).total_seconds() * 1000
        return _TIME + (round(milliseconds) + 2**62).to_bytes(8, "big")
    return None


def equals(value: Any) -> list[Value]:
    """Rows that are equal to a value; mongomock takes truth for the numbers 0 and 1."""
    row = encoded(value)
    if row is None:
        return []
    if isinstance(value, int | float) and value in (0, 1):
        return [int(value), _TRUTH[bool(value)]]
    return [row]


def decoded(value: Value) -> Any:
    """The value of a row."""
    if not isinstance(value, bytes):
        return value
    if value == NOTHING:
        return None
    if value[:1] == b"b":
        return value == _TRUTH[True]
    milliseconds = int.from_bytes(value[1:], "big") - 2**62
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def reached_values(document: Mapping[str, Any], field: str) -> set[Value]:
    """Rows of a document in the index of a path, marks included."""
    found: list[Any] = [document]
    rows: set[Value] = set()
    for part in field.split("."):
        members = _members(found, rows)
        found = [m[part] for m in members if isinstance(m, Mapping) and part in m]
    for value in _members(found, rows, last=True):
        row = encoded(value)
        rows.add(OTHER if row is None else row)
    return rows


def _members(values: list[Any], rows: set[Value], *, last: bool = False) -> list[Any]:
    """Values, and those of lists among them; marks for lists, and for what lists hide."""
    members: list[Any] = []
    for value in values:
        if isinstance(value, list | tuple):
            rows.add(LISTED)
            hidden = not value or any(v is None or isinstance(v, list | tuple) for v in value)
            if hidden or (last and any(isinstance(v, Mapping) for v in value)):
                rows.add(OTHER)
            members += [v for v in value if v is not None and not isinstance(v, list | tuple)]
        elif value is not None:
            members.append(value)
        elif last:
            rows.add(NOTHING)
    return members
