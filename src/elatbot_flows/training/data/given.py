"""Materials out of people's own files: formula or crystal, tensor or moduli, temperature."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from elatbot_flows.crystals.reading import crystal_of, read_crystal
from elatbot_flows.documents.labelled import Averages, LabelledMaterial
from elatbot_flows.errors import ElatbotError, ParseError, StructureError
from elatbot_flows.retrieval.rows import read_row, tensor_of
from elatbot_flows.text.alloy import parse_alloy, simplest_formula
from elatbot_flows.text.structure_text import symmetry_of
from elatbot_flows.training.data.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

__all__ = ["GivenMaterials", "read_given"]

_IDENTIFIERS = ("material_id", "mp_id", "id")
_LONGEST_PATH = 255


@dataclass(frozen=True)
class GivenMaterials:
    """Materials of a file, and what was not read.

    Parameters
    ----------
    materials
        In the order of the file.
    skipped
        Number of rows that are not used, by reason.
    first
        The first of them for people.
    """

    materials: tuple[LabelledMaterial, ...]
    skipped: dict[str, int] = field(default_factory=dict)
    first: str | None = None


def read_given(path: Path, *, temperature: float = 0.0) -> GivenMaterials:
    """Read a ``.csv``, ``.json`` or ``.jsonl`` (``.gz``) file.

    Names and units of fields are those of `elatbot_flows.retrieval.rows.read_row`: a formula; a
    6x6 tensor in IEEE axes, or moduli; temperature; crystal system. A field ``structure`` holds a
    crystal: a pymatgen dictionary, the text of a CIF, or the name of a file beside this one. A
    field ``material_id``, ``mp_id`` or ``id`` names the row, else its number does.

    Parameters
    ----------
    path
        The file.
    temperature
        Of rows that tell none, K.

    Raises
    ------
    ElatbotError
        If the file cannot be read, or no row can be used.
    """
    found: dict[str, LabelledMaterial] = {}
    skipped: Counter[str] = Counter()
    first = None
    for number, record in enumerate(read_table(path), start=1):
        try:
            material = _read(record, path, number, temperature)
            if material.material_id in found:
                raise ParseError("an earlier row has the same name", reason="repeated")  # noqa: TRY301
        except (ParseError, StructureError) as error:
            skipped[error.reason] += 1
            first = first or f"row {number}: {error}"
            continue
        found[material.material_id] = material
    if not found:
        raise ElatbotError(f"no row of {path} can be used: {dict(skipped)}; {first}")
    return GivenMaterials(tuple(found.values()), dict(sorted(skipped.items())), first)


def _read(record: Any, path: Path, number: int, temperature: float) -> LabelledMaterial:
    if not isinstance(record, dict):
        raise ParseError("it is not a JSON object", reason="not_an_object")
    crystal = _crystal(record.get("structure"), path.parent)
    own = record if crystal is None else {"formula": crystal.composition.reduced_formula} | record
    row = read_row(own, "", temperature=temperature, zero_kelvin=True)
    values, tensor = dict(row.values), tensor_of(record)
    symmetry = None if crystal is None else symmetry_of(crystal)
    name = next((str(record[key]) for key in _IDENTIFIERS if record.get(key)), f"row {number}")
    system = symmetry.crystal_system if symmetry else (row.crystal_system or "").capitalize()
    return LabelledMaterial(
        material_id=f"{path.name}, {name}",
        origin=path.name,
        label="given",
        labelled_by=path.name,
        last_updated=datetime.now(tz=UTC),
        place=number,
        formula=simplest_formula(row.written),
        written=row.written,
        chemsys=parse_alloy(row.written).chemical_system,
        crystal_system=system or None,
        spacegroup_number=symmetry.number if symmetry else None,
        temperature=row.temperature,
        structure=crystal,
        elastic_tensor=None if tensor is None else tensor.tolist(),
        bulk_modulus=_averages(values, "bulk_modulus"),
        shear_modulus=_averages(values, "shear_modulus"),
    )


def _averages(values: dict[str, float], name: str) -> Averages | None:
    voigt, vrh = values.get(f"{name}_voigt"), values.get(name)
    return None if voigt is None and vrh is None else Averages(voigt=voigt, vrh=vrh)


def _crystal(value: Any, folder: Path) -> Structure | None:
    """The crystal of a field: a dictionary, its JSON, a CIF, or the name of a file in `folder`."""
    from pymatgen.core import Structure

    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            if "\n" in text:
                found = Structure.from_str(text, fmt="cif")
            elif text.startswith("{"):
                found = crystal_of(json.loads(text))
            else:
                found = read_crystal(folder / text[:_LONGEST_PATH])
        else:
            found = crystal_of(value)
    except Exception as error:
        raise StructureError(
            f"its structure cannot be read ({type(error).__name__}: {error}): give a pymatgen "
            "dictionary, a CIF, or the name of a file",
            reason="unreadable_structure",
        ) from error
    if not found.is_ordered:
        raise StructureError("its crystal has partly occupied sites", reason="disordered")
    return found
