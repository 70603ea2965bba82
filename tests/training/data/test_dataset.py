"""A file of records and the document that says where they come from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from elatbot_flows.documents import (
    DatasetRecord,
    DataSource,
    MaterialRecords,
    SplitRule,
    TaskRecord,
)
from elatbot_flows.errors import ElatbotError, StoreError
from elatbot_flows.training.data.dataset import assemble
from elatbot_flows.training.data.dataset_files import dataset_path, write_dataset
from elatbot_flows.training.data.records import read_records, records_sha256

NOW = datetime(2030, 1, 2, tzinfo=UTC)


def written(number, formula="AlNi3", origin="own.csv", **fields):
    name = f"{origin}, {number}"
    records = [
        TaskRecord(
            record_id=f"{name}:elatbot:{task}", dialect="elatbot", task=task, instruction="",
            input="?", answer="!", formula=formula, source=name,
        )
        for task in ("infill", "tensor")
    ]  # fmt: skip
    told = {
        "material_id": name, "made_from": "", "origin": origin, "formula": formula, "chemsys": "x",
        "place": number, "records": records, "last_updated": NOW, "crystal_system": "Cubic",
    }  # fmt: skip
    return MaterialRecords(**told | fields)


DROPPED = {"records": [], "step": "moduli_within_range", "reason": "large_modulus"}
MATERIALS = [
    written(1),
    written(2, dropped={"elatbot/bulk_modulus": "no_tensor"}, turned=True),
    written(3, temperature=300.0),
    written(4, "CuAu"),
    written(5, "W", **DROPPED),
    written(0, "Cu", "materials_project", on_hull=True, database_version="2030.01.02"),
]
SOURCE = DataSource(
    origin="own.csv", materials=5, skipped={"not_a_number": 2}, sha256="f00", last_updated=NOW
)
OTHER = SOURCE.model_copy(update={"origin": "elsewhere.csv"})
RULE = SplitRule(test=0.5, validation=0.0, seed=3)


def test_everything_is_counted(tmp_path):
    dataset = assemble(MATERIALS, RULE, sources=[SOURCE, OTHER])
    path = tmp_path / "own.jsonl.gz"
    document = write_dataset(path, dataset)
    assert document == DatasetRecord.model_validate_json(dataset_path(path).read_text())
    assert dataset_path(path).name == "own.dataset.json"
    records = read_records(path)
    assert document.records == len(records) == 9
    assert document.records_sha256 == records_sha256(records)
    steps = {step.name: (step.came_in, step.kept, step.dropped) for step in document.steps}
    assert steps["readable"] == (8, 6, {"not_a_number": 2})
    assert steps["moduli_within_range"] == (6, 5, {"large_modulus": 1})
    writable, once = document.record_steps
    assert writable.dropped == {"elatbot/bulk_modulus: no_tensor": 1}
    assert (writable.came_in, writable.kept) == (11, once.came_in) == (11, 10)
    assert (once.kept, once.dropped) == (9, {"elatbot/infill: repeated": 1})
    assert document.sources == [SOURCE]
    assert document.origins == {"materials_project": 1, "own.csv": 5}
    assert document.database_versions == {"2030.01.02": 1}
    assert (document.turned, document.labels) == (1, {"given": 9})
    assert sum(document.materials.values()) == 5
    assert sum(document.formulas.values()) == 3
    assert sum(n for parts in document.counts.values() for n in parts.values()) == 9
    assert document.split == RULE
    assert document.leaks.clean
    assert "numpy" in document.versions


def test_the_same_records_whatever_the_order():
    first, second = (assemble(each, RULE).records for each in (MATERIALS, MATERIALS[::-1]))
    assert first == second


def test_nothing_is_overwritten(tmp_path):
    dataset = assemble(MATERIALS, RULE)
    write_dataset(tmp_path / "own.jsonl", dataset)
    before = (tmp_path / "own.jsonl").read_bytes()
    for name in ("own.jsonl", "own.jsonl.gz"):  # they would share the document
        with pytest.raises(StoreError, match="is there already, and is not replaced"):
            write_dataset(tmp_path / name, dataset)
    with pytest.raises(StoreError, match=r"ends in \.jsonl"):
        write_dataset(tmp_path / "own.csv", dataset)
    assert (tmp_path / "own.jsonl").read_bytes() == before


def test_the_papers_split_leaks_until_test_formulas_are_left_out():
    many = [
        written(n, ("Cu", "Ag", "Au", "Pt")[n % 4], "materials_project", on_hull=True)
        for n in range(40)
    ]
    rule = SplitRule(name="paper", seed=42)
    leaking = assemble(many, rule).document("a.jsonl")
    assert [leak.formula for leak in leaking.leaks.leaks] == ["Ag", "Cu"]
    dataset = assemble(many, rule, without_test_formulas=True)
    clean = dataset.document("a.jsonl")
    assert clean.leaks.clean
    step = dataset.record_steps[-1]
    assert step.name == "without_test_formulas"
    assert step.came_in - step.kept == leaking.records - clean.records > 0
    assert leaking.counts["elatbot/tensor"]["test"] == clean.counts["elatbot/tensor"]["test"] == 2


def test_nothing_left_is_an_error_that_says_why():
    with pytest.raises(ElatbotError, match=r"no record can be made of 1 materials.*large_modulus"):
        assemble([MATERIALS[4]], RULE)
