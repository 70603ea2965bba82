"""Solid solutions: approximants, their judges, mean and spread."""

from __future__ import annotations

import importlib.util
import statistics

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows.documents.solution import SolidSolutionDocument
from elatbot_flows.errors import TargetError
from elatbot_flows.flows import SolidSolutionMaker
from elatbot_flows.jobs.solution import pool
from elatbot_flows.judges import PotentialJudge

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sqsgenerator") is None, reason="needs the extra alloys"
)
EMT = PotentialJudge(potential="ase.calculators.emt:EMT")


@pytest.fixture(scope="module")
def document():
    flow = SolidSolutionMaker(judges=[EMT, EMT], count=2, most_atoms=8).make("Cu0.5Au0.5 fcc")
    store = JobStore(MemoryStore())
    responses = run_locally(flow, store=store, ensure_success=True, create_folders=False)
    return SolidSolutionDocument.model_validate(responses[flow.jobs[-1].uuid][1].output)


def test_moduli_are_mean_and_spread_over_the_approximants(document):
    found = document.approximants
    assert {len(one) for one in found.structures} == {8}
    assert found.off == 0
    assert found.names[0] == "Cu0.5Au0.5 fcc 1"
    first, second = document.judged
    assert first.model_dump(exclude={"results"}) == second.model_dump(exclude={"results"})
    passed = [one for one in first.results if one.status == "passed"]
    assert first.passed == len(passed) >= 1
    known = [one.bulk_modulus for one in passed]
    assert first.bulk_modulus.mean == pytest.approx(statistics.mean(known))
    # EMT: 133 GPa for Cu and 171 for Au; the alloy lies near or between
    assert 120 < first.bulk_modulus.mean < 185
    assert [one.source for one in first.results] == found.names


def test_failures_take_no_part_and_are_kept(document):
    (good,) = document.judged[0].results[:1]
    bad = good.model_copy(
        update={"status": "failed", "bulk_modulus": None, "shear_modulus": None, "reason": "no"}
    )
    judge = document.judged[0].judge
    some = pool.original(document.approximants, [[good, bad], [bad, bad]], [judge, judge])
    assert [one.passed for one in some.judged] == [1, 0]
    assert some.judged[0].bulk_modulus.mean == good.bulk_modulus
    assert some.judged[0].bulk_modulus.spread is None
    assert some.judged[1].bulk_modulus is None
    assert [one.reason for one in some.judged[0].results] == [None, "no"]


def test_somebody_has_to_judge():
    with pytest.raises(TargetError, match="give a judge"):
        SolidSolutionMaker(judges=[]).make("Cu0.5Au0.5 fcc")
