"""Which documents the indexes of the embedded store rule out, where they do not decide alone.

Everything here may let too many documents through but never too few: the exact answer comes from
MongoDB's rules applied to what is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from elatbot_flows.database.sqlite_values import Value, encoded, equals, kind_of

__all__ = ["Condition", "conditions", "fields_of", "is_indexable", "picked", "prune"]

_PART = re.compile(r"[A-Za-z_@][^.]*")  # no positions in lists, no operators
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
        elif field in indexed and encoded(wanted) is not None:
            yield _one_of(field, [wanted])
        elif field in indexed and _has_operators(wanted):
            for operator, value in wanted.items():
                yield from _operator_conditions(field, operator, value)


def _has_operators(wanted: Any) -> bool:
    """Whether it is a set of operators; other mappings are subdocuments to be equal to."""
    return isinstance(wanted, Mapping) and all(name.startswith("$") for name in wanted)


def _operator_conditions(field: str, operator: str, value: Any) -> Iterator[Condition]:
    if operator == "$eq" and encoded(value) is not None:
        yield _one_of(field, [value])
    elif operator in {"$in", "$all"} and isinstance(value, list | tuple):
        if any(encoded(one) is None for one in value) or len(value) > _MOST_VALUES:
            return
        if operator == "$in":
            yield _one_of(field, list(value))
        else:
            yield from (_one_of(field, [one]) for one in value)
    elif operator in _RANGES and (bound := encoded(value)) is not None:
        test = f"{kind_of(bound).sql} AND value {_RANGES[operator]} ?"
        yield Condition(field, test, [bound])


def _one_of(field: str, values: list[Any]) -> Condition:
    found = [row for value in values for row in equals(value)]
    return Condition(field, f"value IN ({','.join('?' * len(found))})", found)


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


def picked(body: bytes, only: Sequence[str]) -> dict[str, Any]:
    """A document, or those of its fields that are enough, if they are values and no documents."""
    from bson import decode
    from bson.raw_bson import RawBSONDocument

    if only and not any("." in name for name in only):
        raw = RawBSONDocument(body)
        found = {name: raw[name] for name in raw if name in only}  # in their order
        if not any(isinstance(value, (Mapping, list)) for value in found.values()):
            return found
    return decode(body)
