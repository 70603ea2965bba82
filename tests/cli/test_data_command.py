"""From a file of one's own to records and their check, without any key."""

from __future__ import annotations

import json

import jobflow
import pytest
from cli_commands import EMT
from jobflow import JobStore
from maggma.stores import MemoryStore
from pymatgen.core import SETTINGS
from test_bad_input import refused

from describing import stand_in  # noqa: F401 - a fixture
from elatbot_flows.documents import DatasetRecord
from elatbot_flows.training.data.records import read_records
from recorded_elasticity import cubic, fcc

ALLOYS = """\
formula,crystal system,temperature_K,bulk_modulus_voigt_GPa
Ni3Al,cubic,300,173.9
AlNi3,cubic,400,171.3
Ti44Al56,tetragonal,298,109.4
NiAl,cubic,298,156
Al,cubic,300,oops
"""


@pytest.fixture(autouse=True)
def nobody_has_a_key(monkeypatch):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))
    for name in ("MP_API_KEY", "PMG_MAPI_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(SETTINGS, "PMG_MAPI_KEY", raising=False)


@pytest.fixture
def alloys(command, tmp_path):
    """Brought already, beside a crystal with its tensor."""
    (tmp_path / "alloys.csv").write_text(ALLOYS)
    record = {"structure": fcc("Cu", 3.61).as_dict(), "elastic_tensor": cubic(170, 121, 76)}
    (tmp_path / "crystals.json").write_text(json.dumps([record]))
    ended = command("data", "fetch", "--from", "alloys.csv", "--from", "crystals.json")
    assert ended.code == 0
    assert "4 materials of alloys.csv; not: not_a_number 1" in ended.out
    assert "not read: row 5: 'oops' is not a number" in ended.err
    return tmp_path


def test_from_a_file_to_checked_records(command, alloys, stand_in):  # noqa: F811
    ended = command("data", "describe", "--workers", "1")
    assert (ended.code, ended.out) == (0, "1 crystals done now, 1 descriptions are there\n")
    assert "describe crystals: 1 of 1" in ended.err
    options = ("--dialect", "elatbot", "--dialect", "elatbot-constants", "--test", "0.4")
    ended = command("data", "records", "out/alloys.jsonl", *options)
    assert ended.code == 0, ended.err
    assert "readable: 6 -> 5; not: not_a_number 1" in ended.out
    assert "leak check: clean" in ended.out
    records = read_records(alloys / "out" / "alloys.jsonl")
    document = DatasetRecord.model_validate_json(
        (alloys / "out" / "alloys.dataset.json").read_text()
    )
    assert document.records == len(records)
    assert {r.task for r in records if r.formula == "Cu"} >= {"tensor", "tensor_from_words"}
    parts = {(record.formula, record.split) for record in records}
    assert len(parts) == len({record.formula for record in records}) == 4
    ended = command("data", "check", "out/alloys.jsonl")
    assert (ended.code, ended.out.startswith("leak check: clean")) == (0, True)
    refused(
        command("data", "records", "out/alloys.jsonl", *options), "is there already", "another name"
    )


def test_a_leak_is_told_and_is_no_success(command, alloys):
    assert command("data", "records", "a.jsonl", "--test", "0.3").code == 0
    lines = (alloys / "a.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines if json.loads(line)["formula"] == "AlNi"]
    records[0]["split"], records[1]["split"] = "test", "train"
    (alloys / "b.jsonl").write_text("\n".join(map(json.dumps, records)))
    ended = command("data", "check", "b.jsonl")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("leak: 1 of 1 test formulas are seen in training: AlNi (")
    for record in records:  # copper is a training formula of the shipped model
        record |= {"split": "test", "formula": "Cu"}
    (alloys / "c.jsonl").write_text("\n".join(map(json.dumps, records)))
    assert command("data", "check", "c.jsonl").code == 0
    ended = command("data", "check", "c.jsonl", "--base", "elatbot-mini")
    assert ended.code == 1
    assert "Cu (the base model)" in ended.err
    refused(command("data", "check", "c.jsonl", "--base", "."), "nobody wrote down", "elatbot.json")


CASES = {
    "no key": (("fetch",), ("set MP_API_KEY", "read a file of your own")),
    "no file": (("fetch", "--from", "nowhere.csv"), ("there is no file nowhere.csv",)),
    "no folder": (("records", "a.jsonl"), ("no folder elatbot-data", "elatbot data fetch")),
    "no crystals": (("describe",), ("no folder elatbot-data",)),
    "name": (("records", "a.csv"), ("ends in .jsonl",)),
    "split": (("records", "a.jsonl", "--split", "luck"), ("--split luck", "formula, chemsys")),
    "shares": (("records", "a.jsonl", "--test", "0.99"), ("leave nothing to train on",)),
    "share": (("records", "a.jsonl", "--test", "-1"), ("shares from 0",)),
    "records": (("check", "nowhere.jsonl"), ("no data file nowhere.jsonl",)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_done(command, tmp_path, case):
    arguments, words = CASES[case]
    refused(command("data", *arguments), *words)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_unknown_words_and_tasks(command, alloys):
    refused(command("data", "records", "a.jsonl", "--dialect", "latin"), "'latin'", "choose from")
    refused(command("data", "records", "a.jsonl", "--task", "luck"), "'luck'", "choose from")
    assert not (alloys / "a.jsonl").exists()


@pytest.mark.slow
def test_candidates_of_a_run_are_a_judges_word(command, design_run, tmp_path):
    ended = command("data", "fetch", "--candidates", design_run[0])
    assert (ended.code, ended.out) == (0, "2 materials of candidates\n"), ended.err
    assert command("data", "records", "run.jsonl", "--task", "generation").code == 0
    records = read_records(tmp_path / "run.jsonl")
    assert {(record.label, record.labelled_by) for record in records} == {("judge", EMT)}
