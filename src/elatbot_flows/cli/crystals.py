"""Crystals in files, as several commands read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pymatgen.core import Structure

__all__ = ["read_crystals", "require_files", "source_of"]


def source_of(path: Path) -> str:
    """What to call a file in documents; bytes of its name that are no text are spelt out."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def require_files(files: Sequence[Path]) -> None:
    """Refuse files that are not there.

    Raises
    ------
    StructureError
        Names them.
    """
    if missing := [str(path) for path in files if not path.is_file()]:
        raise StructureError(f"there is no file {', '.join(missing)}")


def read_crystals(
    files: Sequence[Path],
) -> tuple[dict[str, Structure], dict[str, dict[str, Any]]]:
    """Crystals by file; and what to say of files that hold none: status, reason, message."""
    from elatbot_flows.crystals.reading import read_crystal

    crystals, unreadable = {}, {}
    for path in files:
        try:
            crystals[source_of(path)] = read_crystal(path)
        except Exception as error:  # noqa: BLE001 - parsers raise what they like
            unreadable[source_of(path)] = {
                "source": source_of(path),
                "status": "failed",
                "reason": "atoms_overlap" if "occupanc" in str(error) else "unreadable_file",
                "message": f"{type(error).__name__}: {error}",
            }
    return crystals, unreadable
