"""The file of the embedded store: indexes, layouts of earlier versions, parts of documents."""

from __future__ import annotations

import sqlite3

from elatbot_flows.database.sqlite_file import DocumentFile
from elatbot_flows.database.sqlite_index import conditions, prune
from elatbot_flows.database.sqlite_store import SqliteStore


def test_questions_are_narrowed_by_what_has_an_index():
    criteria = {"uuid": "x", "$and": [{"n": {"$gte": 1, "$lt": 2}}], "other": 1}
    assert [(c.field, c.parameters) for c in conditions(criteria, {"uuid", "n"})] == [
        ("uuid", ["x"]),
        ("n", [1]),
        ("n", [2]),
    ]
    for unhelpful in ({"n": None}, {"n": {"$ne": 1}}, {"$or": [{"n": 1}]}, {"n": {"$in": [None]}}):
        assert list(conditions(unhelpful, {"n"})) == []


def test_pruning_keeps_the_paths_and_nothing_else():
    document = {"a": [{"b": 1, "c": 2}, 3], "d": {"e": [5], "f": 6}, "g": 7}
    assert prune(document, ["a.b", "d.e", "missing"]) == {"a": [{"b": 1}, 3], "d": {"e": [5]}}
    assert prune(document, ["a.0.c"]) == {"a": document["a"]}


def test_opening_a_file_that_is_there_writes_nothing(tmp_path):
    path = str(tmp_path / "documents.sqlite")
    DocumentFile(path, "things").close()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    DocumentFile(path, "things").close()
    writer.close()


def test_a_file_of_the_earlier_layout_is_brought_up_to_date(tmp_path):
    file = tmp_path / "documents.sqlite"
    with SqliteStore(file, "things", key="k") as store:
        store.ensure_index("flag")
        store.update([{"k": 1, "flag": True}, {"k": 2, "flag": None}])
    connection = sqlite3.connect(file)
    connection.execute("UPDATE entries SET value = 1 WHERE value = x'6231'")  # as it was written
    connection.execute("DROP INDEX entries_of_document")
    connection.execute("CREATE INDEX entries_of_document ON entries (document_id)")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    with SqliteStore(file, "things", key="k") as store:
        assert [d["k"] for d in store.query({"flag": True})] == [1]
        assert store.distinct("flag") == [True, None]
        assert [d["k"] for d in store.query({}, sort={"flag": 1})] == [2, 1]


def test_a_few_fields_of_a_large_document_are_read_without_the_rest(tmp_path, monkeypatch):
    """Whoever resolves references asks for one number of each document, again and again."""
    import bson

    store = SqliteStore(str(tmp_path / "store.sqlite"), "jobs", key="uuid")
    store.connect()
    store.update({"uuid": "a", "index": 3, "output": {"index": 5}, "tags": ["x"]}, key="uuid")
    decoded = []
    decode = bson.decode
    monkeypatch.setattr(bson, "decode", lambda body: decoded.append(1) or decode(body))
    found = list(store.query({"uuid": "a"}, ["index", "uuid", "absent"]))
    assert [{k: v for k, v in one.items() if k != "_id"} for one in found] == [
        {"index": 3, "uuid": "a"}
    ]
    assert not decoded
    assert store.query_one({"uuid": "a"}, ["tags"])["tags"] == ["x"]
    assert store.query_one({"uuid": "a"}, ["output"])["output"] == {"index": 5}
    assert store.query_one({"uuid": "a"}, ["output.index"])["output"] == {"index": 5}
    assert len(decoded) >= 3
