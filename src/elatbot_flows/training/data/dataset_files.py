"""Files of a data set: the records, and beside them the document that says where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.errors import StoreError
from elatbot_flows.files import write_whole
from elatbot_flows.training.data.records import write_records

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.documents.training import DatasetRecord
    from elatbot_flows.training.data.dataset import Dataset

__all__ = ["check_free", "dataset_path", "write_dataset"]


def dataset_path(records: Path) -> Path:
    """The document of a file of records: ``alloys.dataset.json`` is that of ``alloys.jsonl.gz``."""
    return records.with_name(f"{records.name.split('.jsonl')[0]}.dataset.json")


def write_dataset(path: Path, dataset: Dataset) -> DatasetRecord:
    """Write the records, and their document beside them.

    Parameters
    ----------
    path
        Of the records, ``.jsonl`` or ``.jsonl.gz``.
    dataset
        What to write.

    Raises
    ------
    StoreError
        If there is such a file already, or the name ends otherwise.
    """
    check_free(path)
    document = dataset.document(path.name)
    write_records(path, dataset.records)
    write_whole(dataset_path(path), document.model_dump_json(indent=1) + "\n")
    return document


def check_free(path: Path) -> None:
    """Refuse a name that is taken, or that is none for records.

    Raises
    ------
    StoreError
        With the remedy.
    """
    if not path.name.endswith((".jsonl", ".jsonl.gz")):
        raise StoreError(f"{path}: records are JSON lines; give a name that ends in .jsonl(.gz)")
    for each in (path, dataset_path(path)):
        if each.exists():
            raise StoreError(f"{each} is there already, and is not replaced: give another name")
