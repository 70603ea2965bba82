"""Thousands of materials: chunks, counts, and going on after a kill."""

from __future__ import annotations

from collections import Counter
from concurrent.futures.process import BrokenProcessPool

import pytest
from jobflow import Flow, JobStore, job, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.errors import EngineError, TargetError
from elatbot_flows.flows import PredictManyMaker
from elatbot_flows.jobs import PredictElasticMaker
from elatbot_flows.jobs.ask.materials import read_materials
from elatbot_flows.running.runner import run_flow
from scripted_engine import CUBIC, asked, scripted

SYMBOLS = ("Ag", "Al", "Au", "Cu", "Ir", "Ni", "Pb", "Pd", "Pt", "Rh")


def crystals(n):
    """Crystals that differ in element and size."""
    return [samples.fcc(SYMBOLS[i % 10], 3.5 + 0.01 * (i // 10)) for i in range(n)]


def many(chunk_size, **settings):
    settings = {"task": "tensor_from_structure"} | settings
    return PredictManyMaker(predict_maker=PredictElasticMaker(**settings), chunk_size=chunk_size)


@pytest.fixture
def store(tmp_path):
    made = embedded_store(tmp_path / "run")
    (tmp_path / "run" / "store").mkdir(parents=True)
    made.connect()
    return made


def test_counts_name_numerator_and_denominator():
    disordered = Structure(Lattice.cubic(3), [{"Cu": 0.5, "Ni": 0.5}], [[0, 0, 0]])
    structures = [*crystals(5), None, disordered, disordered]
    lopsided = CUBIC.replace("[240.0, 150.0", "[270.0, 150.0")
    model = scripted([("Material Al", ["no"]), ("Material Cu", [f"So: {lopsided}"]), ("", [CUBIC])])
    flow = many(3, model=model).make(structures, [f"s{i}" for i in range(8)])
    jobstore = JobStore(MemoryStore())
    responses = run_locally(flow, store=jobstore, log=False, ensure_success=True)
    summary = responses[flow.jobs[-1].uuid][1].output
    assert (summary.predicted.count, summary.predicted.of) == (4, 8)
    assert summary.predicted.share == 0.5
    assert summary.reasons == {"not_a_matrix": 1, "no_structure": 1, "disordered": 2}
    assert (summary.answers_readable.count, summary.answers_readable.of) == (4, 5)
    assert (summary.answers_repaired.count, summary.answers_repaired.of) == (1, 4)
    assert (summary.born_stable.count, summary.born_stable.of) == (4, 4)
    assert (summary.symmetric.count, summary.symmetric.of) == (3, 4)
    assert summary.prompt_tokens > summary.completion_tokens > 0
    assert [chunk["first"] for chunk in summary.chunks] == [0, 3, 6]
    for chunk in summary.chunks:
        documents = jobstore.get_output(chunk["uuid"])
        assert len(documents) == chunk["materials"]
        assert documents[0]["source"] == f"s{chunk['first']}"


def test_a_flow_of_nothing_and_of_the_wrong_task_is_refused():
    with pytest.raises(TargetError, match="no materials"):
        many(3, model=scripted()).make([])
    with pytest.raises(EngineError, match="cannot be asked for poetry"):
        many(3, model="elatbot-mini", task="poetry").make(crystals(1))
    with pytest.raises(TargetError, match="chunk_size is 0"):
        many(0)
    with pytest.raises(TargetError, match="chunk_size of at most 102"):
        many(256, samples=50)


@job
def grow(symbol):
    """Stand in for a relaxation."""
    return {"structure": samples.fcc(symbol, 4)}


def test_materials_may_be_outputs_of_jobs():
    grown = [grow("Cu"), grow("Al"), grow("Ni")]
    predicted = many(2, model=scripted()).make([j.output["structure"] for j in grown])
    flow = Flow([*grown, predicted])
    jobstore = JobStore(MemoryStore())
    run_locally(flow, store=jobstore, log=False, ensure_success=True)
    chunks = [jobstore.get_output(chunk.uuid) for chunk in predicted.jobs[1:-1]]
    assert [document["formula"] for chunk in chunks for document in chunk] == ["Cu", "Al", "Ni"]
    with pytest.raises(TargetError, match="known when the flow is made"):
        many(2, model=scripted()).make(grown[0].output)


@pytest.mark.slow
def test_finished_chunks_are_taken_over(store, tmp_path):
    log = tmp_path / "log"
    maker = many(4, model=scripted(log=str(log)))
    for _ in range(2):
        flow = maker.make(crystals(10))
        summary = run_flow(flow, store, workers=2)
        assert summary.failed == {}
        assert asked(log) == 10
    assert Counter(name.partition(" ")[0] for name in summary.resumed) == {"predict": 3}
    counted = store.get_output(flow.jobs[-1].uuid, load=True)
    assert counted["predicted"]["of"] == 10


@pytest.mark.slow
def test_other_weights_are_asked_again(store, tmp_path):
    log = tmp_path / "log"
    for weights in ("1" * 64, "2" * 64):
        model = scripted(log=str(log), weights=weights)
        assert run_flow(many(4, model=model).make(crystals(5)), store).failed == {}
    assert asked(log) == 10


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was_and_asks_nothing_twice(store, tmp_path):
    """The process dies in the second of three chunks, after seven answers of four each."""
    log, fatal = tmp_path / "log", tmp_path / "fatal"
    model = scripted(log=str(log), fatal=str(fatal))
    maker = many(4, model=model, journal=str(tmp_path / "journal"))
    fatal.write_text("6")
    with pytest.raises(BrokenProcessPool):
        run_flow(maker.make(crystals(12)), store)
    assert asked(log) == 7  # the seventh died before it was told
    flow = maker.make(crystals(12))
    summary = run_flow(flow, store)
    assert summary.failed == {}
    assert len([name for name in summary.resumed if name.startswith("predict")]) == 1
    assert asked(log) == 13  # twelve questions, and the one that was lost on the way
    counted = store.get_output(flow.jobs[-1].uuid)
    assert counted["predicted"]["count"] == 12
    elements = [
        document["formula"]
        for chunk in counted["chunks"]
        for document in store.get_output(chunk["uuid"])
    ]
    assert elements == [*SYMBOLS, "Ag", "Al"]


def test_a_chunk_fits_into_a_document_of_mongodb():
    """256 crystals of 32 atoms with 20 answers each, as long as they come."""
    import bson

    structures = [
        (crystal * (4, 4, 2)).perturb(0.1, seed=i) for i, crystal in enumerate(crystals(256))
    ]
    model = scripted([("", ["12.345 " * 300])])
    maker = PredictElasticMaker(
        model=model, task="tensor_from_structure", samples=20, sampling_temperature=0.7
    )
    documents = maker.predict(read_materials(structures))
    size = len(bson.BSON.encode({"output": jsanitize(documents, strict=True)}))
    assert 10e6 < size < 16e6


def test_a_worker_with_other_weights_is_refused():
    maker = PredictElasticMaker(model=scripted(weights="1" * 64), task="tensor_from_structure")
    record = maker.model_record(maker.engine())
    other = PredictElasticMaker(model=scripted(weights="2" * 64), task="tensor_from_structure")
    with pytest.raises(EngineError, match="weights_sha256 differ"):
        other.predict([], record)
