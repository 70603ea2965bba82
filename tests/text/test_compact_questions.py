"""Questions of the compact format: what they say of a material, and how answers are read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition

from elatbot_flows.errors import ParseError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import Proposal, vocabulary
from elatbot_flows.text.compact_questions import (
    MASK,
    amounts_of,
    parse_constants,
    parse_element,
    parse_predict,
    render_constants,
    render_fill,
    render_predict,
)
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.format import About, MaterialRequest
from elatbot_flows.text.formats.compact import SHEAR_MODULUS
from elatbot_flows.text.material import Material
from elatbot_flows.text.patterns import compact_constants

ALLOY = (("Ni", 3), ("Al", 1))
CUBIC = np.diag([200.0, 200, 200, 80, 80, 80]) + np.pad(np.full((3, 3), 50.0), (0, 3))


def test_examples_of_the_module():
    assert render_predict(ALLOY, "Cubic", "shear", 300) == (
        "predict shear at 0 3 0 0 Ni 3 Al , Cubic :"
    )
    assert render_fill([("Ni", 3), (MASK, 1)], "Cubic") == "fill Ni 3 ? , Cubic :"
    assert parse_predict("predict tensor at 0 3 0 0 Ni 3 Al , Cubic :") == Proposal(
        "AlNi3", "Cubic"
    )


def test_percents_have_points_and_counts_have_none():
    amounts = amounts_of(Composition("Mg99.63Ag0.37"))
    text = render_predict(amounts, "Hexagonal", temperature=298.15)
    assert text == "predict at 0 2 9 8 Mg 9 9 . 6 3 Ag 0 . 3 7 , Hexagonal :"
    assert set(text.split()) <= set(vocabulary())
    assert amounts_of(Composition("Ni6Al2")) == (("Ni", 3), ("Al", 1))


@pytest.mark.parametrize("temperature", [0.2, 10_000, -5])
def test_temperatures_that_cannot_be_written(temperature):
    with pytest.raises(TargetError, match="four digits"):
        render_predict(ALLOY, "Cubic", temperature=temperature)


@given(st.sampled_from(CRYSTAL_SYSTEMS), st.lists(st.integers(-99, 700), min_size=21, max_size=21))
def test_constants_round_trip(system, values):
    import re

    text = " ".join(f"{'- ' * (v < 0)}{' '.join(f'{abs(v):03d}')}" for v in values)
    for count in range(1, 22):
        words = " ".join(f"{'- ' * (v < 0)}{' '.join(f'{abs(v):03d}')}" for v in values[:count])
        if re.fullmatch(compact_constants(system), words):
            tensor = parse_constants(words, system)
            assert np.allclose(parse_constants(render_constants(tensor, system), system), tensor)
            return
    pytest.fail(text)


@pytest.mark.parametrize("text", ["2 0 0", "2 0 0 0 5 0 0 8", "- - 2 0 0 0 5 0 0 8 0", ""])
def test_constants_that_are_refused(text):
    with pytest.raises(ParseError):
        parse_constants(text, "Cubic")


def test_an_element_is_one():
    assert parse_element(" Al ") == "Al"
    with pytest.raises(ParseError):
        parse_element("Xx")


def test_the_dialect_teaches_every_task():
    about = About(Material(Composition("Ni3Al"), system="Cubic"))
    known = formats_of("compact-2")
    rows = {
        "tensor": (CUBIC, "2 5 0 0 5 0 0 8 0"),
        SHEAR_MODULUS: (77.2, "0 7 7"),
        "bulk_modulus": (180.0, "1 8 0"),
        "infill": ("AlNi3", "Al"),
    }
    for task, (answer, text) in rows.items():
        question, written = known[task].training_row(about, answer)
        assert written == text
        assert set(question.input.split()) <= set(vocabulary())
        read = known[task].read(written, about)
        if task == "tensor":
            assert np.allclose(read.tensor, CUBIC)
        elif task == "infill":
            assert read == "AlNi3"
        else:
            assert read == round(answer)


def test_generation_can_ask_for_all_of_it():
    asked = MaterialRequest(
        150, number=2, elements=("Ni", "Al"), shear_modulus=70, crystal_system="Cubic"
    )
    question = formats_of("compact-2")["generation"].ask(asked)
    assert question.input == (
        "<s> design bulk 1 5 0 shear 0 7 0 number 2 from Ni Al system Cubic :"
    )
