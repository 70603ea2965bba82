"""Training records of the materials of a store, those that are new or have changed."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from maggma.core import Builder

from elatbot_flows.database.training.collections import plain
from elatbot_flows.documents.labelled import Description, LabelledMaterial
from elatbot_flows.training.data.descriptions import crystal_hash
from elatbot_flows.training.data.task_records import RecordSettings, material_records, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maggma.core import Store

__all__ = ["TaskRecordBuilder"]

_Pair = tuple[LabelledMaterial, Description | None]


class TaskRecordBuilder(Builder):  # type: ignore[misc]
    """Maggma builder: one `MaterialRecords` for each material, with its questions and answers.

    A material is written again if it, its description or the settings have changed.

    Parameters
    ----------
    materials, descriptions
        Stores of `LabelledMaterial` and `Description` documents.
    records
        Where the records go.
    dialects, tasks, turn, clean
        What is written, see `RecordSettings`.
    origins
        Only materials from there; None for all.
    chunk_size
        Materials that are written together.
    """

    def __init__(
        self,
        materials: Store,
        descriptions: Store,
        records: Store,
        dialects: list[str] | tuple[str, ...] = ("elatbot",),
        tasks: list[str] | tuple[str, ...] | None = None,
        turn: bool = True,
        clean: bool = True,
        origins: list[str] | None = None,
        chunk_size: int = 100,
    ) -> None:
        self.materials = materials
        self.descriptions = descriptions
        self.records = records
        self.settings = RecordSettings(
            tuple(dialects), None if tasks is None else tuple(tasks), turn, clean
        )
        self.origins = origins
        for name, value in asdict(self.settings).items():
            setattr(self, name, value)  # maggma asks for them by these names
        sources = [materials, descriptions]
        super().__init__(sources=sources, targets=[records], chunk_size=chunk_size)

    def get_items(self) -> Iterator[_Pair]:
        """Yield materials with their descriptions; those that are gone are removed."""
        names = self.materials.distinct("material_id", self._criteria())
        made = {d["material_id"]: d["made_from"] for d in self.records.query({}, _MADE)}
        everything = set(self.materials.distinct("material_id"))
        if gone := sorted(set(made) - everything):
            self.records.remove_docs({"material_id": {"$in": gone}})
        self.total = len(names)
        rest = iter(sorted(names))
        while chunk := list(islice(rest, self.chunk_size)):
            for material, words in self._pairs(chunk):
                if made.get(material.material_id) != stamp(material, words, self.settings):
                    yield material, words

    def _criteria(self) -> dict[str, Any]:
        return {"origin": {"$in": self.origins}} if self.origins else {}

    def _pairs(self, names: list[str]) -> Iterator[_Pair]:
        among = {"material_id": {"$in": names}}
        words = {d["material_id"]: d for d in self.descriptions.query(among)}
        for document in self.materials.query(among):
            material = LabelledMaterial.model_validate(document)
            yield material, _of_this_crystal(words.get(material.material_id), material)

    def process_item(self, item: _Pair) -> dict[str, Any]:
        """All records of a material, as a plain document."""
        return plain(material_records(*item, self.settings))

    def update_targets(self, items: list[dict[str, Any]]) -> None:
        """Write them."""
        self.records.update(items, key="material_id")


_MADE = ["material_id", "made_from"]


def _of_this_crystal(words: Any, material: LabelledMaterial) -> Description | None:
    """The description, unless it is of a crystal that the material had before."""
    if words is None or material.structure is None:
        return None
    current = words["made_from"] == crystal_hash(material.structure)
    return Description.model_validate(words) if current else None
