"""A test formula that was seen anywhere in training is found and named."""

from __future__ import annotations

import pytest

from elatbot_flows.documents import TaskRecord
from elatbot_flows.engines.mini.generator_files import find_folder, load_hashes
from elatbot_flows.engines.model_card import ModelCard, hash_formulas, write_card
from elatbot_flows.errors import ElatbotError, LeakError
from elatbot_flows.training.data.bulk_modulus import formula_hash
from elatbot_flows.training.data.leaks import (
    base_formulas,
    check_file,
    check_leaks,
    require_clean,
)
from elatbot_flows.training.data.records import write_records


def record(name, formula, split="train", task="tensor", **fields):
    return TaskRecord(
        record_id=name, dialect="elatbot", task=task, instruction="", input="?", answer="!",
        formula=formula, source=name, split=split, **fields,
    )  # fmt: skip


TEST = record("mp-1:elatbot:tensor", "AlNi3", "test")
CASES = {
    "another task": record("mp-1:elatbot:infill", "AlNi3", task="infill"),
    "a polymorph": record("mp-999:elatbot:tensor", "AlNi3"),
    "spelled differently": record("mp-2:elatbot:tensor", "Ni3Al"),
    "a larger cell": record("mp-2:elatbot:tensor", "Al2Ni6"),
    "a user's file": record("alloys.csv, row 7", "Ni75Al25", label="given"),
    "a user's percent": record("alloys.csv, row 8", "Ni75.0Al25.0"),
    "a judge's word": record("run-1:3", "Ni3Al", label="judge", labelled_by="7net-0"),
    "validation": record("mp-3:elatbot:tensor", "AlNi3", "validation"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_seen_formula_is_an_error_that_names_it(case):
    seen = CASES[case]
    records = [record("mp-5", "NiAl"), TEST, seen]
    (leak,) = check_leaks(records).leaks
    assert (leak.formula, leak.seen_in, leak.tasks) == ("AlNi3", [seen.record_id], [seen.task])
    assert leak.test_records == [TEST.record_id]
    assert not leak.in_base
    with pytest.raises(LeakError, match=r"1 of 1 test formulas.*AlNi3.*split by formula") as raised:
        require_clean(records)
    assert seen.record_id in str(raised.value)
    assert isinstance(raised.value, ElatbotError)


@pytest.mark.parametrize("base", [["Ni3Al"], hash_formulas(["Ni3Al", "W"])])
def test_the_base_model_may_have_seen_it(base):
    report = check_leaks([TEST, record("mp-5", "NiAl")], base)
    assert (report.leaks[0].formula, report.leaks[0].in_base) == ("AlNi3", True)
    assert report.leaks[0].seen_in == []
    assert report.base_formulas == len(base)
    with pytest.raises(LeakError, match=r"AlNi3 \(the base model\)"):
        require_clean([TEST], base)


def test_the_shipped_model_tells_what_it_has_seen(tmp_path):
    known = set(base_formulas("elatbot-mini"))
    assert len(known) == len(load_hashes(find_folder("elatbot-mini")))
    seen, unseen = ("TiN", "W7Re3Xe2")
    assert f"{formula_hash(unseen):016x}" not in known
    candidates = ["TiN", "FeAl", "AlNi", "MgO", "TiC", "GaAs", "AlNi3", "NaCl", "SiC", "W", "Cu"]
    seen = next(f for f in candidates if f"{formula_hash(f):016x}" in known)
    file = tmp_path / "records.jsonl"
    write_records(file, [record("a", seen, "test"), record("b", unseen, "test")])
    with pytest.raises(LeakError, match=f"1 of 2 test formulas.*{seen}"):
        check_file(file, "elatbot-mini")
    assert [leak.formula for leak in check_file(file, "elatbot-mini", strict=False).leaks] == [seen]


def test_a_card_tells_what_a_model_has_seen(tmp_path):
    with pytest.raises(ElatbotError, match=r"nobody wrote down.*elatbot.json"):
        base_formulas(str(tmp_path))
    formulas = hash_formulas(["Ni3Al", "Ga1.58Cu98.42"])
    write_card(tmp_path, ModelCard("elatbot", ("tensor",), training_formulas=formulas))
    assert base_formulas(str(tmp_path)) == formulas
    alloy = record("x", "Cu98.42Ga1.58", "test")
    assert [leak.formula for leak in check_leaks([TEST, alloy], formulas).leaks] == [
        "AlNi3",
        "Ga1.58Cu98.42",
    ]


def test_chemical_systems_on_both_sides_are_told():
    other = record("mp-8", "TiC", "test")
    report = require_clean([TEST, other, record("mp-5", "NiAl"), record("mp-6", "Ni2Al3")])
    assert report.clean
    assert report.shared_systems == ["Al-Ni"]
    assert report.test_formulas_in_shared_systems == 1
    assert (report.test_formulas, report.training_formulas) == (2, 2)


def test_a_formula_that_cannot_be_read_is_named():
    with pytest.raises(LeakError, match="record mp-5: 'Xx2'"):
        check_leaks([record("mp-5", "Xx2")])
