"""Masked formulas, held against the right answers."""

from __future__ import annotations

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Composition

from elatbot_flows.engines.asked_model import TextModel
from elatbot_flows.errors import EngineError
from elatbot_flows.jobs import InfillMaker
from scripted_engine import ScriptedSettings, scripted


def infill(compositions, replies):
    job = InfillMaker(model=scripted(replies)).make(compositions)
    store = JobStore(MemoryStore())
    return run_locally(job, store=store, log=False, ensure_success=True)[job.uuid][1].output


def test_answers_are_held_against_the_right_ones():
    replies = [("'Ni': 3.0", ["AlNi3"]), ("'O': 1.0", ["Mg2O"]), ("'Ti': 1.0", ["titanium"])]
    given = ["Ni3Al", Composition("MgO"), {"Ti": 2}, "Ni3Q", "Ni3 Al!"]
    right, wrong, unreadable, unknown, strange = infill(given, replies)
    assert (right.status, right.formula, right.expected, right.correct) == (
        "predicted",
        "AlNi3",
        "AlNi3",
        True,
    )
    assert right.composition == {"Ni": 3, "Al": 1}
    assert right.completion["text"] == "AlNi3"
    assert (wrong.formula, wrong.expected, wrong.correct) == ("Mg2O", "MgO", False)
    assert (unreadable.status, unreadable.correct) == ("failed", None)
    assert unreadable.completion["text"] == "titanium"
    assert unreadable.message
    assert (unknown.status, unknown.reason) == ("failed", "unknown_element")
    assert strange.reason == "not_a_formula"


def test_one_composition_gives_one_document():
    found = infill("NiAl", [("", ["AlNi"])])
    assert found.correct is True
    assert "[MASK]" in found.prompt


def test_the_embedded_model_is_asked_by_the_same_maker():
    """Whatever it guesses is a formula with what was shown of it."""
    job = InfillMaker().make(["NiAl", "MgO", "TiC"], "cubic")
    store = JobStore(MemoryStore())
    found = run_locally(job, store=store, log=False, ensure_success=True)[job.uuid][1].output
    assert [one.status for one in found] == ["predicted"] * 3
    assert [one.expected for one in found] == ["AlNi", "MgO", "TiC"]
    for one in found:
        assert one.correct is (one.formula == one.expected)
        assert Composition(one.formula).keys() & Composition(one.expected).keys()


def test_a_model_that_cannot_says_so():
    maker = InfillMaker(model=TextModel(ScriptedSettings(template="raw"), dialect="crystallm"))
    with pytest.raises(EngineError, match="cannot be asked for infill"):
        InfillMaker.make.original(maker, "NiAl")
