"""CIFs of CrystaLLM-pi."""

from __future__ import annotations

import pytest

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import brackets
from elatbot_flows.text.crystals.questions import CrystalRequest

SALT = CrystalRequest("NaCl", units=4, space_group=225)


@pytest.mark.parametrize("symmetry", [True, False])
@pytest.mark.parametrize("conditions", [None, (0.45, None)])
def test_crystals_come_back(crystals, same, symmetry, conditions):
    for crystal in crystals:
        text = brackets.render(crystal, conditions, symmetry=symmetry)
        read = brackets.parse(text)
        assert same(crystal, read.structure)
        assert read.repairs == ()


@pytest.mark.parametrize("level", [1, 2, 3, 4])
@pytest.mark.parametrize("conditions", [None, (0.45, 1.0)])
def test_texts_begin_as_prompts_do(rocksalt, level, conditions):
    text = brackets.render(rocksalt, conditions)
    prompt = brackets.render_prompt(SALT, conditions, level=level)
    assert text.startswith(prompt)
    assert len(prompt) > len("<bos>\n")


def test_prompts_give_away_what_is_asked_for():
    assert brackets.render_prompt(CrystalRequest()) == "<bos>\ndata_["
    assert brackets.render_prompt(CrystalRequest("NaCl")) == "<bos>\ndata_[Na1Cl1]\n"
    assert brackets.render_prompt(SALT).endswith("_H-M [Fm-3m]\n")
    with pytest.raises(ParseError):
        brackets.render_prompt(CrystalRequest(), level=2)
    with pytest.raises(ParseError):
        brackets.render_prompt(CrystalRequest("NaCl"), level=4)


def test_brackets_and_ends_may_be_missing(rocksalt, same):
    text = brackets.render(rocksalt)
    for changed in (
        text.removesuffix("\n<eos>"),
        text.removeprefix("<bos>\n"),
        text.replace("[5.6400]", "5.6400"),
        text.replace("]\n<eos>", "<eos>"),
    ):
        read = brackets.parse(changed, tolerant=True)
        assert "brackets" in read.repairs
        assert same(rocksalt, read.structure)
        with pytest.raises(ParseError) as error:
            brackets.parse(changed)
        assert error.value.reason in ("cut_off", "other_form")


def test_every_shortened_text_is_refused(omega):
    text = brackets.render(omega)
    for end in range(len(text)):
        with pytest.raises(ParseError):
            brackets.parse(text[:end])
    for end in range(text.index("  1\n]")):
        with pytest.raises(ParseError):
            brackets.parse(text[:end], tolerant=True)


def test_what_follows_the_end_is_told(rocksalt):
    text = brackets.render(rocksalt) + "\n<pad>"
    assert "surrounding_text" in brackets.parse(text, tolerant=True).repairs
    with pytest.raises(ParseError) as error:
        brackets.parse(text)
    assert error.value.reason == "other_text"
