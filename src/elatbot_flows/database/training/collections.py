"""Where training data rest: three collections next to job outputs, or in a file of their own."""

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
    """

    materials: Store
    descriptions: Store
    records: Store

    @classmethod
    def of(cls, store: JobStore) -> TrainingStores:
        """Those beside the documents of a JobStore.

        Raises
        ------
        StoreError
            If the JobStore is of a kind that has no collections.
        """
        names = ("labelled_materials", "descriptions", "material_records")
        found = cls(*(sibling(store, name, "material_id") for name in names))
        for field in ("material_id", "origin"):
            found.materials.ensure_index(field)
        return found


def plain(document: BaseModel) -> dict[str, Any]:
    """A document as stores keep it."""
    from monty.json import jsanitize

    found: dict[str, Any] = jsanitize(document.model_dump(), strict=True, allow_bson=True)
    return found
