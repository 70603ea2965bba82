"""Materials for a bulk modulus: exact values are asked for, every answer is kept and counted."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows import DesignTarget, Interval
from elatbot_flows.engines.mini.generator_files import describe_generator
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import EngineError, TargetError
from elatbot_flows.jobs import GenerateMaker
from elatbot_flows.text import generation_text
from elatbot_flows.text.compact import parse_design
from scripted_engine import scripted


def generate(*arguments, model=None, **settings):
    store = JobStore(MemoryStore())
    maker = GenerateMaker(**({"model": model} if model else {}), **settings)
    job = maker.make(*arguments)
    found = run_locally(job, store=store, log=False, ensure_success=True)[job.uuid][1].output
    json.dumps(store.query_one({"uuid": job.uuid})["output"], allow_nan=False)
    return found


def asked_for(proposal):
    """The bulk modulus that the prompt states."""
    body = proposal.prompt.removeprefix("Human: ").removesuffix("\nAssistant: ")
    request = generation_text.parse(body)
    assert request.minimum == request.maximum
    return request


def test_values_are_drawn_from_the_interval_and_asked_for_exactly():
    model = scripted([("", ["FeB, Orthorhombic"])])
    found = generate((150, 170), 20, model=model)
    assert found.requested == [150, 170]
    values = [proposal.requested_bulk_modulus for proposal in found.proposals]
    assert [asked_for(proposal).minimum for proposal in found.proposals] == values
    assert all(150 <= value <= 170 for value in values)
    assert len(set(values)) > 15
    again, other = (
        generate((150, 170), 20, model=model),
        generate((150, 170), 20, 0, 1, model=model),
    )
    assert again == found
    assert [p.requested_bulk_modulus for p in other.proposals] != values


def test_the_shipped_model_is_asked_for_shear_moduli_too():
    found = generate(DesignTarget(shear_modulus=Interval(60, 80)), 5)
    asked = [parse_design(p.prompt.removeprefix("<s> ")) for p in found.proposals]
    assert [round(p.requested_shear_modulus) for p in found.proposals] == [
        each.shear_modulus for each in asked
    ]
    drawn = describe_generator("elatbot-mini").shear_modulus_drawn  # when asked for 5, 15, ... GPa
    written = np.interp(
        [each.shear_modulus for each in asked], 10 * np.arange(len(drawn)) + 5, drawn
    )
    assert all(59 <= shear <= 81 for shear in written)  # whole GPa are asked for
    assert all(each.bulk_modulus is None for each in asked)
    assert found.readable.count == 5


def test_every_answer_is_counted():
    answers = ["FeB, Orthorhombic", "B2Fe2, orthorhomabic", "FeB, Cubic", "Qq7, Cubic", "nothing"]
    found = generate(160.0, 5, model=scripted([("", answers)]))
    assert [p.formula for p in found.proposals] == ["FeB", "FeB", "FeB", None, None]
    assert [p.duplicate for p in found.proposals] == [False, True, False, False, False]
    assert [p.completion["text"] for p in found.proposals] == answers
    assert (found.readable.count, found.readable.of) == (3, 5)
    assert (found.distinct.count, found.distinct.of) == (2, 3)
    assert found.reasons == {"unknown_element": 1, "not_a_material": 1}
    assert found.proposals[0].elements == ["B", "Fe"]
    assert found.proposals[0].crystal_system == "Orthorhombic"
    assert found.proposals[3].message


def test_what_can_be_asked_for():
    model = scripted([("", ["FeB, Orthorhombic"])])
    target = DesignTarget(bulk_modulus=Interval(100, 120), temperature=300)
    found = generate(target, 2, model=model)
    assert found.requested == [100, 120]
    assert asked_for(found.proposals[0]).temperature == 300
    assert generate(Interval(40, 50), 1, 77, model=model).proposals[0].temperature == 77
    narrow = DesignTarget(bulk_modulus=Interval(100, 120), elements=("Fe", "C"))
    assert generate(narrow, 1, model=model).reasons == {"element_not_allowed": 1}
    for wrong, n in [((170, 150), 1), (Interval(150, float("inf")), 1), (100, 0), (100, 10_001)]:
        with pytest.raises(TargetError):
            GenerateMaker.make.original(GenerateMaker(model=model), wrong, n)


def test_the_embedded_model_generates_by_the_same_maker():
    found = generate((150, 170), 8)
    assert found.readable.count >= 7
    for proposal in found.proposals:
        stated = parse_design(proposal.prompt.removeprefix("<s> ")).bulk_modulus
        assert abs(stated - proposal.requested_bulk_modulus) <= 0.5
    assert found == generate((150, 170), 8)


def test_draws_of_one_value_differ():
    found = generate(160, 8)
    assert found.distinct.count > 1
    assert {proposal.requested_bulk_modulus for proposal in found.proposals} == {160}


@pytest.mark.parametrize(
    ("wanted", "kelvin", "words"),
    [((900, 950), 0, "was trained on bulk moduli"), (160, 300, "knows 0 K only")],
)
def test_what_the_model_never_learned_is_refused_as_in_a_design(wanted, kelvin, words):
    with pytest.raises(TargetError, match=words):
        GenerateMaker.make.original(GenerateMaker(), wanted, 2, kelvin)


def test_a_model_that_does_not_generate_is_refused():
    only = replace(text_model("elatbot-mini"), trained_for=("bulk_modulus",))
    with pytest.raises(EngineError, match="for generation: it was trained for bulk_modulus"):
        GenerateMaker.make.original(GenerateMaker(model=only), 160, 1)


def test_the_shipped_model_refuses_what_it_never_saw_as_design_does():
    maker = GenerateMaker()
    with pytest.raises(TargetError, match="saw fewer than"):
        GenerateMaker.make.original(maker, (900, 950), 1)
    model = scripted([("", ["FeB, Orthorhombic"])])
    assert generate((900, 950), 1, model=model).requested == [900, 950]


def test_values_of_an_open_interval_are_drawn_only_by_a_model_that_knows_its_range():
    assert generate(Interval(150), 1).requested == [150, None]
    with pytest.raises(TargetError, match="give bulk_modulus both ends"):
        GenerateMaker.make.original(GenerateMaker(model=scripted()), Interval(150), 1)
