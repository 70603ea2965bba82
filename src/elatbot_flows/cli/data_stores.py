"""Where ``elatbot data`` keeps materials, descriptions and records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.options import writable_folder
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from elatbot_flows.database.training.collections import TrainingStores

__all__ = ["FOLDER", "Folder", "StoreFile", "open_stores"]

Folder = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Folder of materials and descriptions.")
]
StoreFile = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="YAML of a JobStore instead of the folder."),
]
FOLDER = Path("elatbot-data")
"""The folder unless one is named."""


def open_stores(folder: Path, file: Path | None, *, existing: bool = False) -> TrainingStores:
    """The collections in a folder, or of a JobStore that a file describes.

    Raises
    ------
    TargetError
        If something should be there, and is not.
    StoreError
        If they cannot be opened.
    """
    from elatbot_flows.database.stores import embedded_store, store_in_file
    from elatbot_flows.database.training.collections import TrainingStores

    if file is not None:
        return TrainingStores.of(store_in_file(file)[0])
    if existing and not folder.is_dir():
        raise TargetError(f"there is no folder {folder}: bring materials by elatbot data fetch")
    opened = embedded_store(writable_folder(folder, "--data"))
    opened.connect()
    return TrainingStores.of(opened)
