"""Crystals of a store put in words, those that are new or have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maggma.core import Builder

from elatbot_flows.crystals.reading import crystal_of
from elatbot_flows.database.training.collections import plain
from elatbot_flows.training.data.descriptions import crystal_hash, describe_many, may_change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maggma.core import Store
    from pymatgen.core import Structure

    from elatbot_flows.documents.labelled import Description

__all__ = ["DescriptionBuilder"]


class DescriptionBuilder(Builder):  # type: ignore[misc]
    """Maggma builder: one `Description` for each crystal, in several processes.

    Oxidation states are guessed first, as for the published texts. A crystal that takes too long,
    or that robocrystallographer cannot describe, has a description that says so.

    Parameters
    ----------
    materials
        Store of `LabelledMaterial` documents.
    descriptions
        Where the descriptions go.
    workers
        Processes at a time; ``mrun`` needs none of its own.
    limit
        Seconds of processor time for one crystal.
    retry
        Try those again that took too long or whose process died.
    chunk_size
        Descriptions that are written together; a builder that is killed loses no more.
    """

    def __init__(
        self,
        materials: Store,
        descriptions: Store,
        workers: int = 1,
        limit: float = 60.0,
        retry: bool = False,
        chunk_size: int = 8,
    ) -> None:
        self.materials = materials
        self.descriptions = descriptions
        self.workers = workers
        self.limit = limit
        self.retry = retry
        super().__init__(sources=[materials], targets=[descriptions], chunk_size=chunk_size)

    def get_items(self) -> Iterator[Description]:
        """Yield the descriptions of crystals that have none, as they are done."""
        wanted = self._wanted()
        self.total = len(wanted)
        yield from describe_many(self._crystals(wanted), workers=self.workers, limit=self.limit)

    def _wanted(self) -> list[str]:
        fields = ["material_id", "made_from", "reason"]
        known = {
            found["material_id"]: found["made_from"]
            for found in self.descriptions.query({}, fields)
            if not (self.retry and may_change(found.get("reason")))
        }
        found = self.materials.query({"structure": {"$ne": None}}, ["material_id", "structure"])
        return [
            document["material_id"]
            for document in found
            if known.get(document["material_id"]) != crystal_hash(crystal_of(document["structure"]))
        ]

    def _crystals(self, wanted: list[str]) -> Iterator[tuple[str, Structure]]:
        for name in wanted:
            for document in self.materials.query({"material_id": name}, limit=1):
                yield name, crystal_of(document["structure"])

    def update_targets(self, items: list[Description]) -> None:
        """Write descriptions."""
        self.descriptions.update([plain(item) for item in items], key="material_id")
