"""Crystals are described in several processes; what takes too long is said, and costs no other."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from describing import stand_in  # noqa: F401 - a fixture
from elatbot_flows.errors import StructureError
from elatbot_flows.training.data import descriptions
from elatbot_flows.training.data.descriptions import crystal_hash, describe_many, may_change
from recorded_elasticity import fcc


def crystals(*symbols):
    return [(f"mp-{symbol}", fcc(symbol, 4.0)) for symbol in symbols]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.usefixtures("stand_in")
def test_slow_and_dying_crystals_cost_no_other(workers):
    given = crystals("Cu", "Au", "Ag", "Pt", "Pd", "Ni")
    found = {each.material_id: each for each in describe_many(given, workers=workers, limit=0.3)}
    assert {name: each.words for name, each in found.items() if each.words} == {
        "mp-Cu": "Cu in 0", "mp-Ag": "Ag in 0", "mp-Ni": "Ni in 0",
    }  # fmt: skip
    reasons = {name: each.reason for name, each in found.items() if each.reason}
    assert reasons == {"mp-Au": "timed_out", "mp-Pt": "process_died", "mp-Pd": "not_described"}
    assert "more than 0.3 s of processor time" in found["mp-Au"].message
    assert "code 9" in found["mp-Pt"].message
    assert found["mp-Cu"].made_from == crystal_hash(fcc("Cu", 4.0))


@pytest.mark.usefixtures("stand_in")
def test_one_that_sleeps_is_given_up(monkeypatch):
    monkeypatch.setattr(descriptions, "_PATIENCE", 3.0)
    found = {d.material_id: d for d in describe_many(crystals("W", "Cu"), limit=0.5)}
    assert found["mp-W"].reason == "timed_out"
    assert found["mp-Cu"].words


@pytest.mark.usefixtures("stand_in")
def test_whoever_stops_asking_leaves_no_process():
    asked = describe_many(iter(crystals("Cu", "Ag", "Ni")), workers=1)
    assert next(asked).words
    asked.close()


@pytest.mark.usefixtures("stand_in")
def test_whoever_stops_asking_while_crystals_are_described_meets_no_error():
    for _ in range(4):
        asked = describe_many(iter(crystals("Cu", "W", "W", "W")), workers=3)
        assert next(asked).words
        asked.close()


def test_a_process_that_does_not_start_is_told(monkeypatch):
    monkeypatch.setattr(descriptions, "_WORKER", "no.such.module")
    with pytest.raises(StructureError, match=r"python -m no\.such\.module"):
        list(describe_many(crystals("Cu")))


def test_what_is_worth_another_try():
    assert may_change("timed_out")
    assert not may_change("not_described")
    assert not may_change(None)


def test_hashes_tell_crystals_apart():
    assert len({crystal_hash(c) for c in (fcc("Cu", 4.0), fcc("Cu", 4.1), fcc("Ni", 4.0))}) == 3


@pytest.mark.slow
@pytest.mark.skipif(find_spec("robocrys") is None, reason="robocrystallographer is not installed")
def test_the_real_process_describes():
    (found,) = describe_many(crystals("Cu"), limit=120)
    assert found.words.startswith("Cu is Copper structured and crystallizes in the cubic Fm-3m")
    assert found.seconds > 0
