"""What dialects ask for can be written, and what they read is what they asked for."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from pymatgen.core import Composition, Lattice, Structure, SymmOp

from elatbot_flows.errors import ParseError, StructureError, TargetError
from elatbot_flows.text import (
    compact,
    compact_questions,
    elatbot_prompts,
    formats,
    patterns,
    structure_text,
    wire,
)
from elatbot_flows.text import dialects as dialect_module
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.dialects import dialects, find_dialect, formats_of
from elatbot_flows.text.elatbot_prompts import Prompt, Task
from elatbot_flows.text.format import About, MaterialRequest
from elatbot_flows.text.formats.crystals import CrystalDialect
from elatbot_flows.text.material import Material
from elatbot_flows.text.question import Question, Template, messages, write
from text.asking import ask, wish


@pytest.mark.parametrize("task", [t for t in Task if t not in (Task.GENERATION, Task.INFILL)])
def test_elatbot_asks_what_its_parser_recognises(material, task):
    question = ask("elatbot", task, material)
    found = elatbot_prompts.parse(Prompt(question.instruction, question.input))
    assert found == (task, 0.0)


@pytest.mark.parametrize("task", [Task.TENSOR, Task.BULK_MODULUS])
def test_a_temperature_needs_no_crystal(task):
    question = ask("elatbot", task, Material(Composition("Ni3Al"), system="Cubic"), 300.0)
    assert "at 300K temperature" in question.instruction
    assert elatbot_prompts.parse(Prompt(question.instruction, question.input)) == (task, 300.0)


def test_only_two_tasks_state_a_temperature(material):
    with pytest.raises(ParseError) as error:
        ask("elatbot", Task.TENSOR_FROM_WORDS, material, 300.0)
    assert error.value.reason == "wrong_temperature"


def test_a_question_at_0_k_needs_a_crystal():
    with pytest.raises(StructureError) as error:
        ask("elatbot", Task.TENSOR, Material(Composition("Ni3Al"), system="Cubic"))
    assert error.value.reason == "no_structure"


def test_a_disordered_crystal_is_refused(l12):
    l12 = l12.copy()
    l12.replace(0, {"Al": 0.5, "Ti": 0.5})
    with pytest.raises(StructureError, match="order them") as error:
        Material.from_structure(l12)
    assert error.value.reason == "disordered"


def test_any_cell_is_shown_as_the_conventional_one():
    """Materials Project and atomate2 often give primitive cells."""
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    turned = copper.copy()
    turned.apply_operation(SymmOp.from_axis_angle_and_translation([1, 2, 3], 40))
    shown = [
        ask("elatbot", Task.TENSOR_FROM_STRUCTURE, Material.from_structure(cell)).input
        for cell in (copper, copper.get_primitive_structure(), copper * (2, 1, 1), turned)
    ]
    facts = structure_text.parse(shown[0])
    assert facts.cell[3:6] == (90.0, 90.0, 90.0)
    assert len(facts.species) == 4
    for text in shown[1:]:
        again = structure_text.parse(text)
        assert again.cell == pytest.approx(facts.cell, abs=1e-5)
        assert np.allclose(again.matrix, facts.matrix, rtol=0, atol=1e-5)
        assert np.allclose(sorted(again.xyz), sorted(facts.xyz), rtol=0, atol=1e-5)


def test_coordinates_of_a_conventional_cell_are_shown_as_they_were_given():
    moved = Structure(Lattice.cubic(3.0), ["Ni", "Al"], [[0.1, 0, 0], [0.6, 0.5, 0.5]])
    facts = structure_text.describe(moved)
    assert facts.species == ("Ni", "Al")
    assert facts.xyz[0] == (0.3, 0.0, 0.0)


def test_the_compact_dialect_asks_in_the_words_of_the_embedded_model(material):
    question = ask("compact-2", Task.BULK_MODULUS, material)
    text = write(question, find_dialect("compact-2").template)
    assert text == "<s> predict Al Ni 3 , Cubic :"
    assert compact_questions.parse_predict(text.removeprefix("<s> ")) == compact.Proposal(
        "AlNi3", "Cubic"
    )
    asked = wish("compact-2", 160.0, shear_modulus=70.0)
    design = compact.parse_design(asked.input.removeprefix("<s> "))
    assert design == compact.Condition(bulk_modulus=160.0, shear_modulus=70.0)


def test_the_compact_dialect_says_what_it_cannot(material):
    assert sorted(formats_of("compact-2")) == [
        *(Task.BULK_MODULUS, Task.GENERATION, Task.INFILL),
        *("shear_modulus", Task.TENSOR),
    ]
    assert " at 0 3 0 0 " in ask("compact-2", Task.BULK_MODULUS, material, 300.0).input
    with pytest.raises(ParseError) as error:
        ask("compact-2", Task.INFILL, material, 300.0)
    assert error.value.reason == "wrong_temperature"


def test_only_the_compact_dialect_can_leave_the_bulk_modulus_open():
    asked = wish("compact-2", None, number=2, elements=("Ni", "Al"))
    design = compact.parse_design(asked.input.removeprefix("<s> "))
    assert design == compact.Condition(number=2, elements=("Ni", "Al"))
    with pytest.raises(TargetError, match="one bound at least"):
        wish("elatbot", None)


def test_an_unknown_dialect_is_named_with_those_there_are():
    with pytest.raises(ParseError, match="elatbot-constants"):
        find_dialect("llama")


def request_of(asked, material):
    return MaterialRequest(160.0) if asked.gives == "material" else About(material)


ANSWERS = {
    "tensor": np.diag([230.0, 230, 230, 120, 120, 120]) + np.pad(150 * (1 - np.eye(3)), (0, 3)),
    "modulus": 177.0,
    "shear_modulus": 77.0,
    "formula": "AlNi3",
    "material": Proposal("AlNi3", "Cubic"),
}


OF_CRYSTALS = [name for name, known in dialects().items() if isinstance(known, CrystalDialect)]
OF_PROPERTIES = [name for name in dialects() if name not in (*OF_CRYSTALS, "wyckoff-1")]


@pytest.mark.parametrize(
    ("name", "task"), [(name, task) for name in OF_PROPERTIES for task in formats_of(name)]
)
def test_what_a_model_is_taught_is_what_is_read_from_it(material, name, task):
    asked = formats_of(name)[task]
    request = request_of(asked, material)
    question, text = asked.training_row(request, ANSWERS[asked.gives])
    assert question == asked.ask(request)
    assert re.fullmatch(question.pattern, text)
    found = asked.read(text, request)
    if asked.gives == "tensor":
        assert found.tensor.tolist() == ANSWERS["tensor"].tolist()
        assert found.repairs == ()
    else:
        assert found == ANSWERS[asked.gives]


@pytest.mark.parametrize("name", OF_PROPERTIES)
def test_one_task_is_asked_by_default_for_elasticity(name):
    (preferred,) = [each for each in formats_of(name).values() if each.preferred]
    assert preferred.gives in ("tensor", "modulus")


@pytest.mark.parametrize("name", OF_CRYSTALS)
def test_dialects_of_crystals_are_asked_for_nothing_else(name):
    assert {found.gives for found in formats_of(name).values()} == {"structure"}
    assert not any(found.preferred for found in formats_of(name).values())


def test_every_task_of_elatbot_has_a_format():
    assert set(formats_of("elatbot")) == set(Task)


CIF = """
from pymatgen.core import Structure

from elatbot_flows.text.format import Dialect, Format
from elatbot_flows.text.question import Question, Template

DIALECTS = (Dialect("cif", Template.RAW),)


class Crystals(Format):
    gives = "structure"
    max_tokens = 2000
    task = "crystal"

    def ask(self, request):
        return Question("", f"data_{request.elements[0]}")

    def read(self, text, request):
        return Structure.from_str(text, fmt="cif")

    def write(self, answer, request):
        return answer.to(fmt="cif")


def formats(dialect):
    return (Crystals(),) if dialect in DIALECTS else ()
"""


def test_a_dialect_that_writes_crystals_is_one_module(tmp_path, monkeypatch, l12):
    (tmp_path / "cif.py").write_text(CIF)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    caches = [dialect_module._modules, dialects, formats_of]
    for cache in caches:
        cache.cache_clear()
    try:
        (crystals,) = formats_of("cif").values()
        question, text = crystals.training_row(MaterialRequest(None, elements=("Ni",)), l12)
        assert question.input == "data_Ni"
        assert crystals.read(text, None).composition == l12.composition
        assert "crystal" not in formats_of("elatbot")
    finally:
        sys.modules.pop("elatbot_flows.text.formats.cif", None)
        for cache in caches:
            cache.cache_clear()


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
