"""The whole design flow, from a target to ranked materials."""

from __future__ import annotations

import json
from dataclasses import replace

import jobflow
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder, jsanitize

import samples
from elatbot_flows import DesignTarget, Interval, InverseDesignMaker
from elatbot_flows.campaign.runner import run_flow
from elatbot_flows.campaign.store import (
    candidate_store,
    find_candidates,
    open_store,
    publish_candidates,
)
from elatbot_flows.documents import CandidateBatch, DesignDocument
from elatbot_flows.errors import ElatbotError
from elatbot_flows.jobs import BuildMaker, HullMaker, ProposeMaker
from elatbot_flows.stability.settings import HullSettings

TARGET = DesignTarget(bulk_modulus=Interval(80, 180), elements=("Ni", "Al", "Cu"))
MAKER = InverseDesignMaker(
    n=2,
    screen=2,
    potential=samples.EMT,
    propose_maker=ProposeMaker(oversample=3),
    build_maker=BuildMaker(max_guesses=4, max_relaxed=2),
)


def test_the_flow_is_four_jobs_and_ends_in_a_concrete_one():
    flow = MAKER.make(TARGET)
    assert [job.name for job in flow.jobs] == ["propose", "build", "validate", "judge"]
    assert flow.output.uuid == flow.jobs[-1].uuid
    assert [job.output_schema for job in flow.jobs if job.output_schema] == [
        CandidateBatch,
        DesignDocument,
    ]


def test_the_flow_and_its_maker_survive_documents():
    text = json.dumps(MAKER, cls=MontyEncoder)
    assert json.loads(text, cls=MontyDecoder) == MAKER
    flow = MAKER.make(TARGET)
    again = json.loads(json.dumps(flow, cls=MontyEncoder), cls=MontyDecoder)
    assert isinstance(again, Flow)
    assert [job.uuid for job in again.jobs] == [job.uuid for job in flow.jobs]


def test_settings_reach_the_steps():
    maker = InverseDesignMaker(n=1, seed=7, potential=samples.EMT, device="cpu")
    target = DesignTarget(bulk_modulus=Interval(80, 180), max_sites=5)
    _, build, validate, _ = maker.make(target).jobs
    builder, validator = build.function_args[1], validate.function_args[2]
    assert (builder.potential, builder.max_sites, builder.seed) == (samples.EMT, 5, 7)
    assert validator.potential == samples.EMT


@pytest.mark.parametrize("fields", [{"n": 0}, {"n": 10**6}, {"screen": 0}, {"chunk_size": 0}])
def test_numbers_that_make_no_sense_are_refused(fields):
    with pytest.raises(ElatbotError):
        InverseDesignMaker(**fields)


@pytest.fixture(scope="module")
def outcome():
    """A design run by jobflow itself."""
    flow = MAKER.make(TARGET)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(flow, store=store, ensure_success=True, log=False)
    return responses[flow.jobs[-1].uuid][1].output


@pytest.mark.slow
def test_a_design_run_ends_in_ranked_materials(outcome):
    assert isinstance(outcome, DesignDocument)
    assert outcome.counts.stable >= 2 or outcome.notes
    best = outcome.candidates[0]
    assert (best.rank, best.status, best.stage) == (1, "validated", "judged")
    assert set(best.elements) <= {"Ni", "Al", "Cu"}
    assert best.born_stable
    assert best.bulk_modulus == pytest.approx(best.elastic.bulk_modulus)
    assert (best.verdict == "hit") == (80 <= best.bulk_modulus <= 180)
    assert outcome.run.target["bulk_modulus"] == [80, 180]
    assert outcome.run.potential.name == samples.EMT


@pytest.mark.slow
def test_no_completion_is_lost_on_the_way(outcome):
    counts = outcome.counts
    assert counts.generated == len(outcome.candidates)
    assert counts.generated == counts.stable + sum(counts.rejected.values())
    assert len({c.candidate_id for c in outcome.candidates}) == counts.generated
    assert all(c.completion for c in outcome.candidates)
    assert all(c.run_id == outcome.run.run_id for c in outcome.candidates)
    assert all(c.reason for c in outcome.candidates if c.status != "validated")


@pytest.mark.slow
def test_the_document_holds_finite_numbers_only(outcome):
    json.dumps(jsanitize(outcome.model_dump(), strict=True), allow_nan=False)


@pytest.mark.slow
def test_the_runner_gives_the_same_and_a_second_run_resumes(outcome, tmp_path, monkeypatch):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))
    store, _ = open_store(tmp_path)
    documents = []
    for _ in range(2):
        flow = MAKER.make(TARGET)
        summary = run_flow(flow, store, workers=2)
        assert (summary.failed, summary.orphaned) == ({}, [])
        documents.append(store.get_output(flow.jobs[-1].uuid, load=True))
    assert summary.finished == ["propose"]
    assert summary.resumed == ["build", "validate", "judge"]
    for document in documents:
        assert document["counts"] == outcome.counts.model_dump()
        for found, expected in zip(document["candidates"], outcome.candidates, strict=True):
            assert found["candidate_id"] == expected.candidate_id
            assert found["status"] == expected.status
            assert (found["bulk_modulus"] or 0) == pytest.approx(expected.bulk_modulus or 0)

    assert publish_candidates(store) == outcome.counts.generated
    hits = find_candidates(candidate_store(store), verdict="hit")
    assert len(hits) == outcome.counts.hits


@pytest.mark.slow
def test_the_hull_is_a_step_if_asked_for(outcome):
    hull = HullMaker(settings=HullSettings(prototypes=False), materials_project=False)
    flow = replace(MAKER, hull_maker=hull).make(TARGET)
    assert [job.name for job in flow.jobs] == ["propose", "build", "validate", "hull", "judge"]
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(flow, store=store, ensure_success=True, log=False)
    document = responses[flow.jobs[-1].uuid][1].output
    found = [c for c in document.candidates if c.status == "validated"]
    assert all(c.hull for c in found)
    assert sum(document.counts.hull.values()) == document.counts.stable == outcome.counts.stable
    for candidate in found:
        assert candidate.hull.potential.name == samples.EMT
        assert candidate.energy_above_hull == candidate.hull.energy_above_hull
    json.dumps(jsanitize(document.model_dump(), strict=True), allow_nan=False)
