"""The embedded store: MongoDB's answers, from a file that several processes share."""

from __future__ import annotations

import itertools
import json
import math
import multiprocessing
import pickle
import sqlite3
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jobflow import Flow, JobStore, job, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows.database.sqlite_store import SqliteStore
from elatbot_flows.errors import StoreError


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "store" / "documents.sqlite", "things", key="k") as made:
        yield made


def without_id(documents):
    return [{k: v for k, v in document.items() if k != "_id"} for document in documents]


# --- answers -----------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.text(max_size=3) | st.sampled_from(["Ni", "Al", "$x", "é", "\0"])
NUMBERS = st.integers(-2, 3) | st.floats(width=32) | st.sampled_from([2**62, 1e300, 0.1 + 0.2])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=8)
PATHS = st.sampled_from(["a", "b", "c", "a.b", "b.c", "a.b.c", "a.0", "b.1.a", "missing"])
OPERATORS = st.one_of(
    st.fixed_dictionaries({"$in": st.lists(SCALARS, max_size=3)}),
    st.fixed_dictionaries({"$nin": st.lists(SCALARS, max_size=2)}),
    st.fixed_dictionaries({"$all": st.lists(SCALARS, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"$gte": NUMBERS, "$lte": NUMBERS}),
    st.fixed_dictionaries({"$gt": TEXTS}),
    st.fixed_dictionaries({"$lt": NUMBERS | TEXTS}),
    st.fixed_dictionaries({"$eq": SCALARS}),
    st.fixed_dictionaries({"$ne": SCALARS}),
    st.fixed_dictionaries({"$exists": st.booleans()}),
    st.fixed_dictionaries({"$not": st.fixed_dictionaries({"$gte": NUMBERS})}),
    st.fixed_dictionaries({"$elemMatch": st.dictionaries(NAMES, SCALARS, min_size=1, max_size=1)}),
)
SIMPLE = st.dictionaries(PATHS, VALUES | OPERATORS, max_size=2)
CRITERIA = st.recursive(
    SIMPLE,
    lambda inner: st.builds(
        lambda name, parts: {name: parts},
        st.sampled_from(["$and", "$or", "$nor"]),
        st.lists(inner, min_size=1, max_size=2),
    ),
    max_leaves=3,
)


def filled(folder, documents):
    """The same documents in a SqliteStore with indexes and in a MemoryStore."""
    ours = SqliteStore(folder / "documents.sqlite", f"{next(COUNTER)}", key="k")
    stores = (ours, MemoryStore(key="k"))
    for store in stores:
        store.connect()
        store.update([{"k": k, **document} for k, document in enumerate(documents)])
        for field in ("a", "b", "a.b", "a.b.c"):
            store.ensure_index(field)
    return stores


COUNTER = itertools.count()
EXACT = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(ask, store):
    """What a store answers, or the kind of error it raises."""
    try:
        return repr(ask(store))
    except Exception as error:  # noqa: BLE001 - mongomock's errors are part of the answer
        return type(error).__name__


@EXACT
@given(documents=DOCUMENTS, criteria=CRITERIA)
def test_criteria_select_what_they_select_in_memory(tmp_path, documents, criteria):
    ours, theirs = filled(tmp_path, documents)
    for ask in (
        lambda s: [d["k"] for d in s.query(criteria, ["k"])],
        lambda s: s.count(criteria),
        lambda s: sorted(s.distinct("a.b", criteria), key=repr),  # MongoDB promises no order
    ):
        assert answer(ask, ours) == answer(ask, theirs)
    for store in (ours, theirs):
        store.remove_docs(criteria) if answer(lambda s: s.count(criteria), store).isdigit() else 0
    assert without_id(ours.query({}, ["k"])) == without_id(theirs.query({}, ["k"]))


@EXACT
@given(
    documents=DOCUMENTS,
    sort=st.dictionaries(PATHS, st.sampled_from([1, -1]), max_size=2),
    skip=st.integers(0, 3),
    limit=st.integers(0, 3),
    properties=st.none()
    | st.lists(PATHS, unique=True, max_size=2)
    | st.dictionaries(NAMES, st.just(0), max_size=2),
)
def test_order_and_fields_are_as_in_memory(tmp_path, documents, sort, skip, limit, properties):
    ours, theirs = filled(tmp_path, documents)

    def ask(store):
        return without_id(store.query({}, properties, sort, skip=skip, limit=limit))

    expected = answer(ask, theirs)
    assume(expected.startswith("["))  # mongomock stumbles over some lists of nothing
    assert answer(ask, ours) == expected


@EXACT
@given(documents=st.lists(st.dictionaries(NAMES, NUMBERS | VALUES), max_size=6))
def test_documents_come_back_unchanged(tmp_path, documents):
    ours, _ = filled(tmp_path, documents)
    found = without_id(ours.query())
    assert repr(found) == repr([{"k": k, **document} for k, document in enumerate(documents)])


def test_times_and_odd_numbers_are_those_of_mongodb(store):
    now = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    store.update({"k": 1, "last_updated": now, "nan": float("nan"), "big": 2**63 - 1})
    (found,) = store.query({"last_updated": {"$lte": now}})
    assert found["last_updated"] == now.replace(tzinfo=None) == store.last_updated
    assert math.isnan(found["nan"])
    assert found["big"] == 2**63 - 1


@pytest.mark.parametrize("bad", [{"n": 2**63}, {"text": "\ud800"}, {"$set": 1}])
def test_what_mongodb_refuses_is_refused_and_nothing_is_written(store, bad):
    with pytest.raises(StoreError, match="not fit for a store"):
        store.update([{"k": 1}, {"k": 2, **bad}])
    assert store.count() == 0


# --- writing -----------------------------------------------------------------------------------


def test_updating_replaces_by_one_key_or_several(store):
    store.update([{"k": 1, "index": i, "x": 0} for i in (1, 2)], key=["k", "index"])
    store.update({"k": 1, "index": 2, "x": 5}, key=["k", "index"])
    assert without_id(store.query({}, sort={"index": -1})) == [
        {"k": 1, "index": 2, "x": 5},
        {"k": 1, "index": 1, "x": 0},
    ]
    store.update({"k": 1, "x": 7})
    assert [d["x"] for d in store.query()] == [7, 5]
    with pytest.raises(KeyError):
        store.update({"x": 1})


def test_an_index_made_later_knows_the_earlier_documents(store):
    store.update([{"k": i, "alloy": {"elements": ["Ni", "Al"][: i + 1]}} for i in range(2)])
    assert store.ensure_index("alloy.elements")
    assert [d["k"] for d in store.query({"alloy.elements": "Al"})] == [1]
    store.update({"k": 1, "alloy": {"elements": ["W"]}})
    assert [d["k"] for d in store.query({"alloy.elements": {"$in": ["W", "Al"]}})] == [1]
    assert not store.ensure_index("alloy.elements.0")
    assert not store.ensure_index("alloy.elements", unique=True)


def test_writing_while_reading_is_allowed(store):
    store.update([{"k": i} for i in range(250)])
    for document in store.query():
        store.update({"k": document["k"], "seen": True})
    assert store.count({"seen": True}) == store.count() == 250


def test_groups_have_equal_values(store):
    store.update([{"k": i, "a": {"b": i % 2}} for i in range(5)] + [{"k": 9}])
    groups = {
        g["a"]["b"]: [d["k"] for d in found] for g, found in store.groupby("a.b", None, ["k"])
    }
    assert groups == {0: [0, 2, 4], 1: [1, 3]}


def test_a_look_up_by_an_indexed_field_reads_only_what_it_finds(store, monkeypatch):
    import bson

    store.update([{"k": i, "uuid": str(i), "index": 1} for i in range(50)])
    decoded, decode = [], bson.decode
    monkeypatch.setattr(bson, "decode", lambda body: decoded.append(body) or decode(body))
    assert store.query_one({"uuid": "7", "index": 1}, sort={"index": -1})["k"] == 7
    assert len(decoded) == 2  # once to decide, once to hand it out


# --- files, processes, threads -----------------------------------------------------------------


def test_it_travels_and_equals_its_copies(store):
    store.update({"k": 1})
    for copy in (
        pickle.loads(pickle.dumps(store)),  # noqa: S301 - our own bytes
        MontyDecoder().decode(json.dumps(store, cls=MontyEncoder)),
    ):
        assert copy == store
        assert hash(copy) == hash(store)
        copy.connect()
        assert copy.count() == 1
    other = SqliteStore(store.path, "others")
    assert other != store
    other.connect()
    assert other.count() == 0


def test_what_is_no_store_is_refused(tmp_path):
    text, newer = tmp_path / "text", tmp_path / "newer"
    text.write_text("not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore(text).connect()
    sqlite3.connect(newer).execute("PRAGMA user_version = 99").connection.close()
    with pytest.raises(StoreError, match="use the version that wrote it"):
        SqliteStore(newer).connect()
    with pytest.raises(StoreError, match="call connect"):
        SqliteStore(tmp_path / "new").count()


def write_many(path, writer, number):
    """In a process of its own: documents of its own and one that all writers change."""
    with SqliteStore(path, key="k") as store:
        for i in range(number):
            store.update({"k": f"{writer}-{i}", "text": "x" * 1000})
            store.update({"k": "shared", f"by {writer}": i})


def test_four_processes_that_start_together_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    path = str(tmp_path / "documents.sqlite")
    writers = [context.Process(target=write_many, args=(path, w, 40)) for w in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * 4
    with SqliteStore(path, key="k") as store:
        expected = {f"{w}-{i}" for w in range(4) for i in range(40)} | {"shared"}
        assert sorted(d["k"] for d in store.query({}, ["k"])) == sorted(expected)


def test_threads_share_a_store(store):
    def work(number):
        store.update([{"k": f"{number}-{i}"} for i in range(20)])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 80


# --- under jobflow -----------------------------------------------------------------------------


@job(data="large")
def make_large():
    return {"large": {"numbers": list(range(10))}, "small": 1}


def test_jobflow_keeps_documents_and_large_parts_in_it(tmp_path):
    path = tmp_path / "documents.sqlite"
    store = JobStore(SqliteStore(path, "outputs"), {"data": SqliteStore(path, "data")})
    made = make_large()
    run_locally(Flow([made]), store=store, ensure_success=True, log=False)
    assert store.get_output(made.uuid)["large"]["store"] == "data"
    assert store.get_output(made.uuid, load=True)["large"] == {"numbers": list(range(10))}
    again = MontyDecoder().decode(json.dumps(store, cls=MontyEncoder))
    again.connect()
    assert again.docs_store.key == "uuid"
    assert again.query_one({"uuid": made.uuid}, load=True)["output"]["small"] == 1
    again.remove_docs({"uuid": made.uuid})
    assert store.count() == store.additional_stores["data"].count() == 0


def test_fields_come_in_the_order_of_the_document(store):
    store.update({"k": 1, "b": 2, "a": 3})
    assert without_id(store.query({}, ["a", "b", "k"])) == [{"k": 1, "b": 2, "a": 3}]
    assert list(next(iter(store.query({}, ["a", "b", "k"])))) == ["_id", "k", "b", "a"]
