"""What an index of the embedded store holds, and which part of a question it can answer.

An index has a row for every text, number and truth value that a MongoDB path reaches in a document,
as MongoDB's own indexes do. Everything here may let too many documents through but never too few:
the exact answer comes from MongoDB's rules applied to what is left.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

__all__ = ["Condition", "conditions", "fields_of", "is_indexable", "prune", "reached_values"]

Value: TypeAlias = str | int | float

_PART = re.compile(r"[A-Za-z_@][^.]*")  # no positions in lists, no operators
_SURROGATE = re.compile("[\ud800-\udfff]")  # no UTF-8, so BSON and SQLite refuse it
_RANGES = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_MOST_VALUES = 30_000  # SQLite takes 32,766 parameters


class Condition(NamedTuple):
    """A test of the values of an indexed field: SQL over ``value``, with its parameters."""

    field: str
    sql: str
    parameters: list[Value]


def is_indexable(field: str) -> bool:
    """Whether a path consists of names only, so that an index can follow it."""
    return all(_PART.fullmatch(part) for part in field.split("."))


def reached_values(document: Mapping[str, Any], field: str) -> set[Value]:
    """Values that a path reaches in a document, through lists where there are any."""
    found: list[Any] = [document]
    for part in field.split("."):
        found = [
            value[part] for value in _flat(found) if isinstance(value, Mapping) and part in value
        ]
    return {value for value in _flat(found) if _is_plain(value)}


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value


def _is_plain(value: Any) -> bool:
    """Whether SQLite keeps and compares a value as MongoDB would."""
    if isinstance(value, str):
        return not _SURROGATE.search(value)
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, int) and -(2**63) <= value < 2**63


def conditions(criteria: Mapping[str, Any], indexed: Iterable[str]) -> Iterator[Condition]:
    """Necessary conditions on indexed fields for a document to meet MongoDB criteria.

    Parameters
    ----------
    criteria
        MongoDB criteria.
    indexed
        Fields with an index.
    """
    indexed = set(indexed)
    for field, wanted in criteria.items():
        if field == "$and":
            for part in wanted:
                yield from conditions(part, indexed)
        elif field in indexed and _is_plain(wanted):
            yield _one_of(field, [wanted])
        elif field in indexed and _has_operators(wanted):
            for operator, value in wanted.items():
                yield from _operator_conditions(field, operator, value)


def _has_operators(wanted: Any) -> bool:
    """Whether it is a set of operators; other mappings are subdocuments to be equal to."""
    return isinstance(wanted, Mapping) and all(name.startswith("$") for name in wanted)


def _operator_conditions(field: str, operator: str, value: Any) -> Iterator[Condition]:
    if operator == "$eq" and _is_plain(value):
        yield _one_of(field, [value])
    elif operator in {"$in", "$all"} and isinstance(value, list | tuple):
        if not all(map(_is_plain, value)) or len(value) > _MOST_VALUES:
            return
        if operator == "$in":
            yield _one_of(field, list(value))
        else:
            yield from (_one_of(field, [one]) for one in value)
    elif operator in _RANGES and _is_plain(value):
        # SQLite puts all numbers before all texts; MongoDB compares within a kind only.
        kind = "value >= ''" if isinstance(value, str) else "value < ''"
        yield Condition(field, f"{kind} AND value {_RANGES[operator]} ?", [value])


def _one_of(field: str, values: list[Value]) -> Condition:
    return Condition(field, f"value IN ({','.join('?' * len(values))})", values)


def fields_of(criteria: Mapping[str, Any]) -> set[str] | None:
    """Paths that decide whether a document meets criteria; None if that may be all of them."""
    found: set[str] = set()
    for field, wanted in criteria.items():
        if field in {"$and", "$or", "$nor"}:
            for part in wanted:
                below = fields_of(part)
                if below is None:
                    return None
                found |= below
        elif field.startswith("$") or "" in field.split("."):
            return None
        else:
            found.add(field)
    return found


def prune(value: Any, fields: Iterable[str]) -> Any:
    """A copy of a document with nothing but what the paths reach; lists keep their length."""
    if isinstance(value, list):
        by_name = all(_PART.match(field) for field in fields)
        return [prune(item, fields) for item in value] if by_name else value
    if not isinstance(value, Mapping):
        return value
    below: dict[str, list[str]] = {}
    for field in fields:
        head, _, rest = field.partition(".")
        below.setdefault(head, []).append(rest)
    return {
        name: value[name] if "" in rests else prune(value[name], rests)
        for name, rests in below.items()
        if name in value
    }
