"""Every task of ElaTBot is put in words and recognised again."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice, Structure

from elatbot_flows.errors import ParseError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text import (
    composition_text,
    elatbot_prompts,
    generation_text,
    infill_text,
    structure_text,
    temperature_text,
)
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.elatbot_prompts import Prompt, Task
from elatbot_flows.text.generation_text import ModulusRequest

aluminium = Structure(
    Lattice.cubic(4.05), ["Al"] * 4, [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
)
WORDS = "Al is Copper structured and crystallizes in the cubic Fm-3m space group."
TEXTS = {
    Task.TENSOR_FROM_STRUCTURE: structure_text.render(structure_text.describe(aluminium)),
    Task.TENSOR_FROM_WORDS: WORDS,
    Task.TENSOR_FROM_COMPOSITION: composition_text.render(composition_text.describe(aluminium)),
    Task.TENSOR_FROM_FULL_TEXT: elatbot_prompts.full_text(aluminium, WORDS),
    Task.TENSOR: elatbot_prompts.full_text(aluminium, WORDS),
    Task.BULK_MODULUS: elatbot_prompts.full_text(aluminium, WORDS),
    Task.INFILL: infill_text.render(Composition("AlNi3")),
    Task.GENERATION: generation_text.render(ModulusRequest(160, 160)),
}
bounds = st.none() | st.integers(0, 60000).map(lambda n: n / 100)
temperatures = st.integers(0, 20000).map(lambda n: n / 10)


@pytest.mark.parametrize("task", Task)
def test_round_trip(task):
    prompt = elatbot_prompts.render(task, TEXTS[task])
    assert elatbot_prompts.parse(prompt) == (task, 0.0)
    assert prompt.instruction == "" or prompt.instruction.endswith(". ")
    with pytest.raises(ParseError):
        elatbot_prompts.parse(Prompt(prompt.instruction, ""))


def test_instructions_are_the_published_ones():
    assert elatbot_prompts.render(Task.TENSOR_FROM_FULL_TEXT, "").instruction == (
        "Given a material description, predict the elastic tensor of it directly and accurately "
        "with scientific logic. Answer without any other comments, descriptions, or explanations. "
        "The answer should be a 6x6 Python matrix. "
    )
    assert elatbot_prompts.render(Task.TENSOR_FROM_STRUCTURE, "").instruction == (
        "Given a material's symmetry and conventional cell structure, predict the elastic tensor "
        "of it directly and accurately with scientific logic. Answer without any other comments, "
        "descriptions, or explanations. The answer should be a 6x6 Python matrix. The material "
        "information is presented in JSON format. "
    )
    assert elatbot_prompts.render(Task.BULK_MODULUS, "", 0).instruction == (
        "Given a material description, predict its Voigt bulk modulus (unit: GPa) at 0K "
        "temperature accurately and directly using scientific logic. Provide the answer in the "
        "form of individual numerical value without additional comments, descriptions, or "
        "explanations. "
    )


@given(temperatures.filter(bool))
def test_temperatures(temperature):
    text = temperature_text.render(temperature_text.describe(Composition("Ni3Al"), "cubic"))
    for task in (Task.TENSOR, Task.BULK_MODULUS):
        prompt = elatbot_prompts.render(task, text, temperature)
        assert elatbot_prompts.parse(prompt) == (task, temperature)
    assert " at 300K " in elatbot_prompts.render(Task.TENSOR, text, 300.0).instruction


def test_temperature_has_to_fit_the_task():
    for task, temperature in ((Task.TENSOR, -1), (Task.TENSOR, 1e9), (Task.INFILL, 300)):
        with pytest.raises(ParseError) as error:
            elatbot_prompts.render(task, "", temperature)
        assert error.value.reason == "wrong_temperature"


def test_a_zero_kelvin_question_needs_the_full_text():
    facts = composition_text.render(composition_text.describe(aluminium))
    with pytest.raises(ParseError) as error:
        elatbot_prompts.parse(elatbot_prompts.render(Task.TENSOR, facts))
    assert error.value.reason == "no_description"


def test_unknown_instruction():
    with pytest.raises(ParseError) as error:
        elatbot_prompts.parse(Prompt("Predict the melting point. ", "Al"))
    assert error.value.reason == "unknown_instruction"


def test_generation_questions():
    tail = (
        " GPa at a temperature of 0K. Use scientific reasoning step-by-step and directly output "
        "the answer without additional comments, descriptions, or explanations."
    )
    head = (
        "Generate a material chemical formula and its crystal system with a Voigt bulk modulus of "
    )
    for low, high, wish in (
        (255.2222, 255.2222, "255.22"),
        (198, 198, "198.0"),
        (None, 50, "less than 50.0"),
        (200, None, "more than 200.0"),
        (100, 150, "between 100.0 and 150.0"),
    ):
        assert generation_text.render(ModulusRequest(low, high)) == head + wish + tail
    assert generation_text.parse(head + "160" + tail) == ModulusRequest(160.0, 160.0)
    assert generation_text.parse(head + "less than 50" + tail) == ModulusRequest(None, 50.0)
    for wish in ("", "more", "between 9 and 3", "1.2.3", "-3", "nan"):
        with pytest.raises(ParseError):
            generation_text.parse(head + wish + tail)


@given(bounds, bounds, temperatures)
def test_generation_round_trip(low, high, temperature):
    try:
        request = ModulusRequest(low, high, temperature)
    except TargetError:
        assert low is None or high is None or low > high
        return
    assert generation_text.parse(generation_text.render(request)) == request


def test_impossible_requests():
    for low, high in ((None, None), (2, 1), (-1, 3), (float("nan"), None), (1, float("inf"))):
        with pytest.raises(TargetError):
            ModulusRequest(low, high)


@given(st.sampled_from(CRYSTAL_SYSTEMS), temperatures)
def test_generation_answers(system, temperature):
    proposal = Proposal("AlNi3", system)
    text = generation_text.render_answer(proposal, temperature)
    assert generation_text.parse_answer(text) == proposal


def test_spelling_of_the_training_texts():
    assert generation_text.parse_answer("Zr, orthorhomabic") == Proposal("Zr", "Orthorhombic")
    assert generation_text.parse_answer("Ni6Al2, trigonal 1") == Proposal("AlNi3", "Trigonal")
    assert generation_text.parse_answer("Cu98.42Ga1.58, cubic").formula == "Ga1.58Cu98.42"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FeB", "not_a_material"),
        ("FeB, round", "unknown_system"),
        ("FeB, Cubic.", "unknown_system"),
        ("iron, Cubic", "not_a_formula"),
        ("FeXx, Cubic", "unknown_element"),
        ("Fe0.5Xx0.5, Cubic", "unknown_element"),
        ("Fe0.0, Cubic", "not_a_formula"),
        ("Fe1.2.3, Cubic", "not_a_formula"),
    ],
)
def test_answers_refused(text, reason):
    with pytest.raises(ParseError) as error:
        generation_text.parse_answer(text)
    assert error.value.reason == reason


def test_infill():
    text = infill_text.render(Composition("Fe2B2"))
    assert text == (
        "The material is [MASK] with a reduced composition of {'Fe': 1.0, 'B': 1.0}. Generate the "
        "chemical formula that could replace [MASK]: "
    )
    assert infill_text.parse(text) == ({"Fe": 1.0, "B": 1.0}, False)
    assert infill_text.solve(text) == "FeB"
    text = infill_text.render_percent(Composition("Ti44Al56"))
    assert "composition ratio {'Ti': 44.0, 'Al': 56.0} (total is 100%). Generate" in text
    assert infill_text.parse(text) == ({"Ti": 44.0, "Al": 56.0}, True)
    assert infill_text.solve(text) == "Ti11Al14"


@given(st.text(max_size=60) | st.text("FeBAlCubic, .0123[]{}'", max_size=40))
def test_only_parse_errors_escape(text):
    for task in Task:
        with contextlib.suppress(ParseError):
            elatbot_prompts.parse(Prompt(elatbot_prompts.render(task, "").instruction, text))
    for read in (generation_text.parse_answer, infill_text.solve):
        with contextlib.suppress(ParseError):
            read(text)
