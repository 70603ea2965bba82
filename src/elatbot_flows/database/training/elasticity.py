"""Elastic tensors of the Materials Project brought into a store, and kept up to date."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from maggma.core import Builder

from elatbot_flows.database.training.collections import plain
from elatbot_flows.documents.labelled import LabelledMaterial
from elatbot_flows.training.data.materials_project import (
    ORIGIN,
    Listed,
    MaterialsProject,
    confirmed,
    material_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from maggma.core import Store

__all__ = ["ElasticityBuilder"]

_KNOWN = [
    *("material_id", "remote_updated", "database_version", "on_hull", "energy_above_hull"),
    "place",
]


class ElasticityBuilder(Builder):  # type: ignore[misc]
    """Maggma builder: one `LabelledMaterial` for each material with an elastic tensor.

    What is there and has not changed is not fetched again, so that a download that was killed goes
    on where it was. What the Materials Project has taken back is removed.

    Parameters
    ----------
    materials
        Where the documents go.
    api_key
        Of the Materials Project; by default that of the environment.
    limit
        Fetch at most so many, 0 for all.
    chunk_size
        Materials of one request; they are written together.
    """

    def __init__(
        self, materials: Store, api_key: str | None = None, limit: int = 0, chunk_size: int = 200
    ) -> None:
        self.materials = materials
        self.api_key = api_key
        self.limit = limit
        self.version = ""
        super().__init__(sources=[], targets=[materials], chunk_size=chunk_size)

    def get_items(self) -> Iterator[tuple[Listed, Any, bool]]:
        """Yield what is new or has changed: what the list says, document, whether it was fetched.

        Raises
        ------
        ElatbotError
            If there is no key, or the service does not answer.
        """
        source = MaterialsProject(self.api_key)
        self.version = source.version()
        listing = source.listing()
        known = {d["material_id"]: d for d in self.materials.query({"origin": ORIGIN}, _KNOWN)}
        self._remove(set(known) - {each.material_id for each in listing})
        new = [
            e for e in listing if known.get(e.material_id, {}).get("remote_updated") != e.updated
        ]
        new = new[: self.limit] if self.limit else new
        fetched = {each.material_id for each in new}
        moved = [
            e
            for e in listing
            if e.material_id in known
            and e.material_id not in fetched
            and self._moved(e, known[e.material_id])
        ]
        self.total = len(new) + len(moved)
        yield from self._confirmed(moved)
        for chunk in _chunks(new, self.chunk_size):
            documents = source.documents([each.material_id for each in chunk])
            yield from ((each, documents.get(each.material_id), True) for each in chunk)

    def _remove(self, gone: set[str]) -> None:
        if gone:
            self.materials.remove_docs({"material_id": {"$in": sorted(gone)}})

    def _moved(self, listed: Listed, known: dict[str, Any]) -> bool:
        """Whether the list says of a material what is not in the store."""
        said = {
            "database_version": self.version,
            "on_hull": listed.on_hull,
            "energy_above_hull": listed.energy_above_hull,
            "place": listed.place,
            "remote_updated": listed.updated,
        }
        return any(known.get(name) != value for name, value in said.items())

    def _confirmed(self, moved: list[Listed]) -> Iterator[tuple[Listed, Any, bool]]:
        for chunk in _chunks(moved, self.chunk_size):
            names = [each.material_id for each in chunk]
            found = {d["material_id"]: d for d in self.materials.query(_among(names))}
            yield from ((each, found[each.material_id], False) for each in chunk)

    def process_item(self, item: tuple[Listed, Any, bool]) -> dict[str, Any]:
        """Material of a document, as a plain document."""
        listed, document, fetched = item
        if fetched:
            return plain(material_of(document, listed, self.version))
        return plain(confirmed(LabelledMaterial.model_validate(document), listed, self.version))

    def update_targets(self, items: list[dict[str, Any]]) -> None:
        """Write the materials."""
        self.materials.update(items, key="material_id")


def _among(names: list[str]) -> dict[str, Any]:
    return {"material_id": {"$in": names}}


def _chunks(listed: Iterable[Listed], size: int) -> Iterator[list[Listed]]:
    items = iter(listed)
    while chunk := list(islice(items, size)):
        yield chunk
