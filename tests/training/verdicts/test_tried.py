"""Hits and misses among candidates: what counts as which, and what teaches nothing."""

from __future__ import annotations

import pytest

import samples
from elatbot_flows.documents import Evidence
from elatbot_flows.errors import TrainingError
from elatbot_flows.targets import DesignTarget
from elatbot_flows.training.verdicts.tried import VerdictSettings, judged_materials
from training.verdicts.candidates import TARGET, judged


def read(*candidates, unseen=None, **settings):
    return judged_materials(candidates, VerdictSettings(**settings), lambda _: unseen)


def test_the_answer_is_what_was_proposed_and_its_verdict_goes_with_it():
    tried, left = read(
        judged(2, "Al3Zr", "miss"),
        judged(1, "AlZr3"),
        judged(3, "TiAl", None, status="failed", bulk_modulus=None),
    )
    assert [(one.material.formula, one.hit) for one in tried] == [
        ("Zr3Al", True), ("ZrAl3", False), ("TiAl", False),
    ]  # fmt: skip
    assert {one.material.crystal_system for one in tried} == {"Cubic"}
    assert tried[0].target == DesignTarget(bulk_modulus=(95, 105))
    assert tried[0].judges == ("7net-0", "7net-l3i5")
    assert left == {}


@pytest.mark.parametrize(
    ("fields", "settings", "reason"),
    [
        ({"status": "rejected"}, {}, "not_judged"),
        ({"kind": "prediction"}, {}, "not_judged"),
        ({"verdict": "open"}, {}, "open"),
        ({"verdict": "unknown"}, {}, "open"),
        ({"proposed_crystal_system": None, "crystal_system": None}, {}, "no_material"),
        ({"target": None}, {}, "no_target"),
        ({}, {"target": DesignTarget(bulk_modulus=(95, 106))}, "other_target"),
        ({}, {"max_above_hull": 0.05}, "above_hull"),
        ({"energy_above_hull": 0.06}, {"max_above_hull": 0.05}, "above_hull"),
    ],
)
def test_what_teaches_nothing_is_counted_by_reason(fields, settings, reason):
    assert read(judged(1) | fields, **settings) == ([], {reason: 1})


def test_a_target_may_be_told_apart():
    wanted = DesignTarget(bulk_modulus=(95, 105))
    assert len(read(judged(1), target=wanted)[0]) == 1
    assert read(judged(1, target=None), target=wanted)[0][0].target == wanted


def test_the_model_knows_hits_of_its_training_rows_already():
    assert read(judged(1), unseen=False) == ([], {"seen": 1})
    assert len(read(judged(1), unseen=False, unseen_only=False)[0]) == 1
    assert len(read(judged(1, verdict="miss"), unseen=False)[0]) == 1


def test_a_formula_counts_once_for_a_target_and_not_at_all_if_verdicts_contradict():
    same = [judged(1, "Zr3Al"), judged(2, "AlZr3", run_id="other")]
    other = TARGET | {"bulk_modulus": [90, 110]}
    assert read(*same)[1] == {"repeated": 1}
    assert len(read(*same, judged(3, target=other))[0]) == 2
    assert read(judged(1), judged(2, verdict="miss")) == ([], {"contradicted": 2})


def test_candidates_of_a_run_that_was_not_published_are_read_too():
    result = samples.result("NiAl")
    candidate = samples.candidate(
        1,
        status="passed",
        verdict="hit",
        bulk_modulus=99.0,
        run=samples.run_record(target=TARGET),
        evidence=[Evidence(polymorph=0, result=result)],
    )
    tried, _ = read(candidate.model_dump())
    assert (tried[0].candidate_id, tried[0].judges) == ("run-00001", (samples.EMT,))


@pytest.mark.parametrize("wrong", [{"pairs_each": 0}, {"validation": 1.0}, {"seed": -1}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(TrainingError, match="must be"):
        VerdictSettings(**wrong)
