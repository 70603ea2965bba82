"""Crystals by dialect: how they are asked for, read and taught."""

from __future__ import annotations

import re

import pytest

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import questions
from elatbot_flows.text.crystals.questions import CrystalRequest
from elatbot_flows.text.dialects import find_dialect, formats_of
from elatbot_flows.text.question import Template, write

SALT = CrystalRequest("NaCl", units=4, space_group=225)
NAMES = ["crystal-text-llm", "llamat-json", "crystallm", "crystallm-pi"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("request_", [SALT, CrystalRequest("NaCl", units=4)])
def test_what_a_model_is_taught_is_what_is_read_from_it(rocksalt, same, name, request_):
    asked = formats_of(name)["crystal"]
    question, answer = asked.training_row(request_, rocksalt)
    found = asked.read(answer, request_)
    assert same(rocksalt, found.structure)
    assert found.repairs == ()
    assert found.as_stated()["formula"]
    assert question.pattern is None
    for ending in find_dialect(name).stop:  # an engine leaves it out
        assert asked.read(answer.split(ending)[0], request_).structure == found.structure


def test_what_is_stated_is_what_was_asked_for(rocksalt):
    asked = formats_of("crystal-text-llm")["crystal"]
    found = asked.read(asked.write(rocksalt, SALT), CrystalRequest("KCl", space_group=1))
    assert found.as_stated() == {"formula": False, "space_group": False}


@pytest.mark.parametrize("name", ["crystallm", "crystallm-pi"])
def test_a_beginning_that_is_not_of_the_crystal_is_not_taught(rocksalt, name):
    with pytest.raises(ParseError) as error:
        formats_of(name)["crystal"].training_row(CrystalRequest("KCl"), rocksalt)
    assert error.value.reason == "contradicts_formula"


def test_infilling(rocksalt):
    asked = formats_of("crystal-text-llm")["crystal_infill"]
    text = formats_of("crystal-text-llm")["crystal"].write(rocksalt, SALT)
    question, answer = asked.training_row(questions.mask(text, "Na"), "Na")
    assert re.fullmatch(question.pattern, answer)
    assert not re.fullmatch(question.pattern, "Nx")
    assert questions.parse_infill(write(question, Template.RAW)) == questions.mask(text, "Na")
    found = asked.read(" K\n", questions.mask(text, "Na"))
    assert found.structure.composition.reduced_formula == "KCl"
