"""Texts about a material read back what they write and refuse everything else."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice, Structure

from elatbot_flows.errors import ParseError, StructureError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text import (
    composition_text,
    element_text,
    literal,
    robocrys_text,
    structure_text,
    temperature_text,
)
from elatbot_flows.text.formula import element_symbols

symbols = st.sampled_from(element_symbols())
compositions = st.dictionaries(
    symbols, st.integers(1, 900).map(lambda n: n / 10), min_size=1, max_size=5
).map(Composition)
nickel_aluminide = Structure(
    Lattice.cubic(3.57),
    ["Al", "Ni", "Ni", "Ni"],
    [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
)
ALUMINIUM = (
    "Al has an electronegativity of 1.61, an ionization energy of 5.986 eV, a bulk modulus of 76.0 "
    "GPa, a Young's modulus of 70.0 GPa, a Poisson's ratio of 0.35, an atomic radius of 1.18 Å. "
)


@pytest.mark.parametrize("symbol", element_symbols())
def test_every_element_is_read_back(symbol):
    sentence = element_text.render_element(element_text.element_facts(symbol))
    read, rest = element_text.parse_elements(sentence + "More.")
    assert rest == "More."
    assert repr(read) == repr((element_text.element_facts(symbol),))


def test_sentence_of_aluminium():
    assert element_text.render_element(element_text.element_facts("Al")) == ALUMINIUM


def test_missing_properties_are_left_out():
    helium, calcium = map(element_text.element_facts, ("He", "Ca"))
    assert "electronegativity of nan" in element_text.render_element(helium)
    assert "bulk modulus" not in element_text.render_element(helium)
    assert "electronegativity of 1.0, " in element_text.render_element(calcium)


def test_composition_text():
    facts = composition_text.describe(nickel_aluminide)
    text = composition_text.render(facts)
    assert text.startswith(
        "The material AlNi3 with a reduced composition of {'Al': 1.0, 'Ni': 3.0} exhibits a "
        "density of 7.411 g/cm^3 and a density per atom of 11.375 g/cm^3. The information about "
    )
    assert composition_text.parse(text) == facts
    assert composition_text.parse_beginning(text + "AlNi3 is")[1] == "AlNi3 is"
    for damaged in (text + "x", text[10:], text.replace("'Al': 1.0", "'Xx': 1.0"), text[:-300]):
        with pytest.raises(ParseError):
            composition_text.parse(damaged)


def test_finite_temperature_text():
    facts = temperature_text.describe(Composition("Al"), "Cubic")
    assert temperature_text.render(facts) == (
        "The material is Al with crystal system cubic and composition ratio {'Al': 100.0} (total "
        "is 100%). The information about the material is as follows. " + ALUMINIUM
    )
    facts = temperature_text.describe(Composition("Ti44Al56"), "Orthorhombic")
    assert facts.crystal_system == "orthorhomabic"
    assert temperature_text.render(facts).startswith("The material is Ti11Al14 with")


@given(compositions, st.sampled_from(CRYSTAL_SYSTEMS))
def test_finite_temperature_round_trip(composition, system):
    facts = temperature_text.describe(composition, system)
    assert repr(temperature_text.parse(temperature_text.render(facts))) == repr(facts)


def test_structure_text_of_any_cell():
    facts = structure_text.describe(nickel_aluminide.make_supercell(2, in_place=False))
    assert facts.formula == "AlNi3"
    assert facts.symmetry == structure_text.SymmetryText("Cubic", "Pm-3m", 221, "m-3m")
    assert len(facts.species) == 4
    assert facts.cell == (3.57, 3.57, 3.57, 90.0, 90.0, 90.0, 45.499293)
    text = structure_text.render(facts)
    assert text.startswith("Information JSON of Material AlNi3:{'material_formula': 'AlNi3', 'sym")
    assert text.endswith(
        "{'species': [{'element': 'Ni', 'occu': 1}], 'xyz': [0.0, 1.785, 1.785]}]}}"
    )
    assert structure_text.parse(text) == facts
    assert facts.structure.matches(nickel_aluminide)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Information", "The", "not_a_structure_text"),
        ("'volume': 45.499293", "'volume': 46.0", "contradictory_cell"),
        ("'a': 3.57", "'a': 3.75", "contradictory_cell"),
        ("'element': 'Al'", "'element': 'Xx'", "unknown_element"),
        ("'occu': 1", "'occu': 0.5", "not_a_structure_text"),
        ("'number': 221", "'number': 231", "not_a_structure_text"),
        ("'number': 221", "'number': [221]", "not_a_structure_text"),
        ("'a': 3.57", "'a': NaN", "not_a_literal"),
        ("'a': 3.57", "'a': 1e999", "not_a_literal"),
        ("'a': 3.57", "'a': 1" + "0" * 400, "not_a_structure_text"),
        ("'a': 3.57", "'a': exit()", "not_a_literal"),
        ("[3.57, 0.0, 0.0]", "[0.0, 0.0, 0.0]", "not_a_structure_text"),
        ("[3.57, 0.0, 0.0]", "[3.57, 0.0]", "not_a_structure_text"),
        ("'xyz'", "'abc'", "not_a_structure_text"),
        ("'lattice'", "'lattices'", "not_a_structure_text"),
    ],
)
def test_structure_text_refuses(old, new, reason):
    text = structure_text.render(structure_text.describe(nickel_aluminide))
    assert old in text
    with pytest.raises(ParseError) as error:
        structure_text.parse(text.replace(old, new))
    assert error.value.reason == reason


@given(st.integers(0, 900), st.sampled_from("'\"[]{},:x0.-e \n"))
def test_damaged_structure_texts_raise_parse_errors(position, character):
    text = structure_text.render(structure_text.describe(nickel_aluminide))
    damaged = text[:position] + character + text[position + 1 :]
    with contextlib.suppress(ParseError):
        assert structure_text.render(structure_text.parse(damaged)) == damaged


PARSERS = (
    composition_text.parse,
    temperature_text.parse,
    structure_text.parse,
    element_text.parse_elements,
    literal.parse_literal,
    literal.parse_amounts,
    literal.parse_number,
)
HEADS = (
    "",
    "Information JSON of Material Al:",
    composition_text.render(composition_text.describe(nickel_aluminide))[:250],
    "The material is Al with crystal system cubic and composition ratio ",
    "Al has an electronegativity of ",
)


@given(st.sampled_from(HEADS), st.text(max_size=60) | st.text("{}[]':,. 0123eAlnafi", max_size=60))
def test_only_parse_errors_escape(head, tail):
    for parse in PARSERS:
        with contextlib.suppress(ParseError):
            parse(head + tail)


@pytest.mark.parametrize("text", ["[" * 100_000, "{'a':" * 100_000, "1" * 100_000])
def test_deep_nesting_is_refused(text):
    for parse in PARSERS:
        with pytest.raises(ParseError):
            parse(text)


@given(st.recursive(st.integers() | st.text("abc") | st.booleans().map(float), st.lists))
def test_literals_are_read_as_python_prints_them(value):
    assert literal.parse_literal(str(value) if not isinstance(value, str) else repr(value)) == value


def test_literals_hold_no_names():
    for text in ("None", "True", "nan", "Infinity", "__import__('os')", "(1,)", "'\\x41'", '"a"'):
        with pytest.raises(ParseError) as error:
            literal.parse_literal(text)
        assert error.value.reason == "not_a_literal"
    assert literal.parse_literal("[]") == json.loads("[]")


def test_amounts_are_positive_and_named_once():
    assert literal.parse_amounts("{'Fe': 1.0, 'B': 1.0}") == {"Fe": 1.0, "B": 1.0}
    for text in ("{}", "[]", "{'Fe': -1.0}", "{'Fe': 1.0, 'Fe': 2.0}", "{'Fe': '1'}", "{'Q': 1.0}"):
        with pytest.raises(ParseError):
            literal.parse_amounts(text)


def test_without_robocrystallographer(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "robocrys", None)
    with pytest.raises(StructureError, match="pip install robocrys") as error:
        robocrys_text.describe(nickel_aluminide)
    assert error.value.reason == "no_robocrys"


def test_words_are_written_as_the_models_learned_them():
    integers = "(np.int64(0), np.int64(0), np.int64(1))"
    new = f"oriented in the {integers} direction. As(1)2.50- and Ta(1)4.50+, 2.5-2.7"
    old = "oriented in the [(0, 0, 1)] direction. As(1)+2.50- and Ta(1)+4.50+, 2.5-2.7"
    assert robocrys_text.as_trained(new) == old
    assert robocrys_text.as_trained(old) == old
