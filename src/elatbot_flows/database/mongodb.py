"""Stores of maggma as people configure them: portable, without secrets in words, with siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from elatbot_flows.errors import StoreError

if TYPE_CHECKING:
    from jobflow import JobStore
    from maggma.core import Store

__all__ = ["portable", "sibling", "store_words", "without_credentials"]


def store_words(store: Any) -> str:
    """A store in words, without user names and passwords."""
    uri = getattr(store, "uri", None)
    if not uri:
        return str(store.name)
    parts = urlsplit(uri)
    hosts = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{hosts}/{store.database}/{store.collection_name}"


def without_credentials(text: str, store: Any) -> str:
    """An error message without what the configuration keeps secret."""
    for one in (store.docs_store, *store.additional_stores.values()):
        for secret in (getattr(one, "uri", None), getattr(one, "password", None)):
            text = text.replace(secret, "***") if secret else text
    return text


def portable(store: Any) -> JobStore:
    """A JobStore that another process can open as well; maggma's deprecated classes cannot."""
    from jobflow import JobStore

    stores = [store.docs_store, *store.additional_stores.values()]
    current = [_current(one) for one in stores]
    if all(new is old for new, old in zip(current, stores, strict=True)):
        unchanged: JobStore = store
        return unchanged
    additional = dict(zip(store.additional_stores, current[1:], strict=True))
    return JobStore(current[0], additional, save=store.save, load=store.load)


def _current(store: Any) -> Any:
    from maggma.stores import GridFSStore, MongoStore, MongoURIStore
    from maggma.stores.gridfs import GridFSURIStore

    kept: dict[str, Any] = {"key": store.key, "last_updated_field": store.last_updated_field}
    if isinstance(store, MongoURIStore):
        names = ("mongoclient_kwargs", "default_sort", "safe_update")
        kept |= {name: getattr(store, name) for name in names}
        return MongoStore.from_uri(str(store.uri), store.collection_name, store.database, **kept)
    if isinstance(store, GridFSURIStore):
        kept = {name: getattr(store, name) for name in ("mongoclient_kwargs", "compression")}
        return GridFSStore.from_uri(str(store.uri), store.collection_name, store.database, **kept)
    return store


def sibling(store: JobStore, collection: str, key: str) -> Store:
    """A collection next to the job outputs, connected.

    Parameters
    ----------
    store
        The JobStore.
    collection
        Name of the collection.
    key
        Field that tells its documents apart.

    Raises
    ------
    StoreError
        If the store of documents is of a kind that has no collections, such as a JSONStore.
    """
    from monty.json import MontyDecoder

    docs = _current(store.docs_store)
    spec = docs.as_dict()
    if "collection_name" not in spec:
        raise StoreError(
            f"a {type(docs).__name__} has no place for a collection of {collection}; configure a "
            "MongoStore as JOB_STORE of jobflow, or use the embedded store"
        )
    spec |= {"collection_name": collection, "key": key}
    made: Store = MontyDecoder().process_decoded(spec)
    made.connect()
    return made
