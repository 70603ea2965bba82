"""A document store in files that several processes may open at once."""

from __future__ import annotations

from pathlib import Path

from maggma.stores import MontyStore
from montydb import MontyClient, set_storage

__all__ = ["EmbeddedStore"]

_SETTINGS_FILE = "monty.storage.cfg"


class EmbeddedStore(MontyStore):  # type: ignore[misc]
    """maggma's MontyStore, with files laid out once, by whoever connects first.

    MontyStore writes its settings anew at every connection and makes the table of a collection at
    its first document, so that processes which start together find half-written settings or a
    collection without a table.
    """

    def connect(self, force_reset: bool = False) -> None:
        """Open the collection, and make it if it is not there.

        Parameters
        ----------
        force_reset
            Open it again if it is open already.
        """
        if self._coll is not None and not force_reset:
            return
        if not (Path(self.database_path) / _SETTINGS_FILE).is_file():
            set_storage(self.database_path, storage=self.storage, **self.storage_kwargs)
        database = MontyClient(self.database_path, **self.client_kwargs)[self.database_name]
        if self.collection_name not in database.list_collection_names():
            database.create_collection(self.collection_name)
        self._coll = database[self.collection_name]
