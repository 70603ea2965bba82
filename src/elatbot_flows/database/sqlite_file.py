"""The SQLite file of the embedded store: documents as BSON, and the values in their indexes."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.database.sqlite_index import (
    conditions,
    fields_of,
    is_indexable,
    picked,
    prune,
)
from elatbot_flows.database.sqlite_layout import VERSION, enter, prepare
from elatbot_flows.database.sqlite_query import Query, mixed, order_of, query_of
from elatbot_flows.database.sqlite_values import LISTED, OTHER, decoded
from elatbot_flows.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["DocumentFile", "scratch_collection"]

_PATIENCE = 120  # seconds to wait for other writers
_MANY = 1_000_000  # entries beyond which an index does not help
_CHUNK = 100  # documents read at once
_INDEXED = (
    *("uuid", "name", "metadata.fingerprint", "output.@class"),  # of jobs
    *("job_uuid", "candidate_id", "run_id"),  # of their large parts, and of candidates
)


class DocumentFile:
    """One collection in a SQLite file.

    Parameters
    ----------
    path
        The file; it is made, and its folder, if it is not there.
    collection
        Name of the collection.

    Raises
    ------
    StoreError
        If the file cannot be opened or is not one of these.
    """

    def __init__(self, path: str, collection: str) -> None:
        self._path = path
        self._name = collection
        # SQLite's connections must not cross a fork, and each thread has its own transactions.
        self._connections: dict[tuple[int, int], sqlite3.Connection] = {}
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                with self._transaction() as connection:
                    prepare(connection, path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be opened ({error})") from error
        for field in _INDEXED:
            self.ensure_index(field)

    @property
    def _connection(self) -> sqlite3.Connection:
        owner = (os.getpid(), threading.get_ident())
        if owner not in self._connections:
            self._connections[owner] = _connect(self._path)
        return self._connections[owner]

    def close(self) -> None:
        """Close the connections of this process."""
        for (process, _), connection in self._connections.items():
            if process == os.getpid():
                connection.close()
        self._connections.clear()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is written, or nothing; no other process writes meanwhile."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(
                    f"{self._path} cannot be written ({error}): make room or let others end, and "
                    "give the same command again to go on; what was written before is there"
                ) from error
            raise

    # --- reading ---------------------------------------------------------------------------------

    def matching(
        self,
        criteria: Mapping[str, Any],
        order: list[tuple[str, int]] | None = None,
        skip: int = 0,
        limit: int = 0,
    ) -> list[int]:
        """Ids of the documents that meet MongoDB criteria, in order."""
        indexes = self._indexes()
        test, terms = query_of(criteria, indexes, self._exists), "id"
        if order and test is not None:
            terms = order_of(order, indexes, self._exists) or ""
        if test is not None and terms:
            ordered = Query(f"{test.sql} ORDER BY {terms} LIMIT ? OFFSET ?", test.parameters)
            rows = self._documents("id", ordered, limit or -1, skip)
            return [row[0] for row in rows]
        sketch = self._sketch(criteria, [field for field, _ in order or []])
        found = sketch.find(criteria, {"_id": 1}, sort=order or None, skip=skip, limit=limit)
        return [document["_id"] for document in found]

    def count(self, criteria: Mapping[str, Any]) -> int:
        """Number of documents that meet MongoDB criteria."""
        test = query_of(criteria, self._indexes(), self._exists)
        if test is None:
            return int(self._sketch(criteria, []).count_documents(criteria))
        return int(self._documents("count(*)", test).fetchone()[0])

    def distinct(self, field: str, criteria: Mapping[str, Any]) -> list[Any]:
        """Values of a field among the documents that meet MongoDB criteria."""
        indexes = self._indexes()
        test = query_of(criteria, indexes, self._exists)
        index = indexes.get(field)
        if test is None or index is None or self._is_odd(index):
            return list(self._sketch(criteria, [field]).distinct(field, criteria))
        query = (
            f"SELECT DISTINCT value FROM entries WHERE index_id = {index} AND value != ? "  # noqa: S608
            f"AND document_id IN (SELECT id FROM documents WHERE collection = ? AND ({test.sql}))"
        )
        rows = self._connection.execute(query, [LISTED, self._name, *test.parameters])
        return [decoded(row[0]) for row in rows]

    def _is_odd(self, index: int) -> bool:
        """Whether the rows of an index are not all that its documents say."""
        return self._exists(index, "value = ?", [OTHER]) or mixed(index, self._exists)

    def _documents(self, what: str, test: Query, *more: Any) -> sqlite3.Cursor:
        """Select from the documents of this collection that pass a test."""
        query = f"SELECT {what} FROM documents WHERE collection = ? AND {test.sql}"  # noqa: S608
        return self._connection.execute(query, [self._name, *test.parameters, *more])

    def _exists(self, index: int, test: str, values: list[Any]) -> bool:
        """Whether an index has a row that passes a test."""
        query = f"SELECT 1 FROM entries WHERE index_id = {index} AND {test} LIMIT 1"  # noqa: S608
        return self._connection.execute(query, values).fetchone() is not None

    def documents(self, ids: list[int], only: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """Documents by id, in the order of the ids; those removed meanwhile are left out.

        Parameters
        ----------
        ids
            Which.
        only
            Fields that are enough, if there are any; documents may have more.
        """
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            query = f"SELECT id, body FROM documents WHERE id IN ({marks})"  # noqa: S608
            bodies = dict(self._connection.execute(query, chunk).fetchall())
            for number in chunk:
                if number in bodies:
                    yield {"_id": number, **picked(bodies[number], only)}

    def _sketch(self, criteria: Mapping[str, Any], fields: Iterable[str]) -> Any:
        """A collection in memory of what decides about the documents that may be meant."""
        from bson import decode

        decisive = fields_of(criteria)
        if decisive is not None:
            decisive.update(fields)

        def sketches() -> Iterator[dict[str, Any]]:
            for number, body in self._candidates(criteria):
                document = decode(body)
                kept = document if decisive is None else prune(document, decisive)
                yield {**kept, "_id": number}

        return scratch_collection(sketches())

    def _candidates(self, criteria: Mapping[str, Any]) -> Iterator[tuple[int, bytes]]:
        """Documents that the indexes do not rule out."""
        where, fewest = "collection = ?", _MANY
        parameters: list[Any] = [self._name]
        indexes = self._indexes()
        for field, test, values in conditions(criteria, indexes):
            entries = f"FROM entries WHERE index_id = {indexes[field]} AND {test}"
            counting = f"SELECT count(*) FROM (SELECT 1 {entries} LIMIT {fewest})"  # noqa: S608
            number = self._connection.execute(counting, values).fetchone()[0]
            if number < fewest:
                where, parameters, fewest = f"id IN (SELECT document_id {entries})", values, number
        query = f"SELECT id, body FROM documents WHERE {where} ORDER BY id"  # noqa: S608
        yield from self._connection.execute(query, parameters)

    def _indexes(self) -> dict[str, int]:
        """Numbers of the indexes by field."""
        query = "SELECT field, id FROM indexes WHERE collection = ?"
        return dict(self._connection.execute(query, (self._name,)).fetchall())

    # --- writing ---------------------------------------------------------------------------------

    def replace(self, documents: list[dict[str, Any]], keys: list[str]) -> None:
        """Put each document in the place of the first with equal `keys`, or at the end."""
        for key in keys:
            self.ensure_index(key)
        with self._transaction():
            for document in documents:
                found = self.matching({key: document[key] for key in keys}, limit=1)
                self._write(found[0] if found else None, document)

    def _write(self, number: int | None, document: dict[str, Any]) -> None:
        body = _encode(document)
        connection = self._connection
        if number is None:
            query = "INSERT INTO documents (collection, body) VALUES (?, ?)"
            number = connection.execute(query, (self._name, body)).lastrowid
        else:
            connection.execute("UPDATE documents SET body = ? WHERE id = ?", (body, number))
            connection.execute("DELETE FROM entries WHERE document_id = ?", (number,))
        for field, index in self._indexes().items():
            enter(connection, index, field, number, document)

    def remove(self, criteria: Mapping[str, Any]) -> None:
        """Remove the documents that meet MongoDB criteria."""
        with self._transaction() as connection:
            found = [(number,) for number in self.matching(criteria)]
            connection.executemany("DELETE FROM entries WHERE document_id = ?", found)
            connection.executemany("DELETE FROM documents WHERE id = ?", found)

    def ensure_index(self, field: str) -> bool:
        """Make an index on a field unless there is one; tell whether there is one now."""
        if not is_indexable(field):
            return False
        if field in self._indexes():
            return True
        with self._transaction() as connection:
            query = "INSERT OR IGNORE INTO indexes (collection, field) VALUES (?, ?)"
            if connection.execute(query, (self._name, field)).rowcount == 1:
                index = self._indexes()[field]
                for document in self.documents(self.matching({})):
                    enter(connection, index, field, document["_id"], document)
        return True


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # survives kill -9, as each job must
    return connection


def _encode(document: dict[str, Any]) -> bytes:
    """A document as BSON, without its ``_id``."""
    from bson import encode
    from bson.errors import InvalidDocument

    reason: object = "a field starts with $"
    if not any(field.startswith("$") for field in document):
        try:
            return encode({field: v for field, v in document.items() if field != "_id"})
        except (InvalidDocument, OverflowError, UnicodeError) as error:
            reason = error
    raise StoreError(f"the document is not fit for a store: {reason}")


def scratch_collection(documents: Iterable[dict[str, Any]]) -> Any:
    """A collection of mongomock with these documents, for the rules of MongoDB."""
    from mongomock_ng import MongoClient

    collection: Any = MongoClient()["scratch"]["documents"]
    for document in documents:
        collection.insert_one(document)
    return collection
