"""The compact format reads back what it writes and refuses everything else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import (
    Condition,
    Proposal,
    parse_answer,
    parse_design,
    parse_modulus,
    render_answer,
    render_design,
    render_material,
    render_modulus,
    vocabulary,
)
from elatbot_flows.text.compact_questions import parse_predict, render_predict
from elatbot_flows.text.formula import element_symbols, formula_counts, join_counts, reduced_formula

symbols = st.sampled_from(element_symbols())
systems = st.sampled_from(CRYSTAL_SYSTEMS)
counts = st.lists(
    st.tuples(symbols, st.integers(1, 40)), min_size=1, max_size=5, unique_by=lambda pair: pair[0]
)
conditions = st.builds(
    Condition,
    bulk_modulus=st.none() | st.integers(0, 999).map(float),
    number=st.none() | st.integers(1, 9),
    elements=st.none() | st.lists(symbols, min_size=1, max_size=10, unique=True).map(tuple),
    crystal_system=st.none() | systems,
    shear_modulus=st.none() | st.integers(0, 999).map(float),
)
anything = st.text(max_size=40) | st.lists(
    st.sampled_from([*vocabulary(), "Xx", "12", "é"]), max_size=14
).map(" ".join)


def test_examples_of_the_module():
    condition = Condition(150.2, 2, ("Cr", "Ni", "Al", "Ti"), "Cubic")
    prompt = "design bulk 1 5 0 number 2 from Cr Ni Al Ti system Cubic :"
    assert render_design(condition) == prompt
    assert render_predict((("Ni", 3), ("Al", 1)), "Cubic") == "predict Ni 3 Al , Cubic :"
    assert render_modulus(7.6) == "0 0 8"
    both = Condition(150, shear_modulus=70)
    assert render_design(both) == "design bulk 1 5 0 shear 0 7 0 :"
    assert parse_answer("Ni 1 2 Al 4 , Cubic") == Proposal("AlNi3", "Cubic")
    assert parse_predict("predict Ni 3 Al , Cubic :") == Proposal("AlNi3", "Cubic")


def test_words_are_distinct():
    assert len(set(vocabulary())) == len(vocabulary()) == 154


@given(conditions)
def test_design_round_trip(condition):
    assert parse_design(render_design(condition)) == condition
    assert set(render_design(condition).split()) <= set(vocabulary())


@given(counts, systems)
def test_material_round_trip(pairs, system):
    expected = Proposal(reduced_formula(join_counts(pairs)), system)
    assert parse_answer(render_material(pairs, system)) == expected
    assert parse_predict(render_predict(pairs, system)) == expected
    assert parse_answer(render_answer(expected)) == expected
    assert set(render_material(pairs, system).split()) <= set(vocabulary())


@given(st.floats(0, 999.4))
def test_modulus_round_trip(value):
    assert abs(parse_modulus(render_modulus(value)) - value) <= 0.5


@pytest.mark.parametrize("value", [-1.0, 999.5, float("nan"), float("inf")])
def test_modulus_that_cannot_be_written(value):
    with pytest.raises(TargetError, match="three digits"):
        render_modulus(value)


def test_count_that_cannot_be_written():
    with pytest.raises(TargetError, match="1 to 99"):
        render_material((("Ni", 100),), "Cubic")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ni 3 Al", "not_a_material"),
        ("Ni 3 Al , cubic", "not_a_material"),
        (", Cubic", "not_a_material"),
        ("3 Ni , Cubic", "not_a_material"),
        ("Ni 0 , Cubic", "not_a_material"),
        ("Ni 0 3 , Cubic", "not_a_material"),
        ("Ni 1 2 3 , Cubic", "not_a_material"),
        ("Ni3 Al , Cubic", "not_a_material"),
        ("Ni Ni , Cubic", "repeated_element"),
        ("Xx , Cubic", "unknown_element"),
    ],
)
def test_answers_that_are_refused(text, reason):
    with pytest.raises(ParseError) as caught:
        parse_answer(text)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "design",
        "design bulk 1 5 :",
        "design number 0 :",
        "design number 1 2 :",
        "design from :",
        "design from Ni Ni :",
        "design number 2 bulk 1 5 0 :",
        "design bulk 1 5 0 bulk 1 5 0 :",
        "design Ni :",
        "design system Round :",
        "predict Ni , Cubic :",
    ],
)
def test_design_prompts_that_are_refused(text):
    with pytest.raises(ParseError):
        parse_design(text)


@given(anything)
@pytest.mark.parametrize("parse", [parse_answer, parse_design, parse_predict, parse_modulus])
def test_only_parse_errors_escape(parse, text):
    with contextlib.suppress(ParseError):
        parse(text)


@given(anything)
def test_what_parses_renders_back(text):
    try:
        proposal = parse_answer(text)
    except ParseError:
        return
    assert parse_answer(render_answer(proposal)) == proposal
    assert formula_counts(proposal.formula)
