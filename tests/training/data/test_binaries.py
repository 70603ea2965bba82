"""Crystals with moduli are read with every drop counted."""

from __future__ import annotations

import gzip
import json
import math

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.data.binaries import clean_crystals, load_crystals

B2 = Structure(Lattice.cubic(2.88), ["Ni", "Al"], [[0, 0, 0], [0.5] * 3]).as_dict()
MIXED = Structure(Lattice.cubic(2.9), [{"Ni": 0.5, "Al": 0.5}], [[0, 0, 0]]).as_dict()


def record(source="mp-1487", structure=B2, bulk=160.0, shear=70.0):
    return {
        "mp_id": source,
        "formula": "AlNi",
        "structure": structure,
        "bulk_modulus_vrh": bulk,
        "shear_modulus_vrh": shear,
    }


def test_every_drop_is_counted():
    broken = record("mp-2")
    del broken["structure"]
    cleaned = clean_crystals(
        [
            record(),
            record(),
            broken,
            record("mp-3", bulk=-4.0),
            record("mp-4", shear=math.nan),
            record("mp-5", bulk=None),
            record("mp-6", structure={"lattice": 3}),
            record("mp-7", structure=MIXED),
        ]
    )
    (row,) = cleaned.rows
    assert (row.source, row.formula, row.bulk_modulus, row.shear_modulus) == (
        "mp-1487",
        "AlNi",
        160.0,
        70.0,
    )
    assert cleaned.dropped == {
        "disordered": 1,
        "implausible_modulus": 3,
        "missing_field": 1,
        "repeated": 1,
        "unreadable_structure": 1,
    }


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_files_are_read(tmp_path, name):
    text = json.dumps(record()) + "\n\n"
    opener = gzip.open if name.endswith("gz") else open
    with opener(tmp_path / name, "wt") as stream:
        stream.write(text)
    assert len(load_crystals(tmp_path / name).rows) == 1


@pytest.mark.parametrize(
    ("content", "words"), [(None, "no data file"), ("{", "JSON lines"), ("{}\n", "no usable row")]
)
def test_bad_files_are_refused(tmp_path, content, words):
    file = tmp_path / "rows.jsonl"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ElatbotError, match=words):
        load_crystals(file)


@pytest.mark.shared
def test_reference_binaries_are_complete(shared):
    cleaned = load_crystals(shared / "data" / "binary_moduli_with_structures.jsonl.gz")
    assert len(cleaned.rows) == 3354
    assert cleaned.dropped == {}
    assert all(len(row.structure.composition.elements) == 2 for row in cleaned.rows)
