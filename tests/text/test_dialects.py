"""What dialects ask for can be written, and what they read is what they asked for."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice, Structure

from elatbot_flows.errors import ParseError, StructureError, TargetError
from elatbot_flows.text import compact, constants_text, elatbot_prompts, patterns, wire
from elatbot_flows.text.dialects import DIALECTS, TENSOR_TASKS, dialect
from elatbot_flows.text.elatbot_prompts import Prompt, Task
from elatbot_flows.text.format import MaterialRequest
from elatbot_flows.text.material import Material
from elatbot_flows.text.question import Question, Template, messages, write


@pytest.fixture(scope="module")
def l12():
    return Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.57), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]]
    )


@pytest.fixture(scope="module")
def material(l12):
    return Material.from_structure(l12, words="Ni3Al is a fcc alloy.")


@pytest.mark.parametrize("task", [*TENSOR_TASKS, Task.BULK_MODULUS])
def test_elatbot_asks_what_its_parser_recognises(material, task):
    question = dialect("elatbot").ask(task, material)
    found = elatbot_prompts.parse(Prompt(question.instruction, question.input))
    assert found == (task, 0.0)


@pytest.mark.parametrize("task", [Task.TENSOR, Task.BULK_MODULUS])
def test_a_temperature_needs_no_crystal(task):
    question = dialect("elatbot").ask(task, Material(Composition("Ni3Al"), system="Cubic"), 300.0)
    assert "at 300K temperature" in question.instruction
    assert elatbot_prompts.parse(Prompt(question.instruction, question.input)) == (task, 300.0)


def test_only_two_tasks_state_a_temperature(material):
    with pytest.raises(ParseError) as error:
        dialect("elatbot").ask(Task.TENSOR_FROM_WORDS, material, 300.0)
    assert error.value.reason == "wrong_temperature"


def test_a_question_at_0_k_needs_a_crystal():
    with pytest.raises(StructureError) as error:
        dialect("elatbot").ask(Task.TENSOR, Material(Composition("Ni3Al"), system="Cubic"))
    assert error.value.reason == "no_structure"


def test_a_disordered_crystal_is_refused(l12):
    l12 = l12.copy()
    l12.replace(0, {"Al": 0.5, "Ti": 0.5})
    with pytest.raises(StructureError, match="order them") as error:
        Material.from_structure(l12)
    assert error.value.reason == "disordered"


def test_the_compact_dialect_asks_in_the_words_of_the_embedded_model(material):
    question = dialect("compact").ask(Task.BULK_MODULUS, material)
    text = write(question, dialect("compact").template)
    assert text == "<s> predict Al Ni 3 , Cubic :"
    assert compact.parse_predict(text.removeprefix("<s> ")) == compact.Proposal("AlNi3", "Cubic")
    asked = dialect("compact").ask_material(MaterialRequest(160.0))
    design = compact.parse_design(asked.input.removeprefix("<s> "))
    assert design == compact.Condition(bulk_modulus=160.0)


@pytest.mark.parametrize(
    ("task", "temperature", "reason"),
    [
        (Task.TENSOR, 0.0, "wrong_task"),
        (Task.INFILL, 0.0, "wrong_task"),
        (Task.BULK_MODULUS, 300.0, "wrong_temperature"),
    ],
)
def test_the_compact_dialect_says_what_it_cannot(material, task, temperature, reason):
    with pytest.raises(ParseError) as error:
        dialect("compact").ask(task, material, temperature)
    assert error.value.reason == reason


def test_only_the_compact_dialect_can_leave_the_bulk_modulus_open():
    asked = dialect("compact").ask_material(MaterialRequest(None, number=2, elements=("Ni", "Al")))
    design = compact.parse_design(asked.input.removeprefix("<s> "))
    assert design == compact.Condition(number=2, elements=("Ni", "Al"))
    with pytest.raises(TargetError, match="one bound at least"):
        dialect("elatbot").ask_material(MaterialRequest(None))


def test_an_unknown_dialect_is_named_with_those_there_are():
    with pytest.raises(ParseError, match="elatbot-constants"):
        dialect("llama")


@pytest.mark.parametrize("name", DIALECTS)
def test_tasks_of_a_dialect_can_be_asked(material, name):
    speaker = dialect(name)
    for task in speaker.tasks:
        if task is Task.GENERATION:
            question = speaker.ask_material(MaterialRequest(160.0))
        else:
            question = speaker.ask(task, material)
        assert re.compile(question.pattern)


def _numbers(seed, size):
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(-900, 9000, size), 1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_tensors_match_their_patterns_and_are_read_back(material, seed):
    upper = np.triu(_numbers(seed, (6, 6)))
    tensor = upper + upper.T - np.diag(np.diag(upper))
    text = str(tensor.tolist())
    assert re.fullmatch(patterns.MATRIX, text)
    assert np.array_equal(dialect("elatbot").read_tensor(text, material).tensor, tensor)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), laue=st.sampled_from(constants_text.LAUE_CLASSES))
def test_constants_match_their_patterns_and_are_read_back(seed, laue):
    names = constants_text.constant_names(laue)
    constants = dict(zip(names, _numbers(seed, len(names)).tolist(), strict=True))
    tensor = constants_text.tensor_from_constants(constants, laue)
    text = constants_text.render(tensor, laue)
    assert re.fullmatch(patterns.constants(laue), text)
    assert np.allclose(constants_text.parse(text, laue), tensor, atol=0.11)


def test_constants_of_the_crystal_are_read(material):
    answer = dialect("elatbot-constants").read_tensor("C11=230.0, C12=150.0, C44=120.0", material)
    assert answer.tensor[2, 2] == 230.0
    assert answer.tensor[5, 5] == 120.0


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (patterns.MODULUS, "187.25", "087.2"),
        (patterns.FORMULA, "TiNi2Sn", "Xx2"),
        (patterns.MATERIAL, "FeB, Orthorhombic", "FeB, cubical"),
        (patterns.COMPACT_MATERIAL, "Ni 3 Al , Cubic", "Ni 3 Al Cubic"),
        (patterns.COMPACT_MATERIAL, "Ti Ni 1 2 Sn , Hexagonal", "Ti 0 , Cubic"),
        (patterns.COMPACT_MODULUS, "1 8 5", "185"),
    ],
)
def test_patterns(pattern, good, bad):
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)


def test_templates():
    question = Question("Do this. ", "With that.")
    assert write(question, Template.ELATBOT) == wire.render(Prompt("Do this. ", "With that."))
    assert write(question, Template.RAW) == "Do this. \nWith that."
    assert messages(question) == [{"role": "user", "content": "Do this. \nWith that."}]
    with pytest.raises(ValueError, match="tokenizer"):
        write(question, Template.CHAT)


def test_a_question_survives_json():
    question = Question("a", "b", patterns.MODULUS, "1")
    assert Question.from_dict(question.as_dict()) == question
