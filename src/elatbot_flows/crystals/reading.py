"""Crystals out of files and plain documents, without running what these name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.decoding import CRYSTALS, refuse_code

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

__all__ = ["crystal_of", "read_crystal"]

_PLAIN = (".json", ".mson", ".yaml", ".yml")
"""In names of files that hold a plain document."""


def read_crystal(path: Path) -> Structure:
    """Crystal of a file in any format that pymatgen reads.

    Raises
    ------
    DecodingError
        If it names code of other packages, which pymatgen would import.
    Exception
        What pymatgen raises on a file that holds no crystal.
    """
    from monty.serialization import loadfn
    from pymatgen.core import Structure

    if any(part in path.name.lower() for part in _PLAIN):
        return crystal_of(loadfn(path, cls=None))
    return Structure.from_file(path)


def crystal_of(document: dict[str, Any]) -> Structure:
    """Crystal of a plain document; raises as `read_crystal`."""
    from pymatgen.core import Structure

    refuse_code(document, CRYSTALS)
    return Structure.from_dict(document)
