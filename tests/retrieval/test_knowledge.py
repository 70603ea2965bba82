"""Known values out of files, records and stores."""

from __future__ import annotations

import gzip
import json

import pytest
from maggma.stores import MemoryStore

from elatbot_flows.errors import ElatbotError
from elatbot_flows.retrieval import KnowledgeBase

TENSOR = [
    [108.24, 62.16, 62.16, 0, 0, 0], [62.16, 108.24, 62.16, 0, 0, 0],
    [62.16, 62.16, 108.24, 0, 0, 0], [0, 0, 0, 28.41, 0, 0],
    [0, 0, 0, 0, 28.41, 0], [0, 0, 0, 0, 0, 28.41],
]  # fmt: skip
RAW = {
    "formula": "Al", "crystal system": "orthorhomabic", "temperature": 300, "pressure": 1,
    "elastic constant": [1.0824, 0.6216, 0.2841], "elastic tensor voigt notation": TENSOR,
}  # fmt: skip


def test_csv_with_units_in_cells_or_heads(tmp_path):
    cells = tmp_path / "cells.csv"
    cells.write_text(
        "composition,crystal system,temperature,Voigt bulk modulus\n"
        "gamma-TiAl,tetragonal (fct phase),300 K,110 GPa\n"
        "mystery metal,cubic,300 K,110 GPa\n"
        "Ni,cubic,27 C,180 GPa\n"
        "Ni,cubic,300 K,much\n"
        "Ni,cubic,300 K,\n",
        encoding="utf-8",
    )
    heads = tmp_path / "heads.csv"
    heads.write_text("formula,temperature (K),shear_modulus_MPa\nNi,300,76000\n", encoding="utf-8")
    base = KnowledgeBase.from_files(cells, heads)
    first, second = base.rows
    assert (first.formula, first.crystal_system) == ("Ti11Al14", "tetragonal")
    assert (first.temperature, first.values) == (300.0, (("bulk_modulus_voigt", 110.0),))
    assert (second.values, second.source) == ((("shear_modulus", 76.0),), "heads.csv, row 1")
    assert base.skipped_counts == {
        "no_value": 1, "not_a_number": 1, "unknown_alloy": 1, "unknown_unit": 1,
    }  # fmt: skip
    unknown = next(s for s in base.skipped if s.reason == "unknown_alloy")
    assert unknown.source == "cells.csv, row 2"
    assert "names=" in unknown.message
    named = KnowledgeBase.from_files(cells, names={"mystery metal": "Cu", "gamma-TiAl": "TiAl"})
    assert [row.formula for row in named.rows] == ["TiAl", "Cu"]


@pytest.mark.parametrize("name", ["raw.jsonl", "raw.jsonl.gz"])
def test_literature_records(tmp_path, name):
    records = [
        RAW,
        RAW,
        RAW | {"pressure": 1973.8},
        RAW | {"temperature": 0},
        RAW | {"elastic constant": [108.24]},
        RAW | {"elastic constant": "C11"},
        RAW | {"elastic tensor voigt notation": [[1]]},
        {"temperature": 300},
        "Al",
    ]
    text = "\n".join(map(json.dumps, records)).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    base = KnowledgeBase.from_files(path)
    (row,) = base.rows
    assert row.crystal_system == "orthorhombic"
    assert row.value("bulk_modulus_voigt") == pytest.approx(77.52)
    assert row.value("shear_modulus_voigt") == pytest.approx((46.08 + 3 * 28.41) / 5)
    assert row.value("hardness") is None
    assert base.skipped_counts == {
        "inconsistent_units": 2, "no_formula": 1, "not_an_object": 1, "other_pressure": 1,
        "repeated": 1, "wrong_shape": 1, "zero_kelvin": 1,
    }  # fmt: skip


def test_store_of_candidates():
    store = MemoryStore(key="candidate_id")
    store.connect()
    store.update(
        [
            {"candidate_id": "1", "formula": "AlNi3", "bulk_modulus": 180.0, "status": "validated"},
            {"candidate_id": "2", "formula": "AlNi", "bulk_modulus": None, "status": "validated"},
            {"candidate_id": "3", "formula": "Al", "bulk_modulus": 70.0, "status": "failed"},
        ]
    )
    base = KnowledgeBase.from_store(store, {"status": "validated"}, temperature=0, zero_kelvin=True)
    assert [(row.formula, row.temperature, row.source) for row in base.rows] == [
        ("AlNi3", 0.0, "store, row 1")
    ]
    assert base.skipped_counts == {"no_value": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"K_voigt_GPa": -5}, "implausible_modulus"),
        ({"K_voigt_GPa": 3e4}, "implausible_modulus"),
        ({"K_voigt_GPa": True}, "not_a_number"),
        ({"temperature_K": -3}, "wrong_temperature"),
        ({"temperature_K": None}, "no_temperature"),
    ],
)
def test_bad_values_are_refused(change, reason):
    good = {"formula": "Ni", "temperature_K": 300, "K_voigt_GPa": 180}
    base = KnowledgeBase.from_records([good, good | change])
    assert base.skipped_counts == {reason: 1}
    with pytest.raises(ElatbotError, match=f"no row can be used; skipped: .*{reason}.*row 1"):
        KnowledgeBase.from_records([good | change])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ElatbotError, match="there is no data file"):
        KnowledgeBase.from_files(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ElatbotError, match="not a file of comma-separated values"):
        KnowledgeBase.from_files(tmp_path / "bytes.csv")


def test_contradictions_are_told(base):
    (found,) = base.disagreements()
    assert (found.first.formula, found.quantity) == ("Na", "bulk_modulus_voigt")
    assert found.difference == pytest.approx(2.1 / 5.45)
    assert (
        str(found)
        == "Na: 6.5 GPa at 300 K (records, row 7) against 4.4 GPa at 303 K (records, row 8)"
    )


@pytest.mark.shared
def test_published_series_contradict_each_other(published):
    small, full = published
    assert (len(small.rows), len(full.rows)) == (28, 46)
    pairs = {
        (each.first.temperature, each.second.temperature): (
            each.first.value(each.quantity), each.second.value(each.quantity),
        )
        for each in full.disagreements()
    }  # fmt: skip
    assert pairs[300, 303] == (173.9, 170.7)
    assert {each.first.formula for each in full.disagreements()} == {"AlNi3"}
    assert [each.second.temperature for each in small.disagreements()] == [333]


@pytest.mark.shared
def test_published_literature_values(shared):
    base = KnowledgeBase.from_files(shared / "data" / "finiteT_raw.jsonl.gz")
    assert len(base.rows) == 1155
    assert base.skipped_counts == {"other_pressure": 22, "repeated": 4, "zero_kelvin": 24}
    worst = base.disagreements()[0]
    assert worst.difference > 0.3
