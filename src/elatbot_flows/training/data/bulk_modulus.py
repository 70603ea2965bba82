"""Materials with their bulk modulus: loaded, cleaned with every drop counted, split by formula."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.formula import formula_counts, reduced_formula
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from elatbot_flows.documents.training import SplitName

__all__ = [
    "HIGHEST",
    "LOWEST",
    "MOST_ATOMS",
    "BulkModulusRow",
    "CleanRows",
    "Split",
    "clean_rows",
    "formula_hash",
    "load_rows",
    "part_of",
    "split_rows",
]

LOWEST, HIGHEST = 0.5, 445.0
"""Moduli outside this range (GPa) are taken for errors; the upper edge is that of diamond, 443 GPa
(McSkimin and Andreatch, J. Appl. Phys. 43, 2944, 1972)."""
MOST_ATOMS = 40
"""Largest formula unit kept."""
_SPELLINGS = {
    "orthorhomabic": "Orthorhombic",
    "tetragonal 1": "Tetragonal",
    "trigonal 1": "Trigonal",
}


@dataclass(frozen=True)
class BulkModulusRow:
    """One material.

    Parameters
    ----------
    formula
        Reduced formula, as pymatgen writes it.
    counts
        Its elements and counts.
    crystal_system
        One of `elatbot_flows.targets.CRYSTAL_SYSTEMS`.
    bulk_modulus
        Voigt average in GPa at 0 K.
    """

    formula: str
    counts: tuple[tuple[str, int], ...]
    crystal_system: str
    bulk_modulus: float


@dataclass(frozen=True)
class CleanRows:
    """Rows that were kept and how many were not.

    Parameters
    ----------
    rows
        In the order of the file.
    dropped
        Number of rows left out, by reason.
    """

    rows: tuple[BulkModulusRow, ...]
    dropped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Split:
    """Rows divided such that no reduced formula is in two parts."""

    train: tuple[BulkModulusRow, ...]
    validation: tuple[BulkModulusRow, ...]
    test: tuple[BulkModulusRow, ...]


def load_rows(path: Path) -> CleanRows:
    """Read and clean a JSON-lines file (gzip or plain).

    Each line has ``formula``, ``crystal_system``, ``K_voigt_GPa`` and ``temperature_K``.

    Raises
    ------
    ElatbotError
        If the file is absent, not JSON lines, or nothing is left.
    """
    cleaned = clean_rows(read_json_lines(path))
    if not cleaned.rows:
        raise ElatbotError(f"no usable row in {path}; dropped: {cleaned.dropped}")
    return cleaned


def clean_rows(records: Iterable[dict[str, Any]]) -> CleanRows:
    """Turn raw records into rows; what is unusable is counted under its reason.

    Reasons: ``finite_temperature`` (labels of mixed quality), ``implausible_modulus`` (outside
    `LOWEST` ... `HIGHEST`), ``unknown_crystal_system``, a reason of `parse_formula`,
    ``large_formula_unit`` (more than `MOST_ATOMS` atoms), ``repeated`` (same in all fields).
    """
    rows: dict[BulkModulusRow, None] = {}
    dropped: Counter[str] = Counter()
    for record in records:
        outcome = _row(record)
        if isinstance(outcome, str):
            dropped[outcome] += 1
        elif outcome in rows:
            dropped["repeated"] += 1
        else:
            rows[outcome] = None
    return CleanRows(tuple(rows), dict(sorted(dropped.items())))


def _row(record: dict[str, Any]) -> BulkModulusRow | str:
    """Return the row of a record, or the reason why there is none."""
    if record["temperature_K"] != 0:
        return "finite_temperature"
    if not LOWEST <= record["K_voigt_GPa"] <= HIGHEST:
        return "implausible_modulus"
    label = record["crystal_system"].strip().lower()
    system = _SPELLINGS.get(label, label.capitalize())
    if system not in CRYSTAL_SYSTEMS:
        return "unknown_crystal_system"
    try:
        formula = reduced_formula(record["formula"])
    except ParseError as error:
        return error.reason
    counts = formula_counts(formula)
    if sum(number for _, number in counts) > MOST_ATOMS:
        return "large_formula_unit"
    return BulkModulusRow(formula, counts, system, float(record["K_voigt_GPa"]))


def formula_hash(formula: str, salt: str = "") -> int:
    """Hash a reduced formula to 64 bits of its SHA-256, the same on every machine."""
    digest = hashlib.sha256(f"{salt}{formula}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def part_of(key: str, *, seed: int, validation: float, test: float) -> SplitName:
    """Part that a hash of a key puts it in, whatever other keys there are.

    Parameters
    ----------
    key
        Such as a reduced formula.
    seed
        Another number gives another division.
    validation, test
        Fractions of the keys.
    """
    place = formula_hash(key, salt=f"{seed}:") / 2**64
    return "train" if place >= test + validation else "validation" if place >= test else "test"


def split_rows(
    rows: Iterable[BulkModulusRow],
    *,
    validation: float = 0.06,
    test: float = 0.10,
    seed: int = 0,
) -> Split:
    """Divide rows by a hash of the reduced formula, so that adding rows moves no other row.

    Parameters
    ----------
    rows
        What to divide.
    validation, test
        Fractions of the formulas.
    seed
        Another number gives another division.
    """
    parts: dict[SplitName, list[BulkModulusRow]] = {"train": [], "validation": [], "test": []}
    for row in rows:
        parts[part_of(row.formula, seed=seed, validation=validation, test=test)].append(row)
    return Split(*(tuple(part) for part in parts.values()))
