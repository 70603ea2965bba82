"""Whatever a model prefers, what it may write is a crystal of the formula asked for."""

from __future__ import annotations

import random
from math import gcd

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff.grammar import WyckoffGrammar
from elatbot_flows.text.wyckoff.words import END, parse, render

ELEMENTS = ("Al", "Ni", "O")
GROUPS = (1, 2, 12, 16, 38, 47, 62, 63, 99, 123, 136, 139, 146, 164, 166, 187, 194, 216, 221, 227)


def written(grammar, choose):
    """Write to the end, each word chosen from those allowed."""
    words = []
    while (allowed := grammar.words()) != [END]:
        assert allowed, (words, grammar)
        words.append(choose(allowed))
        grammar = grammar.push(words[-1])
    assert grammar.push(END).words() == []
    return " ".join(words)


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=3),
    st.sampled_from(GROUPS),
    st.integers(0, 2**32),
)
def test_random_words_sum_to_the_formula(counts, group, seed):
    elements = ELEMENTS[: len(counts)]
    counts = [count // gcd(*counts) for count in counts]
    try:
        grammar = WyckoffGrammar(elements, tuple(counts), most_sites=24, asked=(group,))
    except ParseError:
        return
    found = parse(written(grammar, random.Random(seed).choice))  # noqa: S311
    units = gcd(*found.kind.counts)
    assert found.kind.counts == tuple(units * count for count in counts)
    assert found.elements == elements
    assert found.kind.primitive_sites <= 24
    assert parse(render(found)) == found


def test_a_space_group_that_is_asked_for_is_kept():
    grammar = WyckoffGrammar(("Al", "Ni"), (1, 3), 16, asked=(221,))
    assert grammar.words() == ["sg221"]


def test_first_and_last_letters_are_a_crystal_too():
    for number in (1, 2, 47, 62, 139, 194, 225, 227):
        for choose in (lambda words: words[0], lambda words: words[-1]):
            grammar = WyckoffGrammar(("Al", "Ni"), (1, 2), 36, asked=(number,))
            kind = parse(written(grammar, choose)).kind
            assert kind.counts[1] == 2 * kind.counts[0]


def test_what_no_space_group_holds_is_refused():
    with pytest.raises(ParseError) as error:
        WyckoffGrammar(("Al", "Ni"), (1, 3), most_sites=3, asked=(221,))
    assert error.value.reason == "too_many_sites"
    with pytest.raises(ParseError):  # diamond's cell has places for 2, not for 1 atom
        WyckoffGrammar(("Al",), (1,), most_sites=1, asked=(227,))
