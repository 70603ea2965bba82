"""Questions to the store of a finished run, in a new process and in this one."""

from __future__ import annotations

import json

import pytest
from cli_commands import elatbot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def result(design_run):
    (file,) = design_run[0].glob("*/result.json")
    return json.loads(file.read_text())


@pytest.fixture
def ask(command, design_run):
    """Ask the store of the run with ``--json``."""

    def run(*arguments):
        ended = command("query", "--out", design_run[0], "--json", *arguments)
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    return run


def ids(candidates):
    return [candidate["candidate_id"] for candidate in candidates]


def passed(result):
    return [c for c in result["candidates"] if c["status"] == "passed"]


def slim(evidence):
    """Evidence as it is published: nothing heavy, nothing empty."""
    heavy = ("structure", "elements", "settings", "versions", "clamped_tensor", "ieee_axes")
    result = {k: v for k, v in evidence["result"].items() if k not in heavy}
    return said({"polymorph": evidence["polymorph"], "result": result})


def said(value):
    if isinstance(value, dict):
        return {k: said(v) for k, v in value.items() if v not in (None, [], {})}
    return value


def test_a_new_process_finds_what_passed_the_likeliest_first(design_run, result):
    ended = elatbot("query", "--out", design_run[0], "--json")
    found = json.loads(ended.out)
    assert set(ids(found)) == set(ids(passed(result)))
    chances = [candidate["probability"] or 0.0 for candidate in found]
    assert chances == sorted(chances, reverse=True)
    best = found[0]
    same = next(c for c in passed(result) if c["candidate_id"] == best["candidate_id"])
    assert best["evidence"] == [slim(one) for one in same["evidence"]]
    assert best["run_id"] == result["run"]["run_id"]
    assert best["target"] == result["run"]["target"]


def test_a_table_for_people(command, design_run, result):
    ended = command("query", "--out", design_run[0])
    assert ended.code == 0
    for candidate in passed(result):
        assert candidate["formula"] in ended.out
    assert f"Run {result['run']['run_id']}: 1, 2" in ended.out
    everything = command("query", "--out", design_run[0], "--all")
    assert everything.code == 0
    assert len(everything.out.splitlines()) > len(ended.out.splitlines())


def test_everything_is_stored(ask, result):
    assert sorted(ids(ask("--all"))) == sorted(ids(result["candidates"]))


def test_status_and_verdict(ask, result):
    for status in ("passed", "rejected", "failed", "built", "proposed"):
        expected = [c for c in result["candidates"] if c["status"] == status]
        assert sorted(ids(ask("--status", status))) == sorted(ids(expected))
    for verdict in ("hit", "open", "miss", "unknown"):
        expected = [c for c in passed(result) if c["verdict"] == verdict]
        assert sorted(ids(ask("--verdict", verdict))) == sorted(ids(expected))
    assert ids(ask("--hit")) == ids(ask("--verdict", "hit"))


def test_intervals_are_closed(ask, result):
    best = next((c for c in passed(result) if c["estimate"]), None)
    assert ask("--bulk-modulus", "0:1") == []
    if best is not None:
        k, g = repr(best["bulk_modulus"]), repr(best["shear_modulus"])
        assert best["candidate_id"] in ids(ask("-K", f"{k}:{k}", "-G", f"{g}:"))


def test_elements(ask, result):
    allowed = {"Pd", "Au", "Cu"}
    expected = [c for c in result["candidates"] if c["elements"] and set(c["elements"]) <= allowed]
    assert expected
    assert sorted(ids(ask("--all", "--elements", "Au,Cu,Pd"))) == sorted(ids(expected))


def test_contained_elements(ask, result):
    expected = [c for c in result["candidates"] if {"Pd", "Au"} <= set(c["elements"])]
    assert expected
    assert sorted(ids(ask("--all", "--contains", "Pd,Au"))) == sorted(ids(expected))


def test_formula_unseen_and_run(ask, result):
    formula = result["candidates"][0]["formula"]
    assert {c["formula"] for c in ask("--formula", formula)} == {formula}
    assert {c["unseen"] for c in ask("--all", "--unseen")} <= {True}
    assert {c["unseen"] for c in ask("--all", "--seen")} <= {False}
    assert len(ask("--all", "--run", result["run"]["run_id"])) == len(result["candidates"])
    assert ask("--all", "--run", "nosuchrun") == []


def test_order_and_limit(ask):
    found = ask("--all", "--sort", "volume_per_atom")
    values = [c["volume_per_atom"] for c in found]
    known = [value for value in values if value is not None]
    assert known == sorted(known)
    assert values[: len(known)] == known, "those without a value come last"
    assert ids(ask("--all", "--sort", "volume_per_atom", "--limit", "3")) == ids(found)[:3]
