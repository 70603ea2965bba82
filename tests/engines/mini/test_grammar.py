"""Whatever is picked among the allowed words, the answer can be read and obeys its limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.engines.mini.grammar import MOST_ATOMS, MaterialGrammar
from elatbot_flows.engines.mini.sampler import LONGEST_ANSWER
from elatbot_flows.errors import GeneratorError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import END, PAD, parse_answer, vocabulary
from elatbot_flows.text.formula import element_symbols


@st.composite
def tasks(draw):
    elements = draw(st.lists(st.sampled_from(element_symbols()), min_size=1, unique=True))
    number = draw(st.integers(1, min(9, len(elements))))
    systems = draw(st.lists(st.sampled_from(CRYSTAL_SYSTEMS), min_size=1, unique=True))
    return elements, number, systems, draw(st.integers(number, 50))


@given(tasks(), st.data())
def test_every_path_ends_in_a_readable_answer(task, data):
    elements, number, systems, most_atoms = task
    grammar = MaterialGrammar(elements, number, systems, most_atoms)
    written = []
    while not grammar.done:
        words = grammar.words()
        assert words
        assert set(words) <= set(vocabulary())
        written.append(data.draw(st.sampled_from(words)))
        grammar.push(written[-1])
        assert len(written) <= LONGEST_ANSWER
    assert written.pop() == END
    assert grammar.words() == [PAD]
    proposal = parse_answer(" ".join(written))
    used = [word for word in written if word in element_symbols()]
    assert len(used) == number
    assert set(used) <= set(elements)
    assert proposal.crystal_system in systems
    assert atoms(written) <= min(most_atoms, MOST_ATOMS)
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
    grammar = MaterialGrammar(("Ni", "Al"), 2, ("Cubic",))
    assert grammar.words() == ["Al", "Ni"]
    grammar.push("Ni")
    assert grammar.words() == [*"123456789", "Al"]
    grammar.push("3")
    assert grammar.words() == [*"0123456789", "Al"]
    grammar.push("9")
    assert grammar.words() == ["Al"]
    grammar.push("Al")
    assert grammar.words() == [","]
    grammar.push(",")
    assert grammar.words() == ["Cubic"]


@pytest.mark.parametrize(("elements", "number", "systems"), [("W", 2, ("Cubic",)), ("W", 1, ())])
def test_impossible_tasks_are_refused(elements, number, systems):
    with pytest.raises(GeneratorError, match="allow more elements"):
        MaterialGrammar(elements, number, systems)
