"""Prompts of crystal-text-llm: any of its conditions, masks by token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import questions
from elatbot_flows.text.crystals.questions import CrystalRequest

CARBIDE = "4.0 4.0 4.0\n90 90 90\nC\n0.00 0.00 0.00\nCa\n0.50 0.50 0.50\nC\n0.50 0.00 0.00"
numbers = st.floats(-10, 10).map(lambda x: round(x, 4) + 0.0)
requests = st.builds(
    CrystalRequest,
    formula=st.none() | st.sampled_from(["GaTe", "Mg(ScGa)2"]),
    formation_energy=st.none() | numbers,
    band_gap=st.none() | numbers,
    above_hull=st.none() | numbers,
    space_group=st.none() | st.integers(1, 230),
)


@given(requests)
def test_any_conditions_come_back(request):
    assert questions.parse_generation(questions.render_generation(request)) == request


def test_the_words():
    text = questions.render_generation(CrystalRequest("GaTe", above_hull=0.01234, space_group=194))
    assert text == (
        "Below is a description of a bulk material. The chemical formula is GaTe. "
        "The energy above the convex hull is 0.0123. The spacegroup number is 194. "
        "Generate a description of the lengths and angles of the lattice vectors and then the "
        "element type and coordinates for each atom within the lattice:\n"
    )


@pytest.mark.parametrize("wrong", [{"formula": "Xx2"}, {"space_group": 231}])
def test_impossible_conditions(wrong):
    with pytest.raises(ParseError):
        CrystalRequest(**wrong)


@pytest.mark.parametrize("old", ["194", "GaTe. The", "Below", "lattice:"])
def test_other_questions_are_refused(old):
    text = questions.render_generation(CrystalRequest("GaTe", space_group=194))
    with pytest.raises(ParseError) as error:
        questions.parse_generation(text.replace(old, "x, "))
    assert error.value.reason == "not_a_question"


def test_a_mask_is_an_element_and_not_its_letters():
    masked = questions.mask(CARBIDE, "C")
    assert masked.count("[MASK]") == 2
    assert "\nCa\n" in masked
    assert questions.fill(masked, "C") == CARBIDE
    assert questions.parse_infill(questions.render_infill(masked)) == masked


def test_nothing_to_mask_or_fill():
    for wrong in (
        lambda: questions.mask(CARBIDE, "Co"),
        lambda: questions.fill(CARBIDE, "C"),
        lambda: questions.fill(questions.mask(CARBIDE, "C"), "x"),
        lambda: questions.parse_infill(questions.render_infill(CARBIDE)),
    ):
        with pytest.raises(ParseError):
            wrong()


def test_elements_of_answers():
    assert questions.parse_element(" Te\nBelow", tolerant=True) == "Te"
    for text, reason in (
        (" Te", "unknown_element"),
        ("", "empty"),
        ("tellurium", "unknown_element"),
    ):
        with pytest.raises(ParseError) as error:
            questions.parse_element(text)
        assert error.value.reason == reason
