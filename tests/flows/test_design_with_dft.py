"""A density functional at the end of a design: the best candidates, whom it overrules."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.queries import find_candidates
from elatbot_flows.database.results import read_result
from elatbot_flows.database.stores import open_store
from elatbot_flows.dft import DFTSettings
from elatbot_flows.errors import TargetError
from elatbot_flows.judges import DFTElasticMaker, PotentialJudge
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.proposers import GivenProposer
from emt_code import EMTCode
from remote_trial import run_through_remote

CRYSTALS = [samples.fcc("Cu"), samples.fcc("Au", 4.08), samples.fcc("Pd", 3.9)]
TARGET = DesignTarget(bulk_modulus=(120, 150))
POTENTIAL = PotentialJudge(potential=samples.EMT)


def code(**settings):
    return EMTCode(DFTSettings(k_spacing=0.5), **settings)


DFT = DFTElasticMaker(code=code(), settings=ValidationSettings(follow=0), budget=1)


def maker(dft=DFT, crystals=CRYSTALS):
    return InverseDesignMaker(
        n=None,
        proposer=GivenProposer(materials=crystals, expectation=None),
        build=None,
        judges=[POTENTIAL, dft],
        hull=None,
    )


def run(flow, store=None):
    store = store or JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, ensure_success=True, log=False)
    return read_result(store, flow.output.uuid), store


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    store, _ = open_store(tmp_path_factory.mktemp("run"))
    return run(maker().make(TARGET), store)


def of(result, formula):
    return next(c for c in result.candidates if c.formula == formula)


def test_it_is_a_step_of_its_own_after_all_others():
    names = [job.name for job in maker().make(TARGET).jobs]
    assert names == ["begin", "propose", "judge", "dft", "conclude", "publish"]
    stages = {job.name: job.metadata.get("stage") for job in maker().make(TARGET).jobs}
    assert stages["dft"] == "dft"


def test_it_judges_as_many_of_the_best_as_the_budget_allows(judged):
    result, _ = judged
    asked = [c.formula for c in result.candidates if c.dft is not None]
    before = {
        c.formula: (c.dft and c.dft.probability_before) or c.probability for c in result.candidates
    }
    assert asked == [max(before, key=before.get)] == ["Cu"]
    assert all(c.status == "passed" for c in result.candidates)


def test_what_it_would_refuse_is_told_at_the_start(judged):
    (note,) = (n for n in judged[0].document.notes if "not asked" in n)
    assert note.startswith("emt is not asked about crystals with ")
    passed_over = note.removeprefix("emt is not asked about crystals with ").split(";")[0]
    assert not set(code().elements()) & set(passed_over.split(", "))
    assert "--exclude" in note


def test_choice_and_reasons_are_stored(judged):
    choices = {c.formula: c.dft_choice for c in judged[0].candidates}
    assert [name for name, choice in choices.items() if choice.chosen] == ["Cu"]
    assert choices["Cu"].reason == "best"
    assert choices["Au"].reason == choices["Pd"].reason == "outranked"
    assert all(choice.core_hours > 0 for choice in choices.values())
    assert choices["Cu"].probability == of(judged[0], "Cu").dft.probability_before


def test_its_numbers_are_the_estimate_and_the_verdict(judged):
    cu = of(judged[0], "Cu")
    assert cu.rung == "dft"
    assert cu.verdict == "hit"
    assert cu.bulk_modulus == pytest.approx(134.4, abs=0.5)
    assert cu.probability > 0.95
    assert cu.estimate.members[0].source == "emt"
    width = cu.estimate.bulk_modulus.high - cu.estimate.bulk_modulus.low
    assert width == pytest.approx(2 * 1.645 * 0.03 * 134.4, rel=0.05)


def test_what_everybody_had_said_stands_next_to_it(judged):
    cu = of(judged[0], "Cu")
    assert cu.dft.status == "measured"
    assert (cu.dft.judge, cu.dft.verdict_before) == ("emt", "open")
    rows = {row.source: row for row in cu.dft.sources}
    assert abs(rows[samples.EMT].bulk_deviation) < 0.01
    assert rows[samples.EMT].bulk_held is None
    estimate = rows["estimate"]
    held = cu.dft.estimate_before.bulk_modulus
    assert estimate.bulk_held == (held.low <= cu.dft.bulk_modulus <= held.high)
    assert [e.result.judge.kind for e in cu.evidence] == ["potential", "dft"]


def test_the_run_says_who_the_referee_is(judged):
    run_record = judged[0].document.run
    assert [judge.kind for judge in run_record.judges] == ["potential", "dft"]
    assert run_record.settings["dft"]["judge"]["budget"] == 1
    assert judged[0].document.counts.judged == 3


def test_the_collection_of_candidates_shows_its_tensor(judged):
    _, store = judged
    publish_candidates(store)
    found = {entry["formula"]: entry for entry in find_candidates(candidate_store(store))}
    assert found["Cu"]["elasticity"]["judge"] == "emt"
    assert found["Cu"]["dft"]["status"] == "measured"
    assert found["Au"]["elasticity"]["judge"] == samples.EMT


def test_a_failure_leaves_the_candidate_where_it_was():
    result, _ = run(maker(replace(DFT, code=code(fails_below=16))).make(TARGET))
    cu = of(result, "Cu")
    assert (cu.status, cu.dft.status, cu.dft.reason) == ("passed", "failed", "incomplete")
    assert cu.verdict == cu.dft.verdict_before
    assert cu.probability == cu.dft.probability_before
    assert cu.estimate == cu.dft.estimate_before
    assert cu.evidence[-1].result.reason == "incomplete"
    assert any(flag.startswith("DFT (emt): 2 of 2 calculations are missing") for flag in cu.flags)


def test_without_a_target_there_is_an_estimate_and_no_verdict():
    result, _ = run(maker(crystals=CRYSTALS[:1]).make(None))
    (cu,) = result.candidates
    assert (cu.verdict, cu.probability) == ("unknown", None)
    assert cu.estimate.members[0].source == "emt"


def test_workers_without_the_database_can_run_it(tmp_path):
    flow = maker(crystals=CRYSTALS[:1]).make(TARGET)
    store, _ = open_store(tmp_path)
    (tmp_path / "remote").mkdir()
    run_through_remote(flow, store, tmp_path / "remote")
    store.connect()  # the manager closed it
    assert of(read_result(store, flow.output.uuid), "Cu").dft.status == "measured"


def test_the_maker_survives_documents():
    again = json.loads(json.dumps(maker(), cls=MontyEncoder), cls=MontyDecoder)
    assert again.judges == [POTENTIAL, DFT]


@pytest.mark.parametrize("judges", [[DFT], [POTENTIAL, DFT, replace(DFT, name="other")]])
def test_it_needs_somebody_before_it_and_nobody_beside_it(judges):
    with pytest.raises(TargetError):
        InverseDesignMaker(judges=judges)
