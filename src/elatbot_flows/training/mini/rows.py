"""Rows that the small model learns from: bulk and shear moduli, tensors, formulas held out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Composition
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from elatbot_flows.errors import ElatbotError
from elatbot_flows.text.alloy import parse_alloy, simplest_formula
from elatbot_flows.text.compact_questions import amounts_of, render_constants
from elatbot_flows.text.formula import formula_counts
from elatbot_flows.training.data.axes import turned_to_z
from elatbot_flows.training.data.binaries import load_crystals
from elatbot_flows.training.data.bulk_modulus import load_rows, part_of
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from elatbot_flows.documents.training import SplitName

__all__ = ["MiniRow", "TensorRow", "gather", "part_in", "tensors"]

VALIDATION, TEST, SEED = 0.06, 0.10, 0
"""Shares of the formulas, and the seed of their division, of all releases."""
_SAME = 0.1
"""Largest relative difference of bulk moduli (Voigt and Hill) of one crystal."""
_SMALLEST, _LARGEST = 0.5, 700.0
_SYSTEMS = {"orthorhomabic": "Orthorhombic", "tetragonal 1": "Tetragonal", "trigonal 1": "Trigonal"}


@dataclass(frozen=True)
class MiniRow:
    """A material at 0 K.

    Parameters
    ----------
    formula, counts, crystal_system
        Which.
    bulk_modulus, shear_modulus
        GPa; Voigt, and Hill. None where not known.
    """

    formula: str
    counts: tuple[tuple[str, int], ...]
    crystal_system: str
    bulk_modulus: float
    shear_modulus: float | None = None


@dataclass(frozen=True)
class TensorRow:
    """A material with its tensor, at any temperature.

    Parameters
    ----------
    formula
        Simplest formula.
    amounts
        As `elatbot_flows.text.compact_questions.amounts_of`.
    crystal_system
        Capitalised.
    temperature
        K.
    tensor
        GPa, shape (6, 6).
    """

    formula: str
    amounts: tuple[tuple[str, float], ...]
    crystal_system: str
    temperature: float
    tensor: Any

    @property
    def moduli(self) -> tuple[float, float]:
        """Voigt bulk modulus and Hill's shear modulus, GPa; the second NaN if not positive."""
        stiff = np.asarray(self.tensor)
        bulk = float(stiff[:3, :3].sum() / 9)
        voigt = (np.trace(stiff[:3, :3]) - stiff[0, 1] - stiff[1, 2] - stiff[0, 2]) / 15
        voigt += np.trace(stiff[3:, 3:]) / 5
        if np.linalg.eigvalsh(stiff)[0] <= 0:
            return bulk, float("nan")
        soft = np.linalg.inv(stiff)
        off = soft[0, 1] + soft[1, 2] + soft[0, 2]
        reuss = 15 / (4 * (np.trace(soft[:3, :3]) - off) + 3 * np.trace(soft[3:, 3:]))
        return bulk, float((voigt + reuss) / 2)


def part_in(formula: str, held_out: Collection[str]) -> SplitName:
    """Part of a formula; those held out are for test whatever their hash says."""
    if formula in held_out:
        return "test"
    return part_of(formula, seed=SEED, validation=VALIDATION, test=TEST)


def gather(folder: Path) -> list[MiniRow]:
    """Rows of bulk moduli, with the shear modulus of the same crystal where a file has one.

    Parameters
    ----------
    folder
        With ``bulk_modulus_to_formula``, ``binary_moduli_with_structures`` and
        ``elastic_tensors_0K``, JSON lines each.

    Raises
    ------
    ElatbotError
        If a file is absent or holds nothing.
    """
    known = _shear_moduli(folder)
    found = []
    for row in load_rows(folder / "bulk_modulus_to_formula.jsonl.gz").rows:
        shear = _nearest(known[row.formula, row.crystal_system], row.bulk_modulus)
        found.append(MiniRow(row.formula, row.counts, row.crystal_system, row.bulk_modulus, shear))
    return found


def _shear_moduli(folder: Path) -> dict[tuple[str, str], list[tuple[float, float]]]:
    known: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in load_crystals(folder / "binary_moduli_with_structures.jsonl.gz").rows:
        system = str(SpacegroupAnalyzer(row.structure, symprec=0.1).get_crystal_system())
        if _SMALLEST <= row.shear_modulus <= _LARGEST:
            pair = (row.bulk_modulus, row.shear_modulus)
            known[row.formula, system.capitalize()].append(pair)
    for record in read_json_lines(folder / "elastic_tensors_0K.jsonl.gz"):
        moduli = record["moduli_GPa"]
        formula = Composition(record["formula"]).reduced_formula
        if moduli["G_H"] is not None and _SMALLEST <= moduli["G_H"] <= _LARGEST:
            pair = (moduli["K_V"], moduli["G_H"])
            known[formula, record["crystal_system"].capitalize()].append(pair)
    return known


def _nearest(pairs: list[tuple[float, float]], bulk: float) -> float | None:
    best = min(pairs, key=lambda pair: abs(pair[0] - bulk), default=None)
    return best[1] if best and abs(best[0] - bulk) <= _SAME * bulk else None


def tensors(folder: Path, published_test: set[str]) -> list[TensorRow]:
    """Tensors at 0 K and above, those that can be written in the words of the format.

    Parameters
    ----------
    folder
        With ``elastic_tensors_0K`` and ``finiteT_raw``.
    published_test
        Formulas of published test rows are added to it.
    """
    found = []
    for record in read_json_lines(folder / "elastic_tensors_0K.jsonl.gz"):
        formula = Composition(record["formula"]).reduced_formula
        if record["split"] == "test":
            published_test.add(formula)
        tensor = np.array(record["elastic_tensor_GPa"], dtype=float)
        turned = turned_to_z(tensor, "4/m") if record["crystal_system"] == "Tetragonal" else None
        system = record["crystal_system"].capitalize()
        found.append(
            TensorRow(
                formula, formula_counts(formula), system, 0.0, tensor if turned is None else turned
            )
        )
    for record in read_json_lines(folder / "finiteT_raw.jsonl.gz"):
        if record["pressure"] != 1 or not record["temperature"] > 0:
            continue
        system = record["crystal system"].lower()
        tensor = np.array(record["elastic tensor voigt notation"], dtype=float)
        composition = parse_alloy(record["formula"])
        found.append(
            TensorRow(
                simplest_formula(record["formula"]),
                amounts_of(composition),
                _SYSTEMS.get(system, system.capitalize()),
                float(record["temperature"]),
                tensor,
            )
        )
    return [row for row in found if _writable(row)]


def _writable(row: TensorRow) -> bool:
    try:
        render_constants(row.tensor, row.crystal_system)
    except ElatbotError:
        return False
    return 0 < row.moduli[0] < _LARGEST
