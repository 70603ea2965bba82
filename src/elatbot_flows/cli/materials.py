"""Materials that users bring: files with crystals, folders of them, and lists of formulas."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.cli.crystals import read_crystals, source_of
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pymatgen.core import Structure

__all__ = ["Materials", "read_materials"]

_LISTS = (".txt", ".csv")
_HEAD = "formula"


@dataclass
class Materials:
    """What could be read, and what could not.

    Parameters
    ----------
    materials
        Crystals and formulas.
    sources
        Where each came from.
    unreadable
        For everything else: source, status, reason and message.
    """

    materials: list[Structure | str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    unreadable: list[dict[str, Any]] = field(default_factory=list)

    def add(self, material: Structure | str, source: str) -> None:
        """Take in a crystal or a formula."""
        self.materials.append(material)
        self.sources.append(source)


def read_materials(paths: Sequence[Path]) -> Materials:
    """Read crystals (CIF, POSCAR, JSON, ...), folders of them, and formulas, one in a line.

    Parameters
    ----------
    paths
        Files and folders. A ``.txt`` file has a formula in each line, a ``.csv`` file a column
        ``formula``.

    Raises
    ------
    StructureError
        If something is not there, or there is nothing to read.
    """
    if missing := [str(path) for path in paths if not path.exists()]:
        raise StructureError(f"there is no file or folder {', '.join(missing)}")
    files = list(dict.fromkeys(_files(paths)))
    lists = [path for path in files if path.suffix.lower() in _LISTS]
    found = Materials()
    crystals, unreadable = read_crystals([path for path in files if path not in lists])
    for source, crystal in crystals.items():
        found.add(crystal, source)
    found.unreadable += unreadable.values()
    for path in lists:
        _read_list(path, found)
    if not found.materials:
        why = "; ".join(f"{one['source']}: {one['message']}" for one in found.unreadable)
        raise StructureError(f"there is nothing to read: {why or 'the folders are empty'}")
    return found


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    """The files, those of folders by name; hidden ones are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        yield from sorted(p for p in path.iterdir() if p.is_file() and p.name[0] != ".")


def _read_list(path: Path, found: Materials) -> None:
    """Take in the formulas of a list; a line that is none has a reason."""
    from pymatgen.core import Composition

    for number, text in _formulas(path):
        source = f"{source_of(path)}:{number}"
        try:
            if not Composition(text, strict=True).valid:
                raise ValueError(text)  # noqa: TRY301 - one handler for whatever is wrong
        except Exception as error:  # noqa: BLE001 - pymatgen raises what it likes
            found.unreadable.append(
                {
                    "source": source,
                    "status": "failed",
                    "reason": "not_a_formula",
                    "message": f"{text!r} is not a formula ({type(error).__name__})",
                }
            )
        else:
            found.add(text, source)


def _formulas(path: Path) -> Iterable[tuple[int, str]]:
    """Line and text of every formula.

    Raises
    ------
    StructureError
        If it is no text, or a table without a column of formulas.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StructureError(f"{path} cannot be read as text: {error}") from error
    if path.suffix.lower() == ".csv":
        rows = csv.DictReader(lines)
        if _HEAD not in (rows.fieldnames or ()):
            raise StructureError(f"{path} has no column '{_HEAD}': name it in the first line")
        for row in rows:
            yield rows.line_num, (row[_HEAD] or "").strip()
        return
    for number, line in enumerate(lines, start=1):
        if text := line.partition("#")[0].strip():
            yield number, text
