"""A document store in one SQLite file, with MongoDB's questions, for several processes at once."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maggma.core import Sort, Store

from elatbot_flows.database.sqlite_file import DocumentFile
from elatbot_flows.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    Document: TypeAlias = dict[str, Any]
    Properties: TypeAlias = Mapping[str, Any] | list[str] | None
    Order: TypeAlias = Mapping[str, Sort | int] | None

__all__ = ["SqliteStore"]


class SqliteStore(Store):  # type: ignore[misc]
    """A maggma store of one collection in a SQLite file.

    Documents are kept as BSON, so numbers, texts and times come back as MongoDB would give them.
    Questions are narrowed down by indexes and then answered by mongomock, which also answers for
    maggma's MemoryStore. Several processes may read and write at once, on a local disk. ``_id`` is
    the row of a document; one that a document brings along is not kept.

    Parameters
    ----------
    path
        The file; several collections may share it.
    collection_name
        Name of the collection.
    key
        Field that tells documents apart. It gets an index.
    **kwargs
        As for maggma's ``Store``.
    """

    def __init__(
        self,
        path: str | Path,
        collection_name: str = "documents",
        key: str = "task_id",
        **kwargs: Any,
    ) -> None:
        self.path = str(Path(path).absolute())
        self.collection_name = collection_name
        self.kwargs = kwargs
        self._opened: DocumentFile | None = None
        super().__init__(key=key, **kwargs)

    @property
    def name(self) -> str:
        """The file and the collection."""
        return f"sqlite://{self.path}/{self.collection_name}"

    @property
    def _collection(self) -> Any:
        raise NotImplementedError("a SqliteStore has no collection of pymongo")

    @property
    def _file(self) -> DocumentFile:
        if self._opened is None:
            raise StoreError(f"{self.name} is not connected; call connect() first")
        return self._opened

    def connect(self, force_reset: bool = False) -> None:
        """Open the file, and make it if it is not there.

        Parameters
        ----------
        force_reset
            Open it again if it is open already.

        Raises
        ------
        StoreError
            If the file cannot be opened or is not one of these.
        """
        if self._opened is not None and force_reset:
            self.close()
        if self._opened is None:
            self._opened = DocumentFile(self.path, self.collection_name)
            self.ensure_index(self.key)

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def count(self, criteria: Document | None = None) -> int:
        """Number of documents that meet MongoDB criteria."""
        return self._file.count(criteria or {})

    def query(
        self,
        criteria: Document | None = None,
        properties: Properties = None,
        sort: Order = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[Document]:
        """Documents that meet MongoDB criteria, in the order asked for or in that of arrival.

        Which documents are meant is settled at the first one, as they are then when their turn
        comes: writing to the store while going through them is allowed.

        Parameters
        ----------
        criteria
            MongoDB criteria.
        properties
            Fields to return, as a list or as MongoDB's projection.
        sort
            Direction by field, 1 or -1.
        skip, limit
            Documents to leave out at the beginning; most documents to return, 0 for all.
        """
        file = self._file
        order = [(field, Sort(direction).value) for field, direction in (sort or {}).items()]
        only = properties if isinstance(properties, list) else []
        for document in file.documents(file.matching(criteria or {}, order, skip, limit), only):
            yield _projected(document, properties)

    def distinct(
        self, field: str, criteria: Document | None = None, all_exist: bool = False
    ) -> list[Any]:
        """Values of a field among the documents that meet MongoDB criteria; `all_exist` is void."""
        del all_exist  # maggma's own stores do not use it either
        return self._file.distinct(field, criteria or {})

    def groupby(
        self,
        keys: list[str] | str,
        criteria: Document | None = None,
        properties: Properties = None,
        sort: Order = None,
        skip: int = 0,
        limit: int = 0,
    ) -> Iterator[tuple[Document, list[Document]]]:
        """Groups of documents with equal values of `keys`; those without such values are left out.

        Parameters
        ----------
        keys
            Fields that make up a group.
        criteria, sort, skip, limit
            As for :meth:`query`.
        properties
            Fields to return besides the keys.
        """
        from pydash import get, has, set_

        keys = [keys] if isinstance(keys, str) else keys
        wanted = [*keys, *(properties or [])]
        documents = self.query(criteria, wanted, sort, skip, limit)

        def values(document: Document) -> tuple[Any, ...]:
            return tuple(get(document, key) for key in keys)

        complete = [d for d in documents if all(has(d, key) for key in keys)]
        for found, members in groupby(sorted(complete, key=values), key=values):
            group: Document = {}
            for key, value in zip(keys, found, strict=True):
                set_(group, key, value)
            yield group, list(members)

    def update(self, docs: list[Document] | Document, key: list[str] | str | None = None) -> None:
        """Replace the documents with the same key, and add those that are new; all or none.

        Parameters
        ----------
        docs
            One document or several.
        key
            Field or fields that tell documents apart; None for the key of the store.

        Raises
        ------
        StoreError
            If a document is not fit for MongoDB.
        """
        key = key or self.key
        keys = [key] if isinstance(key, str) else list(key)
        listed = docs if isinstance(docs, list) else [docs]
        plain = [_plain(document) for document in listed]
        self._file.replace([d for d in plain if self._is_valid(d)], keys)

    def _is_valid(self, document: Document) -> bool:
        if self.validator is None or self.validator.is_valid(document):
            return True
        errors = self.validator.validation_errors(document)
        if getattr(self.validator, "strict", False):
            raise ValueError(errors)
        self.logger.error(errors)
        return False

    def remove_docs(self, criteria: Document) -> None:
        """Remove the documents that meet MongoDB criteria."""
        self._file.remove(criteria)

    def ensure_index(self, key: str, unique: bool = False) -> bool:
        """Make an index on a field unless there is one.

        Parameters
        ----------
        key
            Path of the field, names only.
        unique
            Not offered.

        Returns
        -------
        bool
            Whether there is such an index now.
        """
        return not unique and self._file.ensure_index(key)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same collection of the same file."""
        return isinstance(other, SqliteStore) and self._identity() == other._identity()

    def __hash__(self) -> int:
        """Hash of what makes two stores equal."""
        return hash(self._identity())

    def _identity(self) -> tuple[str, str, str]:
        return self.path, self.collection_name, self.last_updated_field


def _plain(document: Document) -> Document:
    """A document as MongoDB would give it back."""
    import bson
    from bson.errors import InvalidDocument
    from monty.json import jsanitize

    try:
        return bson.decode(bson.encode(document))
    except (InvalidDocument, OverflowError, UnicodeError):  # objects take a slower way
        plain: Document = jsanitize(document, allow_bson=True, recursive_msonable=True)
        return plain


def _projected(document: Document, properties: Properties) -> Document:
    """The fields of a document that were asked for."""
    from elatbot_flows.database.sqlite_file import scratch_collection

    if not properties:
        return document
    wanted = dict(properties) if isinstance(properties, dict) else dict.fromkeys(properties, 1)
    if all(flag == 1 and "." not in name for name, flag in wanted.items()):
        return {k: value for k, value in document.items() if k in wanted or k == "_id"}
    found: Document = scratch_collection([document]).find_one({}, wanted)
    return found
