"""Copy a JobStore into another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.database.builder import publish_candidates

if TYPE_CHECKING:
    from maggma.core import Store

__all__ = ["copy_documents"]

_AT_ONCE = 100


def copy_documents(source: Any, target: Any) -> int:
    """Copy job documents and their large parts, and publish the candidates there.

    Parameters
    ----------
    source, target
        Connected JobStores.

    Returns
    -------
    int
        Job documents copied.

    Raises
    ------
    KeyError
        If `target` has no additional store of a name that `source` has documents in.
    """
    for name, store in source.additional_stores.items():
        if store.count():
            _copy(store, target.additional_stores[name], ["blob_uuid"])
    count = _copy(source.docs_store, target.docs_store, ["uuid", "index"])
    publish_candidates(target)
    return count


def _copy(source: Store, target: Store, keys: list[str]) -> int:
    """Copy a collection in parts; returns the number of its documents."""
    part, count = [], 0
    for document in source.query():
        document.pop("_id", None)
        part.append(document)
        count += 1
        if len(part) == _AT_ONCE:
            target.update(part, key=keys)
            part = []
    if part:
        target.update(part, key=keys)
    return count
