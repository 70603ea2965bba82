"""Collections of mongomock that lie in a SQLite file, with MongoDB's limit for a document."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import bson
from mongomock_ng.store import CollectionStore, DatabaseStore, ServerStore
from pymongo.errors import WriteError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LIMIT", "TOO_LARGE", "Kept"]

LIMIT = 16 * 1024**2
"""Bytes of BSON that MongoDB takes in one document."""
TOO_LARGE = 10334
"""MongoDB's code BSONObjectTooLarge."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY, place TEXT, key BLOB, body BLOB, UNIQUE (place, key)
);
CREATE TABLE IF NOT EXISTS indexes (place TEXT, name TEXT, body BLOB, PRIMARY KEY (place, name));
"""


class Kept(ServerStore):
    """All databases; a write is in the file when `save` was called, whatever happens then.

    Parameters
    ----------
    path
        The file; what is in it is there again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        # isolation_level: a transaction begins with the first write and ends with `save`.
        self.file = sqlite3.connect(path, check_same_thread=False, isolation_level="DEFERRED")
        self.file.execute("PRAGMA journal_mode = WAL")
        self.file.execute("PRAGMA synchronous = OFF")  # kill -9 is survived, a power cut is not
        self.file.executescript(_SCHEMA)
        for place, body in self.file.execute("SELECT place, body FROM documents ORDER BY id"):
            document = bson.decode(body)
            self._at(place)._documents[_hashable(document["_id"])] = document
        for place, name, body in self.file.execute("SELECT place, name, body FROM indexes"):
            index = bson.decode(body)
            index["key"] = [(field, direction) for field, direction in index["key"]]
            CollectionStore.create_index(self._at(place), name, index)

    def __getitem__(self, name: str) -> _Database:
        return self._databases.setdefault(name, _Database(self.file, name))

    def _at(self, place: str) -> _Collection:
        database, _, collection = place.partition(".")
        return self[database][collection]

    def save(self) -> None:
        """Let what was written since the last time outlive this process."""
        self.file.commit()


class _Database(DatabaseStore):
    def __init__(self, file: sqlite3.Connection, name: str) -> None:
        super().__init__()
        self._file, self._name = file, name

    def __getitem__(self, name: str) -> _Collection:
        return self._collections.setdefault(name, _Collection(self._file, self._name, name))


class _Collection(CollectionStore):
    def __init__(self, file: sqlite3.Connection, database: str, name: str) -> None:
        super().__init__(name)
        self._file, self._place = file, f"{database}.{name}"

    def __setitem__(self, key: Any, document: Any) -> None:
        body = bson.encode(document)
        where = (self._place, bson.encode({"_id": document["_id"]}))
        if len(body) > LIMIT:
            # mongomock has changed the document already.
            query = "SELECT body FROM documents WHERE place = ? AND key = ?"
            if before := self._file.execute(query, where).fetchone():
                super().__setitem__(key, bson.decode(before[0]))
            words = f"BSONObj size: {len(body)} is invalid. Size must be between 0 and {LIMIT}"
            raise WriteError(words, TOO_LARGE)
        query = (
            "INSERT INTO documents (place, key, body) VALUES (?, ?, ?) "
            "ON CONFLICT (place, key) DO UPDATE SET body = excluded.body"
        )
        self._file.execute(query, (*where, body))
        super().__setitem__(key, document)

    def __delitem__(self, key: Any) -> None:
        number = bson.encode({"_id": self._documents[key]["_id"]})
        query = "DELETE FROM documents WHERE place = ? AND key = ?"
        self._file.execute(query, (self._place, number))
        super().__delitem__(key)

    def drop(self) -> None:
        for table in ("documents", "indexes"):
            self._file.execute(f"DELETE FROM {table} WHERE place = ?", (self._place,))  # noqa: S608
        super().drop()

    def create_index(self, index_name: str, index_dict: dict[str, Any]) -> None:
        plain = dict(index_dict) | {"key": [list(pair) for pair in index_dict["key"]]}
        query = "INSERT OR REPLACE INTO indexes VALUES (?, ?, ?)"
        self._file.execute(query, (self._place, index_name, bson.encode(plain)))
        super().create_index(index_name, index_dict)

    def drop_index(self, index_name: str) -> None:
        query = "DELETE FROM indexes WHERE place = ? AND name = ?"
        self._file.execute(query, (self._place, index_name))
        super().drop_index(index_name)


def _hashable(key: Any) -> Any:
    from mongomock_ng.helpers import hashdict

    return hashdict(key) if isinstance(key, dict) else key
