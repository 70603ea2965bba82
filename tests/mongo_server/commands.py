"""What MongoDB's commands do, by mongomock's collections."""

from __future__ import annotations

import datetime as dt
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import bson
from mongomock_ng import MongoClient
from pymongo import ReturnDocument
from pymongo.errors import OperationFailure, PyMongoError

from mongo_server.storage import LIMIT, Kept
from mongo_server.wire import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["Commands"]

_VERSION = "7.0.0"
_FIRST_BATCH = 101
_COUNTING = {"$group": {"_id": 1, "n": {"$sum": 1}}}
Document = dict[str, Any]


class Commands:
    """One method for each command; its name is in lower case here.

    Parameters
    ----------
    path
        File of all databases.
    """

    def __init__(self, path: Path) -> None:
        self.kept = Kept(path)
        self._client = MongoClient(tz_aware=False, _store=self.kept)
        self._cursors: dict[int, list[Document]] = {}
        self._numbers = count(1000)

    def answer(self, database: str, command: Document) -> Document:
        """Do what a command says; an error is an answer, too."""
        name = next(iter(command))
        method: Callable[[Any, Document], Document] | None = getattr(self, f"_{name.lower()}", None)
        try:
            if method is None:
                raise OperationFailure(f"no such command: '{name}'", 59)
            if "autocommit" in command:
                raise OperationFailure("transactions need a replica set, this is one server", 20)
            return method(self._client[database], command) | {"ok": 1.0}
        except PyMongoError as error:
            return {"ok": 0.0, "errmsg": str(error), "code": getattr(error, "code", None) or 8}
        except (NotImplementedError, TypeError, ValueError, KeyError, AttributeError) as error:
            return {"ok": 0.0, "errmsg": f"{type(error).__name__}: {error}", "code": 2}
        finally:
            self.kept.save()

    # --- who is there ----------------------------------------------------------------------------

    def _hello(self, _database: Any, _command: Document) -> Document:
        return {
            "helloOk": True,
            "ismaster": True,
            "isWritablePrimary": True,
            "maxBsonObjectSize": LIMIT,
            "maxMessageSizeBytes": MOST,
            "maxWriteBatchSize": 100_000,
            "localTime": dt.datetime.now(dt.UTC),
            "logicalSessionTimeoutMinutes": 30,
            "connectionId": 1,
            "minWireVersion": 0,
            "maxWireVersion": 21,
            "readOnly": False,
        }

    _ismaster = _hello

    def _ping(self, _database: Any, _command: Document) -> Document:
        return {}

    _endsessions = _ping

    def _buildinfo(self, _database: Any, _command: Document) -> Document:
        numbers = [*map(int, _VERSION.split(".")), 0]
        return {"version": _VERSION, "versionArray": numbers, "maxBsonObjectSize": LIMIT}

    def _serverstatus(self, _database: Any, _command: Document) -> Document:
        return {"version": _VERSION, "process": "a server of tests, over mongomock"}

    # --- reading ---------------------------------------------------------------------------------

    def _find(self, database: Any, command: Document) -> Document:
        cursor = database[command["find"]].find(
            command.get("filter") or {},
            command.get("projection") or None,
            skip=command.get("skip", 0),
            limit=abs(command.get("limit", 0)),
            sort=list((command.get("sort") or {}).items()) or None,
        )
        only = command.get("singleBatch", False) or command.get("limit", 0) < 0
        place = f"{database.name}.{command['find']}"
        return self._begun(place, cursor, command.get("batchSize"), only=only)

    def _aggregate(self, database: Any, command: Document) -> Document:
        name, pipeline = command["aggregate"], command["pipeline"]
        place = f"{database.name}.{name}"
        match = pipeline[0].get("$match") if pipeline else None
        if len(pipeline) == 2 and match is not None and pipeline[1] == _COUNTING:
            # What drivers make of counting; mongomock's pipelines copy the whole collection.
            number = database[name].count_documents(match)
            found: Iterable[Document] = [{"_id": 1, "n": number}] if number else []
        else:
            found = database[name].aggregate(pipeline)
        return self._begun(place, found, (command.get("cursor") or {}).get("batchSize"))

    def _getmore(self, database: Any, command: Document) -> Document:
        number, place = command["getMore"], f"{database.name}.{command['collection']}"
        if number not in self._cursors:
            raise OperationFailure(f"cursor id {number} not found", 43)
        rest = self._cursors.pop(number)
        return self._batch(place, rest, command.get("batchSize") or len(rest), "nextBatch", number)

    def _killcursors(self, _database: Any, command: Document) -> Document:
        killed = [n for n in command["cursors"] if self._cursors.pop(n, None) is not None]
        return {"cursorsKilled": killed, "cursorsNotFound": [], "cursorsAlive": []}

    def _begun(
        self, place: str, found: Iterable[Document], size: int | None, *, only: bool = False
    ) -> Document:
        documents, size = list(found), _FIRST_BATCH if size is None else size
        if only:
            documents = documents[: size or None]
        return self._batch(place, documents, size, "firstBatch", next(self._numbers))

    def _batch(
        self, place: str, documents: list[Document], size: int, name: str, number: int
    ) -> Document:
        """As many documents as were asked for, and as one message has room for."""
        sent, room = 0, LIMIT
        for document in islice(documents, size):
            room -= len(bson.encode(document))
            if sent and room < 0:
                break
            sent += 1
        if rest := documents[sent:]:
            self._cursors[number] = rest
        cursor = {name: documents[:sent], "id": bson.Int64(number if rest else 0), "ns": place}
        return {"cursor": cursor}

    def _count(self, database: Any, command: Document) -> Document:
        found = database[command["count"]].find(command.get("query") or {}, {"_id": 1})
        chosen = found.skip(command.get("skip", 0)).limit(command.get("limit", 0))
        return {"n": len(list(chosen))}

    def _distinct(self, database: Any, command: Document) -> Document:
        values = database[command["distinct"]].distinct(command["key"], command.get("query"))
        return {"values": list(values)}

    # --- writing ---------------------------------------------------------------------------------

    def _insert(self, database: Any, command: Document) -> Document:
        collection = database[command["insert"]]
        return _each(
            command, "documents", lambda one: (collection.insert_one(one), (1, 1, None))[1]
        )

    def _update(self, database: Any, command: Document) -> Document:
        collection = database[command["update"]]
        return _each(command, "updates", lambda one: _updated(collection, one))

    def _delete(self, database: Any, command: Document) -> Document:
        collection = database[command["delete"]]

        def delete(one: Document) -> tuple[int, int, Any]:
            method = collection.delete_one if one["limit"] else collection.delete_many
            return method(one["q"]).deleted_count, 0, None

        return _each(command, "deletes", delete)

    def _findandmodify(self, database: Any, command: Document) -> Document:
        collection = database[command.get("findAndModify") or command["findandmodify"]]
        query = command.get("query") or {}
        how: Document = {
            "projection": command.get("fields"),
            "sort": list((command.get("sort") or {}).items()) or None,
        }
        if command.get("remove"):
            found = collection.find_one_and_delete(query, **how)
            return {"value": found, "lastErrorObject": {"n": int(found is not None)}}
        update, new = command["update"], bool(command.get("new"))
        how["return_document"] = ReturnDocument.AFTER if new else ReturnDocument.BEFORE
        how["upsert"] = bool(command.get("upsert"))
        existed = collection.find_one(query, {"_id": 1}) is not None
        operators = isinstance(update, list) or next(iter(update), "").startswith("$")
        method = collection.find_one_and_update if operators else collection.find_one_and_replace
        found = method(query, update, **how)
        number = int(existed or how["upsert"])
        return {"value": found, "lastErrorObject": {"n": number, "updatedExisting": existed}}

    # --- collections and indexes -----------------------------------------------------------------

    def _create(self, database: Any, command: Document) -> Document:
        database.create_collection(command["create"])
        return {}

    def _drop(self, database: Any, command: Document) -> Document:
        if command["drop"] not in database.list_collection_names():
            raise OperationFailure("ns not found", 26)
        database.drop_collection(command["drop"])
        return {}

    def _dropdatabase(self, database: Any, _command: Document) -> Document:
        self._client.drop_database(database.name)
        return {"dropped": database.name}

    def _listdatabases(self, _database: Any, _command: Document) -> Document:
        names = self._client.list_database_names()
        return {"databases": [{"name": name, "empty": False} for name in names]}

    def _listcollections(self, database: Any, command: Document) -> Document:
        wanted = (command.get("filter") or {}).get("name")
        names = [n for n in database.list_collection_names() if wanted in (None, n)]
        found = [{"name": name, "type": "collection", "options": {}} for name in names]
        return self._begun(f"{database.name}.$cmd.listCollections", found, len(found))

    def _createindexes(self, database: Any, command: Document) -> Document:
        collection = database[command["createIndexes"]]
        before = len(collection.index_information())
        for index in command["indexes"]:
            known = ("name", "unique", "sparse", "expireAfterSeconds", "partialFilterExpression")
            options = {name: index[name] for name in known if name in index}
            collection.create_index(list(index["key"].items()), **options)
        after = len(collection.index_information())
        return {"numIndexesBefore": max(1, before), "numIndexesAfter": after}

    def _dropindexes(self, database: Any, command: Document) -> Document:
        collection = database[command["dropIndexes"]]
        if command["index"] == "*":
            for name in [n for n in collection.index_information() if n != "_id_"]:
                collection.drop_index(name)
        else:
            collection.drop_index(command["index"])
        return {}

    def _listindexes(self, database: Any, command: Document) -> Document:
        name = command["listIndexes"]
        if name not in database.list_collection_names():
            raise OperationFailure(f"ns does not exist: {database.name}.{name}", 26)
        found = [
            {"v": 2, "name": index, **{k: v for k, v in about.items() if k not in ("ns", "v")}}
            | {"key": dict(about["key"])}
            for index, about in database[name].index_information().items()
        ]
        return self._begun(f"{database.name}.{name}", found, len(found))


def _updated(collection: Any, one: Document) -> tuple[int, int, Any]:
    query, update, upsert = one["q"], one["u"], one.get("upsert", False)
    how: Document = {"upsert": upsert}
    if one.get("arrayFilters"):
        how["array_filters"] = one["arrayFilters"]
    if not isinstance(update, list) and not next(iter(update), "").startswith("$"):
        done = collection.replace_one(query, update, upsert=upsert)
    else:
        method = collection.update_many if one.get("multi") else collection.update_one
        done = method(query, update, **how)
    number = 1 if done.upserted_id is not None else done.matched_count
    return number, done.modified_count or 0, done.upserted_id


def _each(
    command: Document, field: str, write: Callable[[Document], tuple[int, int, Any]]
) -> Document:
    """Write one after the other; what goes wrong stands beside what did not."""
    number, changed, upserted, errors = 0, 0, [], []
    for place, one in enumerate(command[field]):
        try:
            n, modified, made = write(one)
        except PyMongoError as error:
            details = error.details or {} if isinstance(error, OperationFailure) else {}
            said = {k: details[k] for k in ("keyPattern", "keyValue") if k in details}
            code = getattr(error, "code", None) or 8
            errors.append({"index": place, "code": code, "errmsg": str(error), **said})
            if command.get("ordered", True):
                break
            continue
        number, changed = number + n, changed + modified
        if made is not None:
            upserted.append({"index": place, "_id": made})
    answer: Document = {"n": number}
    if field == "updates":
        answer["nModified"] = changed
    if upserted:
        answer["upserted"] = upserted
    return answer | ({"writeErrors": errors} if errors else {})
