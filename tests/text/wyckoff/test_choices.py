"""Whatever a model prefers, what it may write answers what was asked."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.questions import CrystalRequest
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.formats.crystals import CRYSTAL, CRYSTAL_INFILL
from elatbot_flows.text.question import CrystalLimits
from elatbot_flows.text.wyckoff.choices import begin
from elatbot_flows.text.wyckoff.positions import crystal_system
from elatbot_flows.text.wyckoff.questions import fill, mask_element, mask_site
from elatbot_flows.text.wyckoff.words import COLON, END, parse, render

CRYSTALS = (
    "sg221 01 Al @a Ni @b /",
    "sg136 02 Ti @a O @f / 00 64 30",
    "sg62 04 Fe @c B @c / 00 74 00 54 12 18 61 04",
    "sg12 01 Mo @i Al @a Al @i Al @j / 00 41 01 02 01 17 22 71 38 44 20 15 09",
)
SYSTEMS = ("Cubic", "Tetragonal", None)


def written(limits, seed):
    """An answer of random words."""
    choose, grammar, found = random.Random(seed).choice, begin(limits), []  # noqa: S311
    while (allowed := grammar.words()) != [END]:
        assert allowed, (found, grammar)
        found.append(choose(allowed))
        grammar = grammar.push(found[-1])
    assert grammar.push(END).words() == []
    return " ".join(found)


@settings(max_examples=20)
@given(
    st.sets(st.sampled_from(("Al", "Ni", "O", "Ti")), max_size=3),
    st.sampled_from(SYSTEMS),
    st.booleans(),
    st.integers(0, 2**32),
)
def test_random_words_are_a_crystal_as_asked_for(names, system, listed, seed):
    elements = tuple(names) or None
    said = {"elements": elements} if listed else {"allowed": elements, "most_elements": 2}
    request = CrystalRequest(crystal_system=system, most_sites=16, **said)
    known = formats_of("wyckoff-1")[CRYSTAL]
    text = written(known.ask(request).limits, seed)
    formula, _, answer = text.partition(f" {COLON} ")
    found = parse(answer)
    assert formula.split()[::2] == list(found.elements)
    assert [int(word) for word in formula.split()[1::2]] == list(found.kind.formula_counts)
    assert found.kind.primitive_sites <= 16
    assert system in (None, crystal_system(found.kind.spacegroup))
    if elements and listed:
        assert set(found.elements) == names
    elif elements:
        assert set(found.elements) <= names
        assert len(found.elements) <= 2


@pytest.mark.parametrize("text", CRYSTALS)
def test_what_is_masked_comes_back(text):
    crystal = parse(text)
    for element in crystal.elements:
        masked = mask_element(crystal, element)
        assert element not in masked.split()
        assert set(parse(fill(masked, element)).elements) == set(crystal.elements)
        assert written(CrystalLimits(masked, (element, *crystal.elements)), 0) == element
    for place in range(len(crystal.kind.sites)):
        masked = mask_site(crystal, place)
        for seed in range(5):
            filled = parse(fill(masked, written(CrystalLimits(masked), seed)))
            assert filled.kind.counts == crystal.kind.counts


def test_the_order_of_elements_tells_nothing_of_the_masked_one():
    one, other = parse("sg221 01 Al @a Ni @b /"), parse("sg221 01 Zr @a Al @b /")
    assert mask_element(one, "Ni") == mask_element(other, "Zr")


def test_infill_is_a_task_of_the_dialect():
    known, crystal = formats_of("wyckoff-1")[CRYSTAL_INFILL], parse(CRYSTALS[1])
    masked = mask_site(crystal, 1)
    assert known.ask(masked).input == f"<s> {masked}"
    assert known.write("@f 30", masked) == "@f 30"
    assert render(crystal) == fill(masked, "@f 30")
    assert known.read("@f 30", masked).structure.composition.reduced_formula == "TiO2"
    for wrong in ("@f", "@q 30", ""):
        with pytest.raises(ParseError):
            known.read(wrong, masked)


def test_what_nothing_can_answer_is_refused():
    for asked in ("generate Al sg228 :", "generate Cubic sg1 :", "tell me :", "infill Al :"):
        with pytest.raises(ParseError):
            begin(CrystalLimits(asked, most_sites=3))
