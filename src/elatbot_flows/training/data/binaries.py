"""Crystals with their bulk and shear modulus: loaded, with every drop counted."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.crystals.reading import crystal_of
from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pymatgen.core import Structure

__all__ = ["CleanCrystals", "CrystalRow", "clean_crystals", "load_crystals"]


@dataclass(frozen=True)
class CrystalRow:
    """One labelled crystal.

    Parameters
    ----------
    source
        Its Materials Project identifier.
    formula
        Reduced formula, as pymatgen writes it.
    structure
        The crystal.
    bulk_modulus, shear_modulus
        Voigt-Reuss-Hill averages at 0 K, relaxed ions, GPa.
    """

    source: str
    formula: str
    structure: Structure
    bulk_modulus: float
    shear_modulus: float


@dataclass(frozen=True)
class CleanCrystals:
    """Rows that were kept, in the order of the file, and how many were not, by reason."""

    rows: tuple[CrystalRow, ...]
    dropped: dict[str, int] = field(default_factory=dict)


def load_crystals(path: Path) -> CleanCrystals:
    """Read and clean a JSON-lines file (gzip or plain).

    Each line has ``mp_id``, ``structure`` (a pymatgen dictionary), ``bulk_modulus_vrh`` and
    ``shear_modulus_vrh`` in GPa.

    Raises
    ------
    ElatbotError
        If the file is absent, not JSON lines, or nothing is left.
    """
    cleaned = clean_crystals(read_json_lines(path))
    if not cleaned.rows:
        raise ElatbotError(f"no usable row in {path}; dropped: {cleaned.dropped}")
    return cleaned


def clean_crystals(records: Iterable[dict[str, Any]]) -> CleanCrystals:
    """Turn raw records into rows; what is unusable is counted under its reason.

    Reasons: ``missing_field``, ``implausible_modulus`` (not a positive number),
    ``unreadable_structure``, ``disordered``, ``repeated`` (same identifier).
    """
    rows: dict[str, CrystalRow] = {}
    dropped: Counter[str] = Counter()
    for record in records:
        outcome = _row(record)
        if isinstance(outcome, str):
            dropped[outcome] += 1
        elif outcome.source in rows:
            dropped["repeated"] += 1
        else:
            rows[outcome.source] = outcome
    return CleanCrystals(tuple(rows.values()), dict(sorted(dropped.items())))


def _row(record: dict[str, Any]) -> CrystalRow | str:
    """Return the row of a record, or the reason why there is none."""
    try:
        source, raw = str(record["mp_id"]), record["structure"]
        moduli = [record["bulk_modulus_vrh"], record["shear_modulus_vrh"]]
    except KeyError:
        return "missing_field"
    if not all(isinstance(m, (int, float)) and math.isfinite(m) and m > 0 for m in moduli):
        return "implausible_modulus"
    try:
        structure = crystal_of(raw)
    except Exception:  # noqa: BLE001 - pymatgen raises what it likes on odd dictionaries
        return "unreadable_structure"
    if not structure.is_ordered:
        return "disordered"
    formula = structure.composition.reduced_formula
    return CrystalRow(source, formula, structure, float(moduli[0]), float(moduli[1]))
