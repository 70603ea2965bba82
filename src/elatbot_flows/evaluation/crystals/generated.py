"""Crystals that somebody generated: files of any kind, every try counted."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.crystals.reading import crystal_of, read_crystal
from elatbot_flows.crystals.written_texts import ReadText, read_crystal_texts
from elatbot_flows.errors import ParseError, StructureError
from elatbot_flows.text.crystals.forms import parse_crystal
from elatbot_flows.text.crystals.reasons import Reason
from elatbot_flows.text.crystals.written import Stated
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymatgen.core import Structure

__all__ = ["IMPOSSIBLE", "GeneratedCrystal", "read_generated"]

IMPOSSIBLE = frozenset(
    reason.value
    for reason in (
        Reason.IMPOSSIBLE_CELL,
        Reason.ATOMS_TOO_CLOSE,
        Reason.UNKNOWN_SPACE_GROUP,
        Reason.CONTRADICTS_FORMULA,
        Reason.CONTRADICTS_CELL,
        Reason.CONTRADICTS_SYMMETRY,
    )
)
"""Reasons of texts that can be read, but describe no possible crystal."""
_UNREADABLE = "unreadable_file"
_OPERATION = re.compile(r"^[^\S\n]*(?:\d+\s+)?['\"]?[^,\n]*[xyz],[^,\n]*,[^,\n]*$", re.MULTILINE)
"""A line of a CIF that says where a symmetry operation takes x, y and z."""
_BLOCK = re.compile(r"^(?=data_)", re.MULTILINE)
_FORMULA = "_chemical_formula_sum"
_NUMBER = ("_symmetry_Int_Tables_number", "_space_group_IT_number")


@dataclass(frozen=True)
class GeneratedCrystal:
    """One try of a generator.

    Parameters
    ----------
    source
        File, and the number in it, from 1, where it holds several.
    structure
        The crystal as it was generated; None if there is none.
    formula, space_group
        What is stated beside the sites; space group 1 counts as nothing stated, since programs
        write it wherever they list all atoms.
    reason, message
        Why there is no crystal, for programs and for people.
    """

    source: str
    structure: Structure | None = None
    formula: str | None = None
    space_group: int | None = None
    reason: str | None = None
    message: str | None = None

    @property
    def parsed(self) -> bool:
        """Whether it could be read, be it as a crystal that cannot exist."""
        return self.structure is not None or self.reason in IMPOSSIBLE


def read_generated(path: Path) -> list[GeneratedCrystal]:
    """Read everything in a file, or in all files of a folder; what is no crystal has a reason.

    Known are CIF, whatever pymatgen reads, JSON and JSON lines of pymatgen's structures (or of
    documents with a field ``structure``), extended XYZ with several crystals, and the texts that
    :func:`~elatbot_flows.crystals.written_texts.read_crystal_texts` knows, tables included.

    Parameters
    ----------
    path
        File or folder; hidden files are left out.

    Raises
    ------
    StructureError
        If there is no file.
    """
    files = [path]
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.is_file() and not f.name.startswith("."))
    if not files or not files[0].is_file():
        raise StructureError(f"there is no file in {path}; give a file or a folder of crystals")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pymatgen could not read is told as a reason
        return [crystal for file in files for crystal in _read(file)]


def _label(file: Path) -> str:
    """Name of a file; bytes of it that are no text are spelt out."""
    return file.name.encode("utf-8", "backslashreplace").decode("utf-8")


def _read(file: Path) -> Iterator[GeneratedCrystal]:
    name = file.name.lower()
    try:
        if name.endswith((".jsonl", ".jsonl.gz", ".json", ".json.gz")):
            yield from _documents(file)
        elif name.endswith((".xyz", ".extxyz")):
            yield from _frames(file)
        elif name.endswith(".cif"):
            yield from _cifs(file)
        elif name.endswith((".csv", ".txt")):
            yield from map(_of_text, read_crystal_texts(file))
        else:
            yield GeneratedCrystal(_label(file), read_crystal(file))
    except Exception as error:  # noqa: BLE001 - parsers raise what they like
        yield _refused(_label(file), error)


def _refused(source: str, error: Exception) -> GeneratedCrystal:
    reason = error.reason if isinstance(error, ParseError) else _UNREADABLE
    message = str(error) if isinstance(error, ParseError) else f"{type(error).__name__}: {error}"
    return GeneratedCrystal(source, reason=reason, message=message)


def _of_text(read: ReadText) -> GeneratedCrystal:
    if read.crystal is None:
        return GeneratedCrystal(read.source, reason=read.reason, message=read.message)
    return _stating(read.source, read.crystal.structure, read.crystal.stated)


def _stating(source: str, structure: Structure, stated: Stated) -> GeneratedCrystal:
    group = None if stated.space_group == 1 else stated.space_group
    return GeneratedCrystal(source, structure, stated.formula, group)


def _documents(file: Path) -> Iterator[GeneratedCrystal]:
    """Crystals of plain documents; texts in JSON lines and LLaMat's JSON have their own reader."""
    from monty.serialization import loadfn

    lines = ".jsonl" in file.name.lower()
    found: Any = read_json_lines(file) if lines else loadfn(file, cls=None)
    records = found if isinstance(found, list) else [found]
    if not any(_document(record) for record in records):
        yield from map(_of_text, read_crystal_texts(file))
        return
    for number, record in enumerate(records, start=1):
        source = f"{_label(file)}:{number}" if len(records) > 1 else _label(file)
        try:
            yield GeneratedCrystal(source, crystal_of(_document(record) or {}))
        except Exception as error:  # noqa: BLE001 - pymatgen raises what it likes
            yield _refused(source, error)


def _document(record: Any) -> dict[str, Any] | None:
    """The plain crystal that a record is, or has; None if it has none."""
    if not isinstance(record, dict):
        return None
    inner = record if "lattice" in record else record.get("structure")
    return inner if isinstance(inner, dict) else None


def _frames(file: Path) -> Iterator[GeneratedCrystal]:
    from ase.io import iread
    from pymatgen.io.ase import AseAtomsAdaptor

    for number, atoms in enumerate(iread(file, ":"), start=1):
        source = f"{_label(file)}:{number}"
        try:
            yield GeneratedCrystal(source, AseAtomsAdaptor.get_structure(atoms))
        except Exception as error:  # noqa: BLE001 - no cell, no atoms
            yield _refused(source, error)


def _cifs(file: Path) -> Iterator[GeneratedCrystal]:
    text = file.read_text(encoding="utf-8", errors="replace")
    blocks = [part for part in _BLOCK.split(text) if "_cell_length_a" in part] or [text]
    for number, block in enumerate(blocks, start=1):
        source = f"{_label(file)}:{number}" if len(blocks) > 1 else _label(file)
        try:
            yield _cif(source, block)
        except Exception as error:  # noqa: BLE001 - pymatgen raises what it likes
            yield _refused(source, error)


def _cif(source: str, text: str) -> GeneratedCrystal:
    """A CIF of anybody; one that lists no operation may still mean those of its space group."""
    from pymatgen.io.cif import CifFile, CifParser

    if len(_OPERATION.findall(text)) <= 1:
        try:
            read = parse_crystal(text, tolerant=True)
            return _stating(source, read.structure, read.stated)
        except ParseError as error:
            if error.reason in IMPOSSIBLE:
                raise
    structure = CifParser.from_str(text).parse_structures(primitive=False)[0]
    tags = next(iter(CifFile.from_str(text).data.values())).data
    number = next((str(tags[tag]) for tag in _NUMBER if tag in tags), "")
    stated = Stated(tags.get(_FORMULA), int(number) if number.isdigit() else None)
    return _stating(source, structure, stated)
