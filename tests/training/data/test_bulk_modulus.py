"""Rows are cleaned with every drop counted and divided by formula."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import ElatbotError
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.training.data.bulk_modulus import (
    BulkModulusRow,
    clean_rows,
    formula_hash,
    load_rows,
    split_rows,
)


def record(formula="Ni3Al", system="Cubic", modulus=185.0, temperature=0.0):
    return {
        "formula": formula,
        "crystal_system": system,
        "K_voigt_GPa": modulus,
        "temperature_K": temperature,
    }


def test_cleaning_counts_every_reason():
    cleaned = clean_rows(
        [
            record(),
            record(),
            record(formula="Al2Ni6"),
            record(temperature=300.0),
            record(modulus=512.0),
            record(modulus=0.0),
            record(system="round"),
            record(formula="Cu95.19Al4.81"),
            record(formula="Xx2"),
            record(formula="Na41Cl"),
        ]
    )
    assert cleaned.rows == (BulkModulusRow("AlNi3", (("Al", 1), ("Ni", 3)), "Cubic", 185.0),)
    assert cleaned.dropped == {
        "finite_temperature": 1,
        "implausible_modulus": 2,
        "large_formula_unit": 1,
        "not_a_formula": 1,
        "repeated": 2,
        "unknown_crystal_system": 1,
        "unknown_element": 1,
    }


@pytest.mark.parametrize(
    ("label", "system"),
    [
        ("cubic", "Cubic"),
        ("orthorhomabic", "Orthorhombic"),
        ("tetragonal 1", "Tetragonal"),
        ("trigonal 1", "Trigonal"),
        ("Monoclinic", "Monoclinic"),
    ],
)
def test_labels_of_crystal_systems_are_mended(label, system):
    assert clean_rows([record(system=label)]).rows[0].crystal_system == system


def rows_of(symbols):
    return [BulkModulusRow(s, ((s, 1),), c, 1.0) for s in symbols for c in ("Cubic", "Hexagonal")]


@given(st.integers(0, 1000))
def test_no_formula_is_in_two_parts(seed):
    rows = rows_of(element_symbols())
    split = split_rows(rows, validation=0.2, test=0.2, seed=seed)
    parts = [{row.formula for row in part} for part in (split.train, split.validation, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 118
    assert len(split.train) + len(split.validation) + len(split.test) == len(rows)
    assert len(parts[0]) > len(parts[1])


def test_other_rows_do_not_move_a_formula():
    few, many = rows_of(element_symbols()[:40]), rows_of(element_symbols())
    assert set(split_rows(few).test) <= set(split_rows(many).test)


def test_hash_is_the_same_on_every_machine():
    assert formula_hash("AlNi3") == 0x234550F3C55F0803


@pytest.mark.parametrize("packed", [True, False])
def test_loading(tmp_path, packed):
    text = json.dumps(record()) + "\n\n"
    path = tmp_path / ("rows.jsonl.gz" if packed else "rows.jsonl")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert len(load_rows(path).rows) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.jsonl", b"{", "not a file of JSON lines"),
        ("rows.jsonl.gz", b"{}", "not a file of JSON lines"),
        ("rows.jsonl", b"", "no usable row"),
    ],
)
def test_files_that_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ElatbotError, match=message):
        load_rows(tmp_path / name)


def test_absent_file_is_named(tmp_path):
    with pytest.raises(ElatbotError, match="there is no data file"):
        load_rows(tmp_path / "rows.jsonl")


@pytest.mark.shared
def test_reference_data(shared):
    cleaned = load_rows(shared / "data" / "bulk_modulus_to_formula.jsonl.gz")
    assert len(cleaned.rows) == 9336
    assert cleaned.dropped["finite_temperature"] == 1159
    assert sum(cleaned.dropped.values()) + len(cleaned.rows) == 10518
