"""What stands in the collections, and when it is written anew."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import jobflow
import numpy as np
import pytest
from emmet.core.elasticity import ElasticityDoc, get_derived_properties
from emmet.core.structure import StructureMetadata
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.serialization import dumpfn
from pymatgen.analysis.elasticity import ElasticTensor
from pymatgen.core import Lattice, Structure
from pymatgen.core.operations import SymmOp

import sample_jobs
import samples
from elatbot_flows import InverseDesignMaker
from elatbot_flows.database.builder import CandidateBuilder, publish_candidates
from elatbot_flows.database.collections import candidate_store, run_store
from elatbot_flows.database.entries import described
from elatbot_flows.database.queries import find_candidates
from elatbot_flows.database.results import read_result
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.database.transfer import copy_documents
from elatbot_flows.documents import Evidence, SampleChunk, TextModelRecord, TextPrediction
from elatbot_flows.documents.published import PublishedCandidate
from elatbot_flows.elasticity.axes import to_ieee_axes
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer
from elatbot_flows.running.runner import run_flow

JUDGE = PotentialJudge(potential=samples.EMT)
CUAU = Structure(Lattice.tetragonal(2.8, 3.7), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))


@pytest.fixture
def store(tmp_path):
    made = embedded_store(tmp_path / "run")
    made.connect()
    return made


def store_outputs(store, *documents, **metadata):
    """Put documents into the store as jobs would; returns their uuids."""
    uuids = []
    for document in documents:
        job = sample_jobs.give(document)
        job.update_metadata(metadata)
        run_locally(Flow([job]), store=store, ensure_success=True, log=False)
        uuids.append(job.uuid)
    return uuids


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A run that judged a tetragonal crystal, through the local runner."""
    maker = InverseDesignMaker(
        n=None, proposer=GivenProposer(materials=[CUAU]), build=None, judges=[JUDGE], hull=None
    )
    flow = maker.make()
    flow.update_metadata({"tags": ["campaign 7"]})
    store = embedded_store(tmp_path_factory.mktemp("judged"))
    store.connect()
    assert run_flow(flow, store, workers=1).failed == {}
    return flow, store


def test_the_last_job_of_a_flow_publishes_it(judged):
    flow, store = judged
    (found,) = find_candidates(candidate_store(store))
    result = read_result(store, flow.output.uuid)
    assert found["candidate_id"] == result.candidates[0].candidate_id
    assert found["tags"] == ["campaign 7"]
    assert found["judges"] == [samples.EMT]
    jobs = {d["uuid"]: d["name"] for d in store.query({}, ["uuid", "name"])}
    names = [jobs[uuid] for uuid in found["job_uuids"]]
    assert (names[0], names[-1]) == ("begin", "conclude")
    assert jobs[found["resting_in"]].startswith("judge, weigh")
    whole = store.get_output(found["resting_in"])["candidates"][found["place"]]
    assert whole["candidate_id"] == found["candidate_id"]
    (run,) = run_store(store).query()
    assert (run["state"], run["counts"]["passed"], run["tags"]) == ("concluded", 1, ["campaign 7"])
    assert run["cost"]["evaluations"] == found["evidence"][-1]["result"]["evaluations"] > 0


def test_fields_are_those_of_emmet(judged):
    _, store = judged
    (found,) = find_candidates(candidate_store(store))
    assert (found["formula_pretty"], found["formula_anonymous"]) == ("CuAu", "AB")
    assert found["composition"] == {"Au": 1.0, "Cu": 1.0}
    assert found["symmetry"]["number"] == found["spacegroup_number"] == 123
    structure = Structure.from_dict(found["structure"])
    said = StructureMetadata.from_structure(structure).model_dump(mode="json")
    for name in ("composition", "volume", "density", "density_atomic"):
        assert found[name] == pytest.approx(said[name])
    assert said["symmetry"] | {"symprec": 0.01} == found["symmetry"] | {"angle_tolerance": 5.0}
    view = {k: v for k, v in found["elasticity"].items() if k not in ("judge", "method")}
    doc = ElasticityDoc.from_structure(meta_structure=structure, material_id="mp-1", **view)
    result = found["evidence"][-1]["result"]
    assert doc.bulk_modulus.vrh == pytest.approx(result["bulk_modulus"], abs=0.01)
    assert doc.bulk_modulus.reuss < doc.bulk_modulus.vrh < doc.bulk_modulus.voigt
    assert doc.shear_modulus.vrh == pytest.approx(result["shear_modulus"], abs=0.01)
    theirs = get_derived_properties(structure, ElasticTensor.from_voigt(doc.elastic_tensor.raw))
    assert doc.shear_modulus.reuss == pytest.approx(theirs["shear_modulus"].reuss, abs=0.01)
    assert view["young_modulus"] == pytest.approx(float(theirs["young_modulus"]), rel=1e-4)
    for name in ("universal_anisotropy", "homogeneous_poisson"):
        assert view[name] == pytest.approx(float(theirs[name]), abs=0.01)
    raw = np.array(doc.elastic_tensor.raw)
    ieee = np.array(doc.elastic_tensor.ieee_format)
    assert to_ieee_axes(raw, structure) == pytest.approx(ieee, abs=0.01)
    assert 1e-3 * np.array(doc.compliance_tensor.raw) @ raw == pytest.approx(np.eye(6), abs=1e-4)


def test_the_raw_tensor_is_in_the_axes_of_the_crystal():
    turned = CUAU.copy()
    turned.apply_operation(SymmOp.from_axis_angle_and_translation([1, 2, 3], 40))
    ieee = np.diag([200.0, 200.0, 150.0, 60.0, 60.0, 40.0])
    ieee[:3, :3] += 70
    said = samples.result("CuAu", structure=turned, elastic_tensor=ieee.tolist())
    told = samples.candidate(0, "CuAu", evidence=[Evidence(polymorph=0, result=said)])
    entry = described(told, last_updated=datetime.now(UTC))
    raw = np.array(entry.elasticity["elastic_tensor"]["raw"])
    assert np.abs(raw - ieee).max() > 5, "the crystal lies askew"
    assert to_ieee_axes(raw, turned) == pytest.approx(ieee, abs=0.01)
    assert entry.elasticity["elastic_tensor"]["ieee_format"] == ieee.tolist()


def test_documents_are_slim_and_can_be_read_back(judged):
    _, store = judged
    (found,) = find_candidates(candidate_store(store))
    assert len(json.dumps(found, default=str)) < 12_000
    again = PublishedCandidate(**found)
    assert again.kind == "design"
    assert again.last_updated.tzinfo is None or again.last_updated.tzinfo == UTC
    assert abs((again.last_updated.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()) < 3600


def test_a_run_that_is_done_is_not_read_again(judged, monkeypatch):
    _, store = judged
    assert publish_candidates(store) == 0
    run_store(store).update(next(iter(run_store(store).query())) | {"schema_version": 0})
    assert publish_candidates(store) == 1, "written by another version"
    assert publish_candidates(store) == 0


def test_a_run_that_goes_on_is_published_as_far_as_it_got(store):
    rows = [samples.row(0), samples.row(1)]
    store_outputs(store, samples.run_record(), samples.shortlist(rows))
    assert publish_candidates(store) == 2
    assert next(iter(run_store(store).query()))["state"] == "running"
    store_outputs(store, samples.chunk("judge", [samples.candidate(0, status="passed")]))
    publish_candidates(store)
    assert candidate_store(store).count({"status": "passed"}) == 1


def test_outputs_that_were_taken_over_are_found_by_either_job_and_cost_nothing_again(store):
    completion = {"text": "Ni Al , Cubic", "completion_tokens": 4}
    reading = {"formula": "NiAl", "crystal_system": "Cubic"}
    drawn = SampleChunk(uuid="", run_id="run", readings=[reading], completions=[completion])
    job = sample_jobs.give(drawn)
    drawn.uuid = job.uuid
    run_locally(Flow([job]), store=store, ensure_success=True, log=False)
    _, again = store_outputs(store, samples.run_record(), drawn)
    row = samples.row(0, sample_uuid=f"{again}:0")
    store_outputs(store, samples.shortlist([row]))
    publish_candidates(store)
    (candidate,) = candidate_store(store).query({})
    assert candidate["completion"]["text"] == "Ni Al , Cubic"
    (run,) = run_store(store).query({})
    cost = {name: run["cost"][name] for name in ("jobs", "completions", "tokens")}
    assert cost == {"jobs": 3, "completions": 1, "tokens": 4}


def test_a_run_that_cannot_be_read_keeps_no_other_from_its_place(store):
    bad = samples.run_record("bad").model_dump(mode="json") | {"judges": "nobody"}
    bad |= {"@class": "RunRecord", "@module": "elsewhere"}
    store.docs_store.update({"uuid": "b", "index": 1, "output": bad}, key=["uuid"])
    store_outputs(store, samples.run_record(), samples.shortlist([samples.row(0)]))
    assert publish_candidates(store) == 1
    (told,) = run_store(store).query({"state": "unreadable"})
    assert "cannot be read by this version" in told["notes"][0]
    assert publish_candidates(store) == 1, "the good one goes on"


def test_judgements_and_predictions_outside_of_runs_are_candidates_too(store):
    job = JUDGE.make([samples.fcc("Cu"), samples.fcc("Ni", 3.5)])
    run_locally(job, store=store, ensure_success=True, log=False)
    said = TextPrediction(
        formula="NiAl",
        chemsys="Al-Ni",
        elements=["Al", "Ni"],
        task="bulk_modulus",
        status="predicted",
        bulk_modulus=158.0,
        model=TextModelRecord(name="mine", template="raw", engine="vllm", engine_version="1"),
    )
    (uuid,) = store_outputs(store, said, tags=["mine"])
    assert publish_candidates(store) == 3
    assert publish_candidates(store) == 0
    candidates = candidate_store(store)
    assert candidates.count({"kind": "validation", "status": "passed"}) == 2
    copper = next(iter(candidates.query({"formula": "Cu"})))
    assert copper["elasticity"]["bulk_modulus"]["vrh"] == pytest.approx(
        copper["bulk_modulus"], 1e-3
    )
    (predicted,) = candidates.query({"kind": "prediction", "tags": "mine"})
    assert (predicted["run_id"], predicted["bulk_modulus"]) == (uuid, 158.0)


def test_what_judges_say_inside_of_runs_is_published_once(judged):
    _, store = judged
    assert candidate_store(store).distinct("kind") == ["design"]


def test_the_largest_disagreement_of_two_judges_is_a_number(store):
    said = [
        samples.result(bulk_modulus=100.0, shear_modulus=40.0),
        samples.result(bulk_modulus=110.0, shear_modulus=60.0),
        samples.result(status="failed", bulk_modulus=10.0),
    ]
    evidence = [{"polymorph": 0, "result": one} for one in said]
    done = samples.candidate(0, status="passed")
    done = type(done)(**done.model_dump() | {"evidence": evidence})
    store_outputs(
        store,
        samples.run_record(),
        samples.shortlist([samples.row(0)]),
        samples.chunk("judge", [done]),
    )
    publish_candidates(store)
    (found,) = find_candidates(candidate_store(store), sort="disagreement")
    assert found["disagreement"] == pytest.approx(1.5)


def test_mrun_brings_the_collection_up_to_date(store, tmp_path):
    store_outputs(store, samples.run_record(), samples.shortlist([samples.row(0), samples.row(1)]))
    file = tmp_path / "builder.json"
    dumpfn(CandidateBuilder.of(store), file)
    command = [str(Path(sys.executable).parent / "mrun"), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)  # noqa: S603
    assert candidate_store(store).count() == 2
    assert run_store(store).count() == 1


def test_a_store_is_copied_into_another_and_copied_again(judged, tmp_path):
    _, source = judged
    target = embedded_store(tmp_path / "other")
    target.connect()
    for _ in range(2):
        assert copy_documents(source, target) == source.count()
    assert target.count() == source.count()
    assert find_candidates(candidate_store(target)) == find_candidates(candidate_store(source))
