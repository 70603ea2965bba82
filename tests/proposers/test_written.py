"""Models that write crystals drive a design: candidates bring crystals, all others have reasons."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.documents import CandidateChunk, CandidateDocument, SampleChunk, Shortlist
from elatbot_flows.engines.crystal_writer import CrystalWishes
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.errors import TargetError
from elatbot_flows.jobs import BuildMaker, JudgeMaker, begin
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import TextProposer
from elatbot_flows.text.crystals import lines
from elatbot_flows.text.question import Template
from engines.nano_gpt import B2, L12
from scripted_engine import ScriptedSettings, scripted

TARGET = DesignTarget(bulk_modulus=(80, 180), elements=("Ni", "Al", "Cu"))
JUDGE = PotentialJudge(potential=samples.EMT)
L10 = Structure(Lattice.tetragonal(2.7, 3.6), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
GOLD = Structure(Lattice.cubic(2.9), ["Au", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def writing(*texts):
    settings = ScriptedSettings((("", texts),), template=Template.BEGIN)
    return TextModel(settings, "crystal-text-llm")


def finished(job_or_flow):
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(job_or_flow, store=store, ensure_success=True, log=False)
    return store


def proposed(proposer, n):
    """Shortlist and candidates of a proposer."""
    judging, asked = JudgeMaker(judges=[JUDGE]), (proposer.model, proposer.expectation)
    run = begin(TARGET, n, 0, *asked, None, judging, None, proposer.settings())
    made = proposer.make(TARGET, n, run.output)
    store = finished(Flow([run, made]))
    chunks = store.query({"output.@class": CandidateChunk.__name__}, load=True)
    found = [c for chunk in chunks for c in chunk["output"]["candidates"]]
    shortlist = Shortlist.model_validate(store.get_output(made.uuid, load=True))
    notes = store.get_output(run.uuid)["notes"]
    return shortlist, [CandidateDocument.model_validate(c) for c in found], notes, store


def test_all_different_crystals_of_a_formula_are_its_own_and_every_text_is_counted():
    texts = [*map(lines.render, (B2, L12, L10, B2, GOLD)), "no crystal", "2.9 2.9\n90"]
    proposer = TextProposer(model=writing(*texts), oversample=1, max_rounds=1)
    shortlist, candidates, notes, _ = proposed(proposer, n=2)
    assert (shortlist.generated, shortlist.readable) == (16, 10)
    assert shortlist.generated == len(shortlist.rows) + sum(shortlist.rejected.values())
    assert shortlist.rejected["element_not_allowed"] == 2
    assert shortlist.rejected["duplicate"] == 8
    crystals = {c.formula: c.polymorphs for c in candidates}
    assert [p.label for p in crystals["AlNi"]] == ["Pm-3m", "P4/mmm"]
    (only,) = crystals["AlNi3"]
    assert StructureMatcher().fit(only.structure, L12)
    assert only.source == "scripted"
    assert [row.uuid is not None for row in shortlist.rows] == [True, True]
    assert {c.times_proposed for c in candidates} == {7, 3}
    assert any("not told moduli" in note for note in notes)
    assert shortlist.notes == []


def test_a_checkpoint_designs_with_the_formulas_that_are_given(knowing_crystallm):
    """None that was given is missing, and no more are asked for than are needed."""
    model, wishes = text_model(knowing_crystallm), CrystalWishes(("AlNi3", "Cu"), (221,))
    proposer = TextProposer(model=model, wishes=wishes, temperature=0.0, max_rounds=1)
    build = BuildMaker(potential=samples.EMT)
    maker = InverseDesignMaker(n=None, proposer=proposer, build=build, judges=[JUDGE], hull=None)
    flow = maker.make(TARGET)
    found = read_result(finished(flow), flow.output.uuid)
    (candidate,) = [c for c in found.candidates if c.status == "passed"]
    (crystal,) = candidate.polymorphs
    assert StructureMatcher().fit(crystal.structure, L12)
    assert (crystal.label, candidate.guesses_built) == ("Pm-3m", 1)
    assert candidate.completion["text"].startswith("_cell_length_a")
    counts = found.document.counts
    assert (counts.generated, counts.distinct) == (4, 1)
    assert sum(counts.rejected.values()) == 3
    assert found.document.run.generator.dialect == "crystallm"


def test_another_model_names_the_formulas_and_both_answers_are_kept():
    speller = scripted([("", ["NiAl, Cubic"])])
    proposer = TextProposer(model=writing(lines.render(B2)), speller=speller, max_rounds=1)
    assert json.loads(json.dumps(proposer, cls=MontyEncoder), cls=MontyDecoder) == proposer
    shortlist, _, _, store = proposed(replace(proposer, oversample=1), n=1)
    assert [row.formula for row in shortlist.rows] == ["AlNi"]
    (sampled,) = store.query({"output.@class": SampleChunk.__name__})
    (answer, *_) = sampled["output"]["completions"]
    assert (answer["named_by"]["text"], answer["text"]) == ("NiAl, Cubic", lines.render(B2))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"wishes": CrystalWishes(("NiAl",))}, "writes formulas and no crystals"),
        ({"speller": scripted()}, "writes formulas and no crystals"),
        (
            {"model": writing(""), "speller": scripted(), "wishes": CrystalWishes(("NiAl",))},
            "not both",
        ),
        ({"model": writing(""), "guidance": 1.0}, "writes crystals: leave the guidance out"),
        ({"guidance": -0.5}, "guidance is -0.5: give 0 or more"),
    ],
)
def test_what_does_not_go_together_is_refused(fields, words):
    with pytest.raises(TargetError, match=words):
        TextProposer(**fields)
