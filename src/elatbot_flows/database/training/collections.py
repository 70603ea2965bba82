"""Where training data rest: four collections next to job outputs, or in a file of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.database.mongodb import sibling

if TYPE_CHECKING:
    from jobflow import JobStore
    from maggma.core import Store
    from pydantic import BaseModel

__all__ = ["TrainingStores", "plain"]


@dataclass(frozen=True)
class TrainingStores:
    """The collections, connected.

    Parameters
    ----------
    materials
        `LabelledMaterial` documents.
    descriptions
        `Description` documents.
    records
        `MaterialRecords` documents.
    sources
        `DataSource` documents.
    """

    materials: Store
    descriptions: Store
    records: Store
    sources: Store

    @classmethod
    def of(cls, store: JobStore) -> TrainingStores:
        """Those beside the documents of a JobStore.

        Raises
        ------
        StoreError
            If the JobStore is of a kind that has no collections.
        """
        found = cls(
            materials=sibling(store, "labelled_materials", "material_id"),
            descriptions=sibling(store, "descriptions", "material_id"),
            records=sibling(store, "material_records", "material_id"),
            sources=sibling(store, "data_sources", "origin"),
        )
        for field in ("material_id", "origin"):
            found.materials.ensure_index(field)
        return found


def plain(document: BaseModel) -> dict[str, Any]:
    """A document as stores keep it."""
    from monty.json import jsanitize

    found: dict[str, Any] = jsanitize(document.model_dump(), strict=True, allow_bson=True)
    return found
