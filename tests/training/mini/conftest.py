"""Made-up published files of a few metals, and rows of them."""

from __future__ import annotations

import gzip
import json

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.text.formula import formula_counts, reduced_formula
from elatbot_flows.training.mini.rows import MiniRow

METALS = ("Ni", "Al", "Ti", "Co", "Fe", "Cr", "W", "Mo")
TENSOR = [
    [230.0, 150, 150, 0, 0, 0],
    [150, 230, 150, 0, 0, 0],
    [150, 150, 230, 0, 0, 0],
    *([0.0] * 3 + [120.0 * (i == j) for j in range(3)] for i in range(3)),
]


def write(path, records):
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))


@pytest.fixture(scope="session")
def rows():
    return [
        MiniRow(
            reduced_formula(f"{a}3{b}"),
            formula_counts(f"{a}3{b}"),
            "Cubic",
            60.0 + 20 * i + j,
            30.0 + 8 * i if j % 4 else None,
        )
        for i, a in enumerate(METALS)
        for j, b in enumerate(METALS)
        if a != b and (i + 2 * j) % 3
    ]


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    pairs = [(a, b) for a in METALS for b in METALS if a != b]
    write(
        folder / "bulk_modulus_to_formula.jsonl.gz",
        [
            {
                "formula": f"{a}3{b}",
                "crystal_system": "Cubic",
                "K_voigt_GPa": 100.0 + place,
                "temperature_K": 0,
            }
            for place, (a, b) in enumerate(pairs)
        ],
    )
    crystal = Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.57), ["Ni", "Al"], [[0, 0.5, 0.5], [0, 0, 0]]
    )
    write(
        folder / "binary_moduli_with_structures.jsonl.gz",
        [
            {
                "mp_id": "mp-1",
                "structure": crystal.as_dict(),
                "bulk_modulus_vrh": 101.0,
                "shear_modulus_vrh": 77.0,
            }
        ],
    )
    tensor = {
        "formula": "Fe3W",
        "crystal_system": "Cubic",
        "split": "test",
        "elastic_tensor_GPa": TENSOR,
        "moduli_GPa": {"K_V": 176.7, "G_H": 80.0},
    }
    write(
        folder / "elastic_tensors_0K.jsonl.gz",
        [tensor, {**tensor, "formula": "Co3Mo", "split": "val"}],
    )
    hot = {
        "formula": "Al",
        "crystal system": "cubic",
        "temperature": 300,
        "pressure": 1,
        "elastic tensor voigt notation": TENSOR,
    }
    write(
        folder / "finiteT_raw.jsonl.gz",
        [hot, {**hot, "formula": "Mg99.63Ag0.37"}, {**hot, "pressure": 2}],
    )
    return folder
