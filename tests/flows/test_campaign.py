"""Campaigns: many designs, nothing proposed or computed twice, until a rule says stop."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.documents import CampaignDocument
from elatbot_flows.errors import TargetError
from elatbot_flows.flows import CampaignMaker, StopRules
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer, TextProposer
from elatbot_flows.running.runner import run_flow
from remote_trial import run_through_remote

NI = DesignTarget(bulk_modulus=(100, 180), elements=("Ni", "Al", "Cu"))
CU = DesignTarget(bulk_modulus=(90, 150), elements=("Cu", "Au", "Ag"))
DESIGN = InverseDesignMaker(
    n=2,
    screen=2,
    proposer=TextProposer(oversample=3),
    build=BuildMaker(potential=samples.EMT, max_guesses=2, max_relaxed=1),
    judges=[PotentialJudge(potential=samples.EMT)],
    hull=None,
)
LIST = replace(
    DESIGN, n=None, proposer=GivenProposer(materials=["NiAl", "Cu3Al", "AlCu", "Ni3Al", "AlNi"])
)


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ELATBOT_FLOWS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def memory():
    return JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})


def run(maker, targets, store=None):
    store = store or memory()
    flow = maker.make(targets)
    run_locally(flow, store=store, ensure_success=True, log=False)
    return CampaignDocument.model_validate(store.get_output(flow.output.uuid)), store


@pytest.fixture(scope="module")
def campaign():
    """Two targets, two designs each, two at once."""
    maker = CampaignMaker("alloys", [DESIGN], most=2, at_once=2, tags=["mine"])
    return run(maker, [NI, CU])


def test_designs_take_turns_between_targets(campaign):
    document, _ = campaign
    assert [(one.lane, one.part) for one in document.designs] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert document.lanes == [
        "bulk_modulus 100:180 of Al-Cu-Ni",
        "bulk_modulus 90:150 of Ag-Au-Cu",
    ]
    assert document.stopped == "all designs are done, or bring nothing new"


def test_no_lane_tries_a_formula_twice(campaign):
    document, store = campaign
    for lane in (0, 1):
        runs = [read_result(store, one.uuid) for one in document.designs if one.lane == lane]
        tried = [
            {row.formula for row in found.document.rows if row.rung != "propose"} for found in runs
        ]
        assert not tried[0] & tried[1]
        assert sorted(tried[0] | tried[1]) == document.tried[lane]
        assert runs[1].document.counts.rejected["tried_before"] > 0


def test_the_sums_are_those_of_the_designs(campaign):
    document, _ = campaign
    for name in ("judged", "passed", "evaluations"):
        assert getattr(document, name) == sum(getattr(d.counts, name) for d in document.designs)
    assert document.hits == sum(one.new_hits for one in document.designs) > 0
    assert document.evaluations > 0
    order = [(one.doubts, -one.probability) for one in document.best if one.verdict == "hit"]
    assert order == sorted(order)
    assert len({doubts for doubts, _ in order}) > 1
    assert len(document.best) == document.passed


def test_jobs_are_tagged_and_named_by_the_campaign(campaign):
    _, store = campaign
    for job in store.query({}, properties=["name", "metadata"]):
        assert job["metadata"]["tags"] == ["alloys", "mine"], job["name"]
        assert "alloys" in job["name"] or job["name"] == "store_inputs", job["name"]


def test_best_candidates_are_where_the_campaign_says(campaign):
    document, store = campaign
    for best in document.best:
        found = store.get_output(best.uuid)["candidates"][best.place]
        assert found["candidate_id"] == best.candidate_id
        assert found["formula"] == best.formula


@pytest.mark.slow
def test_another_campaign_computes_nothing_anew(campaign):
    """Other name, other seeds of runs, an overlapping target: what was known costs nothing."""
    document, _ = campaign
    again, _ = run(CampaignMaker("again", [DESIGN], most=2, at_once=2), [NI, CU])
    assert again.evaluations == 0
    assert again.hits == document.hits
    spent, _ = run(CampaignMaker("anew", [DESIGN], recall=False), [NI])
    assert spent.evaluations > 0


def test_enough_hits_end_a_campaign():
    maker = CampaignMaker("enough", [DESIGN], most=50, at_once=1, stop=StopRules(hits=1))
    document, _ = run(maker, [NI])
    assert document.hits >= 1
    assert len(document.designs) < 4
    assert document.stopped == f"{document.hits} hits were found, 1 were to be enough"


def test_the_budget_ends_a_campaign():
    stop = StopRules(evaluations=1, idle=None)
    maker = CampaignMaker("budget", [DESIGN], most=50, at_once=1, stop=stop, recall=False)
    document, _ = run(maker, [NI])
    assert len(document.designs) == 1
    assert "evaluations of potentials were spent" in document.stopped


def test_a_lane_that_brings_no_hit_is_given_up():
    hopeless = replace(NI, bulk_modulus=(100, 100.01))
    maker = CampaignMaker("idle", [DESIGN], most=50, at_once=2, stop=StopRules(idle=2))
    document, _ = run(maker, [hopeless])
    assert len(document.designs) == 2


def test_a_small_system_runs_dry():
    binary = DesignTarget(bulk_modulus=(100, 200), elements=("Cu",))
    maker = CampaignMaker("dry", [DESIGN], most=50, at_once=2, stop=StopRules(idle=None))
    document, _ = run(maker, [binary])
    assert document.designs[-1].counts.distinct == 0
    assert len(document.designs) < 5


def test_lists_are_cut_and_judged_once():
    document, store = run(CampaignMaker("list", [LIST], chunk=2), [NI])
    assert [one.counts.generated for one in document.designs] == [2, 2, 1]
    assert document.judged == 5
    sources = {
        candidate.source
        for one in document.designs
        for candidate in read_result(store, one.uuid).candidates
    }
    assert sources == {f"material {k}" for k in range(1, 6)}
    only, _ = run(CampaignMaker("list", [LIST]), [None])
    assert only.judged == 5
    assert only.hits == 0


def test_a_list_of_crystals_without_building(campaign):
    crystals = [samples.fcc("Cu", 3.6), samples.fcc("Ag", 4.1), samples.fcc("Au", 4.06)]
    maker = replace(LIST, build=None, proposer=GivenProposer(materials=crystals))
    document, _ = run(CampaignMaker("crystals", [maker, DESIGN], chunk=2), [CU])
    assert [one.lane for one in document.designs] == [0, 1, 0]
    assert document.lanes[0].startswith("propose, ")


def test_jobs_carry_no_lists_and_no_results():
    """Nothing of a queue grows with the campaign but by a few words for each design."""
    long = replace(LIST, proposer=GivenProposer(materials=["NiAl"] * 1000))
    flow = CampaignMaker("long", [long]).make([NI])
    sizes = [len(json.dumps(job, cls=MontyEncoder)) for job in flow.jobs]
    assert len(sizes) == 21
    assert max(sizes) < 40_000


def test_the_maker_survives_documents():
    maker = CampaignMaker("alloys", [DESIGN, LIST], stop=StopRules(hits=3))
    assert json.loads(json.dumps(maker, cls=MontyEncoder), cls=MontyDecoder) == maker


@pytest.mark.slow
def test_every_manager_gives_the_same(campaign, through_fireworks, tmp_path):
    document, _ = campaign
    for manager in ("fireworks", "remote", "runner"):
        flow = CampaignMaker("alloys", [DESIGN], most=2, at_once=2, tags=["mine"]).make([NI, CU])
        if manager == "fireworks":
            output = through_fireworks(flow).store.get_output(flow.output.uuid)
        elif manager == "remote":
            store = embedded_store(tmp_path)
            store.connect()
            (tmp_path / "remote").mkdir()
            run_through_remote(flow, store, tmp_path / "remote")
            store.connect()  # the manager closed it
            output = store.get_output(flow.output.uuid)
        else:
            store = embedded_store(tmp_path / "runner")
            store.connect()
            assert not run_flow(flow, store, workers=1).failed
            output = store.get_output(flow.output.uuid)
        found = CampaignDocument.model_validate(output)
        same = lambda one: [(d.run_id, d.hits, d.new_hits) for d in one.designs]  # noqa: E731
        assert same(found) == same(document), manager
        assert [b.candidate_id for b in found.best] == [b.candidate_id for b in document.best]


@pytest.mark.slow
def test_a_design_that_fails_is_told_and_the_others_go_on(tmp_path):
    broken = replace(DESIGN, judges=[PotentialJudge(potential="no.such:Potential")])
    store = embedded_store(tmp_path)
    store.connect()
    flow = CampaignMaker("broken", [broken, DESIGN], at_once=2).make([NI])
    summary = run_flow(flow, store, workers=1)
    assert list(summary.failed)
    document = CampaignDocument.model_validate(store.get_output(flow.output.uuid))
    assert [one.counts is None for one in document.designs] == [True, False]
    assert "did not end" in document.notes[0]


def test_in_fireworks_the_next_round_waits_for_a_design_that_failed(through_fireworks):
    """As elsewhere in FireWorks: what failed is rerun, and all goes on."""
    broken = replace(DESIGN, judges=[PotentialJudge(potential="no.such:Potential")])
    flow = CampaignMaker("broken", [broken, DESIGN], at_once=2).make([NI])
    trial = through_fireworks(flow)
    assert trial.states["FIZZLED"] == 1
    assert trial.states["WAITING"] > 0
    assert trial.store.count({"output.@class": "DesignDocument"}) == 1
    assert not trial.store.count({"output.@class": "CampaignDocument"})


def test_a_design_that_may_not_repeat_others_is_another_run():
    """Otherwise its candidates would take the names, and the places, of those of the other."""

    def run_of(known):
        store = memory()
        store.connect()
        return DESIGN.make(NI, known).jobs[0].run(store).output.run_id

    assert run_of(None) == run_of([])
    assert len({run_of(None), run_of(["NiAl"]), run_of(["NiAl", "AlCu"])}) == 3


@pytest.mark.parametrize("fields", [{"most": 0}, {"chunk": 0}, {"at_once": 0}, {"designs": []}])
def test_numbers_that_make_no_sense_are_refused(fields):
    with pytest.raises(TargetError):
        CampaignMaker(**fields)


@pytest.mark.parametrize("fields", [{"hits": 0}, {"idle": -1}, {"judged": 1.5}])
def test_rules_that_make_no_sense_are_refused(fields):
    with pytest.raises(TargetError, match="not a positive number"):
        StopRules(**fields)


def test_a_campaign_without_targets_is_refused():
    with pytest.raises(TargetError, match="at least one target"):
        CampaignMaker().make([])
