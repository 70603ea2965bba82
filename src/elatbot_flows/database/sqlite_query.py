"""MongoDB criteria and orders as SQL over the indexes, where these alone decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from elatbot_flows.database.sqlite_values import (
    KINDS,
    LISTED,
    NOTHING,
    OTHER,
    Value,
    encoded,
    equals,
    kind_of,
)

__all__ = ["Query", "mixed", "order_of", "query_of"]

_RANGES = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_MOST_VALUES = 30_000  # SQLite takes 32,766 parameters

Exists: TypeAlias = Callable[[int, str, list[Value]], bool]
"""Whether an index has a row that passes a test."""


class Query(NamedTuple):
    """SQL with its parameters."""

    sql: str
    parameters: list[Any]


class _Undecided(Exception):  # noqa: N818 - no error: somebody else has to decide
    """The indexes alone do not decide."""


def query_of(
    criteria: Mapping[str, Any], indexes: Mapping[str, int], exists: Exists
) -> Query | None:
    """A test of ``id`` that holds for exactly those documents that meet MongoDB criteria.

    Parameters
    ----------
    criteria
        MongoDB criteria.
    indexes
        Numbers of the indexes by field.
    exists
        Tells what rows an index has.

    Returns
    -------
    Query or None
        None if the indexes do not decide.
    """
    try:
        tests = list(_tests(criteria, indexes, exists))
    except _Undecided:
        return None
    return _joined(tests, "AND") if tests else Query("1", [])


def _tests(
    criteria: Mapping[str, Any], indexes: Mapping[str, int], exists: Exists
) -> Iterator[Query]:
    for field, wanted in criteria.items():
        if field in {"$and", "$or"} and isinstance(wanted, list) and wanted:
            parts = [list(_tests(part, indexes, exists)) for part in wanted]
            joined = [_joined(part, "AND") if part else Query("1", []) for part in parts]
            yield _joined(joined, field[1:].upper())
        elif field not in indexes or exists(indexes[field], "value = ?", [OTHER]):
            raise _Undecided
        elif isinstance(wanted, Mapping):
            if not wanted:
                raise _Undecided
            for operator, value in wanted.items():
                if value is None and operator in {"$eq", "$ne"}:
                    yield _null(indexes[field], exists, negated=operator == "$ne")
                else:
                    yield from _operator(indexes[field], operator, value)
        elif wanted is None:
            yield _null(indexes[field], exists)
        else:
            yield _one_of(indexes[field], [wanted])


def _joined(tests: list[Query], word: str) -> Query:
    sql = f" {word} ".join(f"({test.sql})" for test in tests)
    return Query(sql, [value for test in tests for value in test.parameters])


def _operator(index: int, operator: str, value: Any) -> Iterator[Query]:
    if operator in {"$eq", "$ne"}:
        yield _one_of(index, [value], negated=operator == "$ne")
    elif operator in {"$in", "$nin"} and isinstance(value, list | tuple):
        yield _one_of(index, list(value), negated=operator == "$nin")
    elif operator == "$all" and isinstance(value, list | tuple) and value:
        yield from (_one_of(index, [one]) for one in value)
    elif operator in _RANGES:
        bound = _plain(value)
        yield _rows(index, f"{kind_of(bound).sql} AND value {_RANGES[operator]} ?", [bound])
    else:
        raise _Undecided


def _null(index: int, exists: Exists, *, negated: bool = False) -> Query:
    """A test for null or nothing at all."""
    if exists(index, "value = ?", [LISTED]):
        raise _Undecided
    return _rows(index, "value != ?", [NOTHING], negated=not negated)


def _plain(value: Any) -> Value:
    row = encoded(value)
    if row is None:
        raise _Undecided
    return row


def _one_of(index: int, values: list[Any], *, negated: bool = False) -> Query:
    if len(values) > _MOST_VALUES:
        raise _Undecided
    plain = [row for value in values for row in equals(value) or [_plain(value)]]
    return _rows(index, f"value IN ({','.join('?' * len(plain))})", plain, negated=negated)


def _rows(index: int, test: str, values: list[Value], *, negated: bool = False) -> Query:
    word = "NOT IN" if negated else "IN"
    entries = f"SELECT document_id FROM entries WHERE index_id = {index} AND {test}"  # noqa: S608
    return Query(f"id {word} ({entries})", values)


def order_of(
    order: list[tuple[str, int]], indexes: Mapping[str, int], exists: Exists
) -> str | None:
    """The terms of ORDER BY that sort documents as MongoDB would; None if the indexes do not tell.

    Values have to be of one kind and in no list; documents without a value come first, or last in
    descending order.

    Parameters
    ----------
    order
        Fields with 1 or -1.
    indexes, exists
        As for :func:`query_of`.
    """
    terms = []
    for field, direction in order:
        if field not in indexes:
            return None
        index = indexes[field]
        if exists(index, "value IN (?, ?)", [OTHER, LISTED]) or mixed(index, exists):
            return None
        own = f"FROM entries WHERE document_id = id AND index_id = {index}"
        value = f"(SELECT nullif(value, x'6e') {own})"  # the mark of null
        terms.append(f"{value} {'ASC' if direction == 1 else 'DESC'}")
    return ", ".join([*terms, "id"])


def mixed(index: int, exists: Exists) -> bool:
    """Whether an index has values of several kinds."""
    return sum(exists(index, kind.sql, []) for kind in KINDS.values()) > 1
