"""Any text model drives a design; what it writes is kept, read and counted."""

from __future__ import annotations

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.documents import SampleChunk, Shortlist
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import TargetError
from elatbot_flows.jobs import BuildMaker, JudgeMaker, begin
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import TextProposer
from engines.tiny_models import make_tiny_llama

TARGET = DesignTarget(bulk_modulus=(80, 180), elements=("Ni", "Al", "Cu"))
JUDGE = PotentialJudge(potential=samples.EMT)


def proposed(proposer, n=2, seed=0):
    """Shortlist and samples of a proposer."""
    judging, settings = JudgeMaker(judges=[JUDGE]), proposer.settings()
    asked = (proposer.model, proposer.expectation)
    run = begin(TARGET, n, seed, *asked, None, judging, None, settings)
    made = proposer.make(TARGET, n, run.output)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(Flow([run, made]), store=store, ensure_success=True, log=False)
    chunks = [
        document["output"] for document in store.query({"output.@class": SampleChunk.__name__})
    ]
    shortlist = Shortlist.model_validate(store.get_output(made.uuid))
    return shortlist.model_dump(), chunks


@pytest.mark.slow
def test_distinct_formulas_come_most_promising_first():
    shortlist, chunks = proposed(TextProposer(oversample=10))
    rows = shortlist["rows"]
    assert len(rows) >= 20
    assert len({row["formula"] for row in rows}) == len(rows)
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert shortlist["generated"] == sum(len(chunk["completions"]) for chunk in chunks)
    duplicates = shortlist["rejected"].get("duplicate", 0)
    assert shortlist["readable"] == len(rows) + duplicates
    assert all(row["expected"] and row["unseen"] is not None for row in rows)
    places = {chunk["uuid"]: chunk["readings"] for chunk in chunks}
    for row in rows:
        uuid, _, place = row["sample_uuid"].rpartition(":")
        assert places[uuid][int(place)]["formula"] == row["formula"]


@pytest.mark.slow
def test_sampling_goes_on_in_chunks_and_ends_where_no_more_is_to_be_had():
    proposer = TextProposer(oversample=400, chunk_size=100, max_rounds=2)
    shortlist, chunks = proposed(proposer, n=1)
    assert len(chunks) == 16
    assert shortlist["generated"] == 1600
    assert "400 were wanted" in shortlist["notes"][0]


@pytest.mark.slow
def test_the_same_seed_proposes_the_same():
    first, second = (proposed(TextProposer(oversample=4), seed=5)[0]["rows"] for _ in range(2))
    assert [r["formula"] for r in first] == [r["formula"] for r in second]
    other = proposed(TextProposer(oversample=4), seed=6)[0]["rows"]
    assert {r["formula"] for r in first} != {r["formula"] for r in other}


@pytest.mark.slow
def test_rubbish_of_a_model_of_chance_is_rejected_with_reasons(tmp_path):
    folder = make_tiny_llama(tmp_path / "tiny", context=1200)
    model = text_model(str(folder), device="cpu")
    assert model.dialect == "elatbot"
    maker = InverseDesignMaker(
        n=1,
        proposer=TextProposer(model=model, oversample=2, chunk_size=16, max_rounds=1),
        build=BuildMaker(potential=samples.EMT, max_guesses=2, max_relaxed=1),
        judges=[JUDGE],
        hull=None,
    )
    flow = maker.make(TARGET)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, ensure_success=True, log=False)
    document = read_result(store, flow.output.uuid).document
    counts = document.counts
    assert counts.generated == 64
    assert counts.generated == counts.passed + sum(counts.rejected.values())
    assert "None" not in counts.rejected
    assert document.run.generator.dialect == "elatbot"
    assert any("were wanted" in note for note in document.notes)


def test_a_target_and_a_number_are_needed():
    with pytest.raises(TargetError, match="needs a target"):
        TextProposer().make(None, 3, samples.run_record())
