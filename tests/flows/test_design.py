"""The whole design flow, from a target to ranked materials, by each of its doors."""

from __future__ import annotations

import json
from dataclasses import replace

import jobflow
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder, jsanitize
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.queries import find_candidates
from elatbot_flows.database.results import read_result
from elatbot_flows.database.stores import embedded_store, open_store
from elatbot_flows.documents import DesignDocument, RunRecord
from elatbot_flows.errors import ElatbotError
from elatbot_flows.jobs import BuildMaker, HullMaker
from elatbot_flows.jobs.publish import Publication
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer, TextProposer
from elatbot_flows.running.runner import run_flow
from elatbot_flows.stability.settings import HullSettings
from remote_trial import run_through_remote

TARGET = DesignTarget(bulk_modulus=(80, 180), elements=("Ni", "Al", "Cu"))
BUILD = BuildMaker(potential=samples.EMT, max_guesses=4, max_relaxed=2)
JUDGE = PotentialJudge(potential=samples.EMT)
MAKER = InverseDesignMaker(
    n=2, screen=2, proposer=TextProposer(oversample=3), build=BUILD, judges=[JUDGE], hull=None
)
CU3AU = Structure.from_spacegroup(
    221, Lattice.cubic(3.75), ["Au", "Cu"], [[0, 0, 0], [0, 0.5, 0.5]]
)


def run(flow):
    """A run by jobflow itself, and its store."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, ensure_success=True, log=False)
    return read_result(store, flow.output.uuid)


def test_the_flow_is_a_sentence_and_ends_in_a_concrete_job():
    flow = InverseDesignMaker().make(TARGET)
    names = [job.name for job in flow.jobs]
    assert names == ["begin", "propose", "build", "judge", "hull", "conclude", "publish"]
    assert flow.output.uuid == flow.jobs[-2].uuid
    schemas = [job.output_schema for job in flow.jobs if job.output_schema]
    assert schemas == [RunRecord, DesignDocument, Publication]


def test_the_flow_and_its_maker_survive_documents():
    text = json.dumps(MAKER, cls=MontyEncoder)
    assert json.loads(text, cls=MontyDecoder) == MAKER
    flow = MAKER.make(TARGET)
    again = json.loads(json.dumps(flow, cls=MontyEncoder), cls=MontyDecoder)
    assert isinstance(again, Flow)
    assert [job.uuid for job in again.jobs] == [job.uuid for job in flow.jobs]


def test_makers_are_used_as_they_are_given():
    build = BuildMaker(potential=samples.EMT, max_sites=5, seed=7)
    judges = [PotentialJudge(potential="7net-0"), JUDGE]
    maker = InverseDesignMaker(n=1, seed=3, build=build, judges=judges, hull=None)
    _, _, built, judged, *_ = maker.make(TARGET).jobs
    assert built.function_args[3] == build
    assert judged.function_args[3].judges == judges


def test_makers_of_a_flow_are_updated_as_those_of_atomate2():
    """What is recorded is what ran."""
    flow = replace(MAKER, judges=[PotentialJudge(potential="7net-0")]).make(TARGET)
    flow.update_maker_kwargs({"potential": samples.EMT}, class_filter=PotentialJudge)
    found = run(flow)
    assert [judge.name for judge in found.document.run.judges] == [samples.EMT]
    assert found.document.run.settings["judge"]["judges"][0]["potential"] == samples.EMT
    said = [e.result.judge for c in found.passed for e in c.evidence if e.polymorph is not None]
    assert {judge.name for judge in said} == {samples.EMT}


def test_names_tell_step_number_and_materials(tmp_path):
    flow = replace(MAKER, chunk_size=4).make(TARGET)
    store = embedded_store(tmp_path)
    store.connect()
    run_flow(flow, store, workers=1)
    names = store.distinct("name")
    built = [name for name in names if name.startswith("build 1/1 ")]
    formulas = {c.formula for c in read_result(store, flow.output.uuid).candidates}
    assert set(built[0].split()[2:5]) <= formulas
    assert built[0].endswith("and 1 more")


@pytest.mark.parametrize(
    "fields", [{"n": 0}, {"n": 10**6}, {"screen": 0}, {"chunk_size": 0}, {"judges": []}]
)
def test_numbers_that_make_no_sense_are_refused(fields):
    with pytest.raises(ElatbotError):
        InverseDesignMaker(**fields)


@pytest.fixture(scope="module")
def outcome():
    return run(MAKER.make(TARGET))


@pytest.mark.slow
def test_a_design_run_ends_in_ranked_materials(outcome):
    counts = outcome.document.counts
    assert counts.passed >= 2 or outcome.document.notes
    best = outcome.candidates[0]
    assert (best.rank, best.status, best.rung) == (1, "passed", "judge")
    assert set(best.elements) <= {"Ni", "Al", "Cu"}
    assert best.bulk_modulus == best.estimate.bulk_modulus.value
    assert samples.EMT in best.estimate.unused, "the calibration knows nothing of EMT"
    assert {e.result.judge.kind for e in best.evidence} == {"text", "potential"}
    assert best.probability == pytest.approx(best.probabilities["bulk_modulus"])
    record = outcome.document.run
    assert record.target["bulk_modulus"] == [80, 180]
    assert [judge.name for judge in record.judges] == [samples.EMT]
    assert record.elements == ["Al", "Cu", "Ni"]


@pytest.mark.slow
def test_no_completion_is_lost_on_the_way(outcome):
    counts = outcome.document.counts
    assert counts.generated == counts.passed + sum(counts.rejected.values())
    assert len(outcome.candidates) == counts.distinct
    assert len({c.candidate_id for c in outcome.candidates}) == counts.distinct
    assert all(c.completion for c in outcome.candidates)
    assert all(c.run_id == outcome.document.run.run_id for c in outcome.candidates)
    assert all(c.reason for c in outcome.candidates if c.status != "passed")
    assert sum(c.times_proposed for c in outcome.candidates) == counts.readable


@pytest.mark.slow
def test_the_documents_hold_finite_numbers_only(outcome):
    documents = [outcome.document, *outcome.candidates]
    for document in documents:
        json.dumps(jsanitize(document.model_dump(), strict=True), allow_nan=False)


@pytest.mark.slow
def test_the_runner_gives_the_same_and_a_second_run_resumes(outcome, tmp_path, monkeypatch):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))
    store, _ = open_store(tmp_path)
    for _ in range(2):
        flow = MAKER.make(TARGET)
        summary = run_flow(flow, store, workers=2)
        assert (summary.failed, summary.orphaned) == ({}, [])
        result = read_result(store, flow.output.uuid)
        assert result.document.counts == outcome.document.counts
        for found, expected in zip(result.candidates, outcome.candidates, strict=True):
            assert found.candidate_id == expected.candidate_id
            assert (found.status, found.verdict) == (expected.status, expected.verdict)
            assert (found.bulk_modulus or 0) == pytest.approx(expected.bulk_modulus or 0)
            assert (found.probability or 0) == pytest.approx(expected.probability or 0)
    assert summary.finished == ["begin", "publish"]
    assert summary.resumed == ["propose", "build", "judge", "conclude"]

    assert publish_candidates(store) == 0, "the flow has done it"
    assert candidate_store(store).count() == outcome.document.counts.distinct
    hits = find_candidates(candidate_store(store), verdict="hit")
    assert len(hits) == outcome.document.counts.hits


@pytest.mark.slow
def test_the_hull_is_a_step(outcome):
    hull = HullMaker(
        potential=samples.EMT, settings=HullSettings(prototypes=False), materials_project=False
    )
    result = run(replace(MAKER, hull=hull).make(TARGET))
    assert len(result.passed) == outcome.document.counts.passed
    assert sum(result.document.counts.hull.values()) == len(result.passed)
    for candidate in result.passed:
        assert candidate.hull.potential.name == samples.EMT
        assert candidate.energy_above_hull == candidate.hull.energy_above_hull


@pytest.mark.slow
def test_a_list_is_screened_by_the_same_flow():
    given = GivenProposer(materials=[CU3AU, "NiAl", samples.fcc("Po")], sources=["a", "b", "c"])
    maker = replace(MAKER, n=None, proposer=given)
    result = run(maker.make(TARGET))
    assert result.document.counts.generated == 3
    by_name = {candidate.source: candidate for candidate in result.candidates}
    assert by_name["a"].status == "passed"
    assert by_name["a"].polymorphs[0].label == "given"
    assert by_name["b"].guesses_built > 1
    assert by_name["c"].reason == "no_relaxed_structure"
    assert result.document.run.generator is None


@pytest.mark.slow
def test_crystals_are_judged_as_they_are_given():
    disordered = Structure(Lattice.cubic(3.6), [{"Cu": 0.5, "Au": 0.5}], [[0, 0, 0]])
    given = GivenProposer(materials=[CU3AU, disordered])
    maker = InverseDesignMaker(n=None, proposer=given, build=None, judges=[JUDGE], hull=None)
    flow = maker.make()
    assert [job.name for job in flow.jobs] == ["begin", "propose", "judge", "conclude", "publish"]
    ordered, other = run(flow).candidates
    assert (ordered.status, ordered.verdict) == ("passed", "unknown")
    assert ordered.bulk_modulus is not None
    assert (other.status, other.reason) == ("failed", "disordered")


@pytest.mark.slow
def test_every_manager_gives_the_same(outcome, through_fireworks, tmp_path):
    """Also where workers see no database, as those of jobflow-remote."""
    pytest.importorskip("jobflow_remote")
    expected = [facts(candidate) for candidate in outcome.candidates]
    flow = MAKER.make(TARGET)
    trial = through_fireworks(flow)
    assert set(trial.states) == {"COMPLETED"}
    by_fireworks = read_result(trial.store, flow.output.uuid)
    assert [facts(candidate) for candidate in by_fireworks.candidates] == expected

    flow = MAKER.make(TARGET)
    store = embedded_store(tmp_path)
    store.connect()
    names = run_through_remote(flow, store, made(tmp_path / "remote"))
    assert names[0] == "begin"
    store.connect()
    by_remote = read_result(store, flow.output.uuid)
    assert [facts(candidate) for candidate in by_remote.candidates] == expected


def facts(candidate):
    """What must not depend on who runs the jobs."""
    kept = ("candidate_id", "status", "reason", "formula", "rank", "bulk_modulus", "probability")
    return {name: getattr(candidate, name) for name in kept}


def made(folder):
    folder.mkdir()
    return folder
