"""Questions to the store of a finished run, in a new process and in this one."""

from __future__ import annotations

import json

import pytest
from cli_commands import elatbot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def result(design_run):
    return json.loads((design_run[0] / "result.json").read_text())


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


def test_a_new_process_finds_the_same_hits(design_run, result):
    ended = elatbot("query", "--out", design_run[0], "--hit", "--json")
    expected = [c for c in result["candidates"] if c["verdict"] == "hit"]
    assert expected
    found = json.loads(ended.out)
    assert set(ids(found)) == set(ids(expected))
    margins = [candidate["margin"] for candidate in found]
    assert margins == sorted(margins, reverse=True)
    best, same = (
        found[0],
        next(c for c in expected if c["candidate_id"] == found[0]["candidate_id"]),
    )
    assert best["bulk_modulus"] == same["bulk_modulus"]
    assert best["run"]["run_id"] == result["run_id"]


def test_a_table_for_people(command, design_run, result):
    ended = command("query", "--out", design_run[0], "--status", "validated")
    assert ended.code == 0
    for candidate in result["candidates"]:
        if candidate["status"] == "validated":
            assert f"{candidate['bulk_modulus']:.1f}" in ended.out
            assert candidate["formula"] in ended.out


def test_everything_is_stored(ask, result):
    assert sorted(ids(ask())) == sorted(ids(result["candidates"]))


def test_status(ask, result):
    for status in ("validated", "rejected", "failed", "proposed"):
        expected = [c for c in result["candidates"] if c["status"] == status]
        assert sorted(ids(ask("--status", status))) == sorted(ids(expected))


def test_intervals_are_closed(ask, result):
    best = result["candidates"][0]
    k, g = repr(best["bulk_modulus"]), repr(best["shear_modulus"])
    assert best["candidate_id"] in ids(ask("-K", f"{k}:{k}", "-G", f"{g}:{g}"))
    assert ask("--bulk-modulus", "0:1") == []
    ratio = best["pugh_ratio"]
    assert best["candidate_id"] in ids(ask("--pugh-ratio", f"{ratio - 0.1}:{ratio + 0.1}"))


def test_elements(ask, result):
    allowed = {"Pd", "Au", "Cu"}
    expected = [c for c in result["candidates"] if c["elements"] and set(c["elements"]) <= allowed]
    assert expected
    assert sorted(ids(ask("--elements", "Au,Cu,Pd"))) == sorted(ids(expected))


def test_contained_elements(ask, result):
    expected = [c for c in result["candidates"] if {"Pd", "Au"} <= set(c["elements"])]
    assert expected
    assert sorted(ids(ask("--contains", "Pd,Au"))) == sorted(ids(expected))


def test_formula_novelty_and_run(ask, result):
    formula = result["candidates"][0]["formula"]
    assert {c["formula"] for c in ask("--formula", formula)} == {formula}
    assert {c["novel"] for c in ask("--novel")} <= {True}
    assert {c["novel"] for c in ask("--known")} <= {False}
    assert len(ask("--run", result["run_id"])) == len(result["candidates"])
    assert ask("--run", "nosuchrun") == []


def test_order_and_limit(ask):
    found = ask("--sort", "predicted_bulk_modulus")
    values = [c["predicted_bulk_modulus"] for c in found]
    known = [value for value in values if value is not None]
    assert known == sorted(known)
    assert values[: len(known)] == known, "those without a value come last"
    assert ids(ask("--sort", "predicted_bulk_modulus", "--limit", "3")) == ids(found)[:3]
