"""Stores of MongoDB as people configure them, over the wire.

The server is that of ELATBOT_TEST_MONGODB_URI, else our own, each time with a database of its own.
"""

from __future__ import annotations

import warnings
from uuid import uuid4

import jobflow
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import GridFSStore, MemoryStore, MongoStore, MongoURIStore
from maggma.stores.gridfs import GridFSURIStore

import sample_jobs
import samples
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store, run_store
from elatbot_flows.database.mongodb import portable, store_words
from elatbot_flows.database.queries import count_by, find_candidates, funnel_of
from elatbot_flows.database.stores import open_store, store_in_file
from elatbot_flows.errors import StoreError

SECRET = "tops3cret"  # noqa: S105 - of nobody
URI = f"mongodb://mary:{SECRET}@db.example.org:27017/elatbot"


@pytest.fixture
def server(mongodb):
    """Where MongoDB is."""
    return mongodb


def old(uri):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return JobStore(
            MongoURIStore(uri, "outputs", "elatbot"),
            additional_stores={"data": GridFSURIStore(uri, "data", "elatbot")},
        )


def filled(store):
    rows = [samples.row(0), samples.row(1, "Ni3Al")]
    passed = samples.candidate(0, status="passed", verdict="hit", probability=0.7)
    documents = (samples.run_record(), samples.shortlist(rows), samples.chunk("judge", [passed]))
    for document in documents:
        run_locally(Flow([sample_jobs.give(document)]), store=store, ensure_success=True, log=False)


def test_the_collection_lies_beside_the_outputs_and_has_its_indexes(server):
    store = JobStore(MongoStore.from_uri(server, "outputs", f"elatbot_{uuid4().hex[:8]}"))
    store.connect()
    filled(store)
    assert publish_candidates(store) == 2
    candidates, runs = candidate_store(store), run_store(store)
    assert [d["formula"] for d in find_candidates(candidates)] == ["NiAl", "Ni3Al"]
    assert [d["formula"] for d in find_candidates(candidates, elements=["Ni", "Al"], limit=1)] == [
        "NiAl"
    ]
    assert count_by(candidates, "status") == {"passed": 1, "proposed": 1}
    assert funnel_of(runs)["by_status"] == {"passed": 1, "proposed": 1}
    indexed = {index["key"][0][0] for index in candidates._collection.index_information().values()}
    assert {"candidate_id", "probability", "chemsys", "elements", "tags"} <= indexed
    store.docs_store._collection.database.client.drop_database(candidates.database)


def test_deprecated_stores_are_as_good_as_their_successors(server, monkeypatch):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", old(server))
    made = portable(jobflow.SETTINGS.JOB_STORE)
    assert type(made.docs_store) is MongoStore
    assert type(made.additional_stores["data"]) is GridFSStore
    again = JobStore.from_dict(made.as_dict())  # as another process gets it
    assert again.docs_store.uri == server
    assert again.docs_store.collection_name == "outputs"


def test_words_and_errors_hold_no_credentials(tmp_path, monkeypatch):
    store = old(URI)
    assert store_words(store.docs_store) == "mongodb://db.example.org:27017/elatbot/outputs"

    def fails(*_, **__):
        raise RuntimeError(f"cannot reach {URI}")

    monkeypatch.setattr("maggma.stores.mongolike.MongoClient", fails)
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", store)
    with pytest.raises(StoreError) as raised:
        open_store(tmp_path)
    assert SECRET not in str(raised.value)
    assert "db.example.org" in str(raised.value)
    assert "correct JOB_STORE" in str(raised.value)


def test_a_store_without_collections_is_refused_with_a_remedy():
    class Elsewhere(MemoryStore):
        def as_dict(self):
            return {k: v for k, v in super().as_dict().items() if k != "collection_name"}

    with pytest.raises(StoreError, match="configure a MongoStore"):
        candidate_store(JobStore(Elsewhere()))


def test_files_describe_stores(tmp_path, server):
    file = tmp_path / "store.yaml"
    fields = ("type: MongoStore", "database: elatbot", "collection_name: x", f"uri: {server}")
    file.write_text("\n  ".join(["docs_store:", *fields]))
    store, words = store_in_file(file)
    assert store.docs_store.collection_name == "x"
    assert SECRET not in words
    file.write_text("nothing")
    with pytest.raises(StoreError, match="describes no JobStore"):
        store_in_file(file)
    with pytest.raises(StoreError, match="is no file"):
        store_in_file(tmp_path / "none")
