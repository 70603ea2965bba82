"""The judge that asks a potential: one result for each crystal, in order."""

import json

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.documents import ElasticResult
from elatbot_flows.errors import PotentialError
from elatbot_flows.judges.potential import PotentialJudge
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.validation import validate_crystal

OVERLAP = Structure(Lattice.cubic(3.6), ["Cu", "Cu"], [[0, 0, 0], [0.01, 0, 0]])


def judged(structures, sources=None):
    job = PotentialJudge(potential=samples.EMT).make(structures, sources)
    assert job.name == "judge"
    responses = run_locally(job, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    return responses[job.uuid][1].output


def test_a_bad_crystal_never_spoils_the_others():
    first, bad, last = judged([samples.fcc("Cu"), OVERLAP, samples.fcc("Au", 4.1)], ["a", "b", "c"])
    assert [one.source for one in (first, bad, last)] == ["a", "b", "c"]
    assert [one.formula for one in (first, bad, last)] == ["Cu", "Cu", "Au"]
    assert (first.status, bad.status, last.status) == ("passed", "failed", "passed")
    assert bad.reason == "atoms_overlap"
    assert (first.judge.kind, first.judge.name) == ("potential", samples.EMT)


def test_one_structure_is_a_list_of_one():
    (found,) = judged(samples.fcc("Cu"))
    assert found.bulk_modulus == pytest.approx(134.5, abs=0.5)


def test_the_result_is_a_document_with_settings_that_json_can_hold():
    found = validate_crystal(samples.fcc("Cu"), load_potential(samples.EMT))
    text = json.dumps(jsanitize(found.model_dump(), strict=True), allow_nan=False)
    again = ElasticResult.model_validate_json(text)
    assert again.settings["softest_mode"] == 0.02
    assert again.elastic_tensor == found.elastic_tensor
    assert again.judge == found.judge


def test_a_failure_fails_the_job_where_that_is_wanted():
    judge = PotentialJudge(potential=samples.EMT, raise_on_failure=True)
    good = samples.fcc("Cu")
    assert judge.make.original(judge, good)[0].status == "passed"
    with pytest.raises(PotentialError, match=r"1 of 2 crystals failed: mine: "):
        judge.make.original(judge, [good, samples.fcc("Xe", 6)], ["yours", "mine"])
