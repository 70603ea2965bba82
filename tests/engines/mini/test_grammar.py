"""Whatever is picked among the allowed words, the answer can be read and obeys its limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.engines.mini.grammar import MOST_ATOMS, MaterialGrammar, MaterialIndex
from elatbot_flows.errors import GeneratorError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import END, parse_answer, vocabulary
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.question import Limits

LONGEST_ANSWER = 30
"""Nine elements with two digits each, separator, system, end."""


@st.composite
def tasks(draw):
    elements = draw(st.lists(st.sampled_from(element_symbols()), min_size=1, unique=True))
    number = draw(st.integers(1, min(9, len(elements))))
    return Limits(elements, number, draw(st.integers(number, 50)))


@given(tasks(), st.data())
def test_every_path_ends_in_a_readable_answer(limits, data):
    grammar = MaterialGrammar.begin(limits)
    written = []
    while not grammar.done:
        words = grammar.words()
        assert words
        assert set(words) <= set(vocabulary())
        written.append(data.draw(st.sampled_from(words)))
        grammar = grammar.push(written[-1])
        assert len(written) <= LONGEST_ANSWER
    assert written.pop() == END
    assert grammar.words() == []
    proposal = parse_answer(" ".join(written))
    used = [word for word in written if word in element_symbols()]
    assert len(used) == limits.number
    assert set(used) <= set(limits.elements)
    assert proposal.crystal_system in CRYSTAL_SYSTEMS
    assert atoms(written) <= min(limits.most_atoms, MOST_ATOMS)
    assert not any(
        word == "1" and not after.isdigit() and not before.isdigit()
        for before, word, after in zip(written, written[1:], written[2:], strict=False)
    )


def atoms(words):
    counts = []
    for word in words[:-2]:
        if word.isdigit():
            counts[-1] += word
        else:
            counts.append("")
    return sum(int(count or "1") for count in counts)


def test_words_step_by_step():
    grammar = MaterialGrammar.begin(Limits(("Ni", "Al"), 2, 40))
    steps = [
        ("Ni", ["Al", "Ni"]),
        ("3", [*"123456789", "Al"]),
        ("9", [*"0123456789", "Al"]),
        ("Al", ["Al"]),
        (",", [","]),
        ("Cubic", list(CRYSTAL_SYSTEMS)),
        (END, [END]),
    ]
    for word, before in steps:
        assert grammar.words() == before
        grammar = grammar.push(word)
    assert grammar.done


@pytest.mark.parametrize("limits", [Limits(("W",), 2, 40), Limits(("W", "C"), 2, 1)])
def test_impossible_tasks_are_refused(limits):
    with pytest.raises(GeneratorError, match="allow more elements"):
        MaterialGrammar.begin(limits)


def test_the_automaton_walks_the_grammar():
    ids = {word: number for number, word in enumerate(vocabulary())}
    index = MaterialIndex(Limits(("Ni", "Al"), 2, 4), ids)
    state = index.get_initial_state()
    for word in ("Ni", "3", "Al", ",", "Cubic", END):
        allowed = index.get_allowed_tokens(state)
        assert ids[word] in allowed
        assert len(set(allowed)) == len(allowed) < 10
        following = index.get_next_state(state, ids[word])
        assert following == index.get_next_state(state, ids[word])
        state = following
    assert index.get_allowed_tokens(state) == []
