"""Judging: a formula that came without a crystal system is shown to the text model later."""

from __future__ import annotations

from jobflow import Flow, JobStore, job, run_locally
from maggma.stores import MemoryStore

import samples
from elatbot_flows.documents import CandidateChunk, ElasticResult
from elatbot_flows.jobs.judge import weigh
from elatbot_flows.jobs.rows import resting
from elatbot_flows.proposers.expectation import expectation_record


@job(output_schema=CandidateChunk)
def written(chunk):
    return chunk


@job
def said(results):
    return results


def judged(expectation="elatbot-mini", status="passed", **fields):
    made = samples.candidate(0, "Ni3Al").updated(polymorphs=[samples.polymorph(samples.fcc())])
    start = written(samples.chunk("build", [made], run=samples.run_record()))
    rows = [samples.row(0, "Ni3Al", uuid=start.uuid, rung="build", **fields)]
    result = samples.result(
        "Ni3Al", status, samples.method("7net-0"), structure=samples.fcc(), crystal_system="Cubic",
        spacegroup_number=225, nsites=1, volume_per_atom=11.0, bulk_modulus=180.0,
        shear_modulus=80.0, reason="born_unstable", message="soft",
    )  # fmt: skip
    run = samples.run_record(expectation=expectation_record(expectation))
    spoken = said([result])
    step = weigh(rows, resting(rows), [spoken.output], None, run, expectation)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(Flow([start, spoken, step]), store=store, ensure_success=True, log=False)
    (found,) = CandidateChunk.model_validate(store.get_output(step.uuid, load=True)).candidates
    return [evidence.result for evidence in found.evidence if evidence.result.judge.kind == "text"]


def test_the_text_model_is_asked_once_the_crystal_system_is_known():
    (text,) = judged(crystal_system=None)
    assert isinstance(text, ElasticResult)
    assert 50 < text.bulk_modulus < 400
    assert text.bulk_modulus_std > 0


def test_it_is_not_asked_twice_nor_about_what_failed_nor_if_nobody_is_wanted():
    assert judged(crystal_system="Cubic") == []
    assert judged(crystal_system=None, status="failed") == []
    assert judged(None, crystal_system=None) == []
