"""Tables of the embedded store, and how a file of an earlier layout becomes one of this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.database.sqlite_values import reached_values
from elatbot_flows.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

__all__ = ["VERSION", "enter", "prepare"]

VERSION = 2
_WITHOUT_MARKS = 1  # the version before, with other rows in its indexes
_SCHEMA = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, body BLOB NOT NULL
);
CREATE INDEX documents_of_collection ON documents (collection);
CREATE TABLE indexes (
    id INTEGER PRIMARY KEY, collection TEXT NOT NULL, field TEXT NOT NULL,
    UNIQUE (collection, field)
);
CREATE TABLE entries (
    index_id INTEGER NOT NULL, value NOT NULL, document_id INTEGER NOT NULL,
    PRIMARY KEY (index_id, value, document_id)
) WITHOUT ROWID;
CREATE INDEX entries_of_document ON entries (document_id, index_id);
"""


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Make the tables of a file, or bring them to this version, inside a transaction.

    Raises
    ------
    StoreError
        If the file has a layout that this version does not know.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
    elif version == _WITHOUT_MARKS:
        _renew_indexes(connection)
    elif version != VERSION:
        raise StoreError(
            f"{path} has layout {version}, this version of elatbot_flows reads {VERSION}; use the "
            "version that wrote it, or another folder"
        )
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _renew_indexes(connection: sqlite3.Connection) -> None:
    """Fill all indexes anew, in the form of this version."""
    from bson import decode

    connection.execute("DROP INDEX entries_of_document")
    connection.execute("DELETE FROM entries")
    connection.execute("CREATE INDEX entries_of_document ON entries (document_id, index_id)")
    indexes = connection.execute("SELECT id, collection, field FROM indexes").fetchall()
    for index, collection, field in indexes:
        query = "SELECT id, body FROM documents WHERE collection = ?"
        for number, body in connection.execute(query, (collection,)).fetchall():
            enter(connection, index, field, number, decode(body))


def enter(
    connection: sqlite3.Connection,
    index: int,
    field: str,
    number: int | None,
    document: Mapping[str, Any],
) -> None:
    """Write the rows of a document into an index."""
    rows = [(index, value, number) for value in reached_values(document, field)]
    connection.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?, ?)", rows)
