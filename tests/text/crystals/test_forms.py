"""Forms are told apart; damaged texts are refused, or are what they say."""

from __future__ import annotations

import csv
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import brackets, cif, forms, json_text, lines
from elatbot_flows.text.crystals.reasons import Reason, refusal

CRYSTAL = Structure.from_spacegroup(
    "P6_3/mmc", Lattice.hexagonal(3.2, 5.2), ["Mg"], [[1 / 3, 2 / 3, 0.25]]
)
TEXTS = {
    "crystal-text-llm": lines.render(CRYSTAL),
    "llamat-json": json_text.render(CRYSTAL),
    "crystallm": cif.render(CRYSTAL),
    "crystallm-pi": brackets.render(CRYSTAL),
}
PIECES = ["\n", " ", ".", "0", "1", "9", "-", "[", "]", "'", "{", "}", "Mg", "hg", "the", "data_"]
PIECES += [
    "loop_",
    "nan",
    "1e9",
    "0.50 0.50 0.50",
    "Mg\n0.10 0.10 0.10",
    "\u0661",
    "\x00",
    "\ud800",
]
edits = st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(PIECES))


def damaged(text, changes):
    for where, length, piece in changes:
        place = int(where * len(text))
        text = text[:place] + piece + text[place + length :]
    return text


def outcome(parse, text, *, tolerant):
    """Return the crystal of a text, or the reason why it is none."""
    try:
        return parse(text, tolerant=tolerant)
    except ParseError as error:
        return error.reason


def test_forms_are_told_apart():
    for name, text in TEXTS.items():
        assert forms.form_of(text) == name
        assert forms.parse_crystal(text).structure.composition.formula == "Mg2"
    with pytest.raises(ParseError) as error:
        forms.parse_crystal("Mg", "poscar")
    assert error.value.reason == "unknown_format"


def test_every_reason_has_a_sentence():
    assert len({str(refusal(reason)) for reason in Reason}) == len(Reason)


@settings(max_examples=100)
@given(st.sampled_from(sorted(TEXTS)), st.lists(edits, min_size=1, max_size=3), st.booleans())
def test_damaged_texts_are_refused_or_are_what_they_say(name, changes, tolerant):
    text = damaged(TEXTS[name], changes)
    read = outcome(forms.FORMS[name], text, tolerant=tolerant)
    if isinstance(read, str):
        assert read in set(Reason)
        return
    assert read.structure.is_ordered
    assert set(read.structure.symbol_set) <= set(re.findall("[A-Z][a-z]?", text))
    assert len(read.structure.get_neighbor_list(0.5)[3]) == 0
    if not tolerant:
        assert read.repairs == ()


@settings(max_examples=40)
@given(st.sampled_from(sorted(TEXTS)), st.text(max_size=100) | st.lists(
    st.sampled_from(PIECES), max_size=40).map("".join))  # fmt: skip
def test_any_text_is_refused(name, text):
    with pytest.raises(ParseError):
        forms.FORMS[name](text, tolerant=True)


def test_published_failures_have_reasons(shared):
    """193 texts of LLaMat-2 that its own reader gave up."""
    with (shared / "data/peers/llamat2_9046_parsed_failed.csv").open(newline="") as file:
        texts = [row["original_gen_str"] for row in csv.DictReader(file)]
    found = Counter()
    for text in texts:
        read = outcome(lines.parse, text, tolerant=True)
        found[read if isinstance(read, str) else read.repairs] += 1
    no_crystal = {
        "no_cell": 153,
        "no_lengths": 34,
        "unknown_format": 2,
        "cut_off": 1,
        "ambiguous": 1,
    }
    assert found == {**no_crystal, ("leading_text",): 2}
