"""The server that stands for MongoDB in our tests: it answers, refuses and keeps as MongoDB does.

With ELATBOT_TEST_MONGODB_URI the same is asked of that server, so that the two can be compared.
"""

from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import bson
import gridfs
import pytest
from pymongo import MongoClient, ReturnDocument, UpdateOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    OperationFailure,
    WriteError,
)

from mongo_server.running import Server, mongodb_uri

LIMIT = 16 * 1024**2


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with mongodb_uri(tmp_path_factory.mktemp("mongodb")) as uri, MongoClient(uri) as made:
        yield made


@pytest.fixture
def database(client):
    name = f"elatbot_{uuid4().hex[:8]}"
    yield client[name]
    client.drop_database(name)


def test_documents_come_back_as_they_went_in(database):
    document = {"_id": {"a": 1}, "text": "é\n", "list": [1, 2.5, None, {"x": b"\0"}], "b": True}
    database.things.insert_one(document)
    assert database.things.find_one({"list.x": b"\0"}) == document


def test_finds_project_sort_skip_and_page(database):
    database.things.insert_many({"n": n, "odd": n % 2, "more": "x"} for n in range(500))
    found = database.things.find({"odd": 1}, {"n": 1, "_id": 0}).sort("n", -1).skip(10).limit(230)
    assert [d["n"] for d in found.batch_size(7)] == [479 - 2 * k for k in range(230)]
    assert database.things.count_documents({"n": {"$gte": 490}}) == 10
    assert database.things.count_documents({"n": -1}) == 0
    assert database.things.estimated_document_count() == 500
    assert sorted(database.things.distinct("odd", {"n": {"$lt": 9}})) == [0, 1]


def test_large_answers_come_in_several_messages(database):
    for number in range(5):
        database.things.insert_one({"_id": number, "text": "x" * (10 * 1024**2)})
    assert [d["_id"] for d in database.things.find({}).sort("_id", 1)] == [0, 1, 2, 3, 4]


def test_updates_change_what_they_mean_and_say_how_many(database):
    things = database.things
    things.insert_many([{"_id": 1, "n": 1}, {"_id": 2, "n": 1}, {"_id": 3, "n": 5}])
    done = things.update_many({"n": 1}, {"$inc": {"n": 1}, "$push": {"l": "a"}})
    assert (done.matched_count, done.modified_count) == (2, 2)
    assert things.update_one({"n": 9}, {"$set": {"x": 1}}).matched_count == 0
    made = things.update_one({"_id": 4}, {"$set": {"n": 7}}, upsert=True)
    assert (made.upserted_id, things.find_one(4)) == (4, {"_id": 4, "n": 7})
    things.replace_one({"_id": 4}, {"new": True})
    assert things.find_one(4) == {"_id": 4, "new": True}
    things.bulk_write([UpdateOne({"_id": k}, {"$set": {"k": k}}, upsert=True) for k in (1, 9)])
    assert (things.find_one(1)["k"], things.find_one(9)) == (1, {"_id": 9, "k": 9})
    assert things.delete_many({"_id": {"$in": [4, 9]}}).deleted_count == 2
    assert things.count_documents({}) == 3


def test_find_and_modify_takes_before_or_after(database):
    database.things.insert_many([{"_id": k, "state": "READY", "p": k} for k in range(3)])
    taken = database.things.find_one_and_update(
        {"state": "READY"}, {"$set": {"state": "RUNNING"}}, sort=[("p", -1)]
    )
    assert taken == {"_id": 2, "state": "READY", "p": 2}
    after = database.things.find_one_and_update(
        {"_id": 2}, {"$set": {"p": 9}}, return_document=ReturnDocument.AFTER, projection={"p": 1}
    )
    assert after == {"_id": 2, "p": 9}
    assert database.things.find_one_and_delete({"_id": 0})["_id"] == 0
    assert database.things.find_one_and_update({"_id": 0}, {"$set": {"p": 1}}) is None
    counted = database.numbers.find_one_and_update(
        {"_id": "next"}, {"$inc": {"n": 1}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    assert counted["n"] == 1


def test_nobody_takes_what_another_one_took(database):
    database.things.insert_many({"_id": k, "free": True} for k in range(60))

    def take(_):
        return database.things.find_one_and_update({"free": True}, {"$set": {"free": False}})["_id"]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(60))) == list(range(60))


def test_pipelines_join_and_group(database):
    database.flows.insert_one({"_id": 1, "jobs": ["a", "b"]})
    database.jobs.insert_many({"uuid": name, "index": n, "big": 1} for n, name in enumerate("abc"))
    lookup = {
        "from": "jobs",
        "localField": "jobs",
        "foreignField": "uuid",
        "pipeline": [{"$project": {"index": 1, "_id": 0}}],
        "as": "found",
    }
    (flow,) = database.flows.aggregate([{"$lookup": lookup}])
    assert flow["found"] == [{"index": 0}, {"index": 1}]
    grouped = database.jobs.aggregate([{"$group": {"_id": "$big", "n": {"$sum": "$index"}}}])
    assert list(grouped) == [{"_id": 1, "n": 3}]


def test_indexes_are_listed_and_unique_ones_hold(database):
    database.things.create_index([("a", 1), ("b", -1)], unique=True, name="both")
    database.things.create_index("plain")
    about = database.things.index_information()
    assert about["both"]["key"] == [("a", 1), ("b", -1)]
    assert {"_id_", "both", "plain_1"} == set(about)
    database.things.insert_one({"a": 1, "b": 1})
    with pytest.raises(DuplicateKeyError):
        database.things.insert_one({"a": 1, "b": 1})
    database.things.drop_index("both")
    database.things.insert_one({"a": 1, "b": 1})


def test_an_unordered_insert_goes_on_behind_an_error(database):
    with pytest.raises(BulkWriteError) as raised:
        database.things.insert_many([{"_id": 1}, {"_id": 1}, {"_id": 2}], ordered=False)
    assert raised.value.details["nInserted"] == 2
    assert raised.value.details["writeErrors"][0]["code"] == 11000
    assert sorted(database.things.distinct("_id")) == [1, 2]


def test_collections_and_databases_come_and_go(client, database):
    database.one.insert_one({})
    database.create_collection("two")
    assert sorted(database.list_collection_names()) == ["one", "two"]
    assert database.name in client.list_database_names()
    database.one.drop()
    assert database.list_collection_names() == ["two"]


def test_files_of_gridfs(database):
    files = gridfs.GridFS(database)
    number = files.put(b"x" * 3_000_000, filename="large")
    assert files.get(number).read() == b"x" * 3_000_000
    files.delete(number)
    assert not files.exists(number)


def test_what_no_server_knows_is_an_error(database):
    with pytest.raises(OperationFailure, match="no such command") as raised:
        database.command("makeCoffee")
    assert raised.value.code == 59


# --- limits --------------------------------------------------------------------------------------


def test_the_driver_is_told_the_limits(client):
    hello = client.admin.command("hello")
    assert (hello["maxBsonObjectSize"], hello["maxMessageSizeBytes"]) == (LIMIT, 48_000_000)
    with pytest.raises(DocumentTooLarge):  # by the driver
        client.elatbot_limits.things.insert_one({"text": "x" * (LIMIT + 20_000)})
    with pytest.raises(WriteError):  # by the server
        client.elatbot_limits.things.insert_one({"text": "x" * LIMIT})


def test_a_document_of_just_16_mb_goes_in_and_comes_back(database):
    rest = LIMIT - len(bson.encode({"_id": 1, "text": ""}))
    database.things.insert_one({"_id": 1, "text": "x" * rest})
    assert len(database.things.find_one()["text"]) == rest


def test_a_document_that_grows_above_16_mb_is_refused_and_stays_as_it_was(database):
    database.things.insert_one({"_id": 1, "parts": ["x" * 9_000_000]})
    with pytest.raises(WriteError):
        database.things.update_one({"_id": 1}, {"$push": {"parts": "y" * 9_000_000}})
    assert len(database.things.find_one()["parts"]) == 1


@pytest.mark.skipif("ELATBOT_TEST_MONGODB_URI" in os.environ, reason="it has a driver's checks")
def test_what_a_driver_lets_pass_the_server_refuses(tmp_path):
    from mongo_server.commands import Commands

    commands = Commands(tmp_path / "file")
    large = {"_id": 1, "text": "x" * LIMIT}
    answer = commands.answer("db", {"insert": "things", "documents": [large, {"_id": 2}]})
    assert answer["writeErrors"][0]["code"] == 10334
    assert answer["n"] == 0
    assert commands.answer("db", {"count": "things"})["n"] == 0


@pytest.mark.skipif("ELATBOT_TEST_MONGODB_URI" in os.environ, reason="a socket of our own server")
def test_a_message_above_48_mb_ends_the_connection(client):
    import socket

    with socket.create_connection(client.address, timeout=10) as connection:
        connection.sendall(struct.pack("<iiii", 48_000_001, 1, 0, 2013) + b"\0" * 100)
        assert connection.recv(1) == b""
    assert client.admin.command("ping")["ok"] == 1


# --- kill -9 -------------------------------------------------------------------------------------


def test_a_killed_server_has_everything_it_said_it_has(tmp_path):
    server = Server(tmp_path / "databases.sqlite")
    server.start()
    with MongoClient(server.uri, serverSelectionTimeoutMS=30_000, retryReads=False) as client:
        things = client.test.things
        things.create_index("n", unique=True)
        things.insert_many({"_id": k, "n": k} for k in range(100))
        things.update_one({"_id": 5}, {"$set": {"n": -5}})
        things.delete_one({"_id": 6})
        client.test.gone.insert_one({})
        client.test.gone.drop()
        before = list(things.find())
        server.kill()
        with pytest.raises(AutoReconnect):
            things.insert_one({"_id": 7})
        server.start()
        assert list(client.test.things.find()) == before
        assert client.test.list_collection_names() == ["things"]
        with pytest.raises(DuplicateKeyError):
            things.insert_one({"n": 50})
    server.kill()
