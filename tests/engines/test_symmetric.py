"""Matrices written row by row are symmetric, whatever the model wants to write."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest

from elatbot_flows.documents import TextModelRecord
from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.symmetric import SymmetricMatrices
from elatbot_flows.text import patterns, tensor_text
from elatbot_flows.text.question import Question


class Numbers:
    """Writes as many numbers as are asked for, different for each prompt, seed and sample."""

    record = TextModelRecord(engine="numbers", engine_version="1", name="numbers", template="raw")

    def __init__(self, refuse=(), short=()):
        self.refuse, self.short, self.calls = refuse, short, 0

    def complete(self, questions, sampling):
        for i, question in reversed(list(enumerate(questions))):
            self.calls += 1
            if question.input in self.refuse:
                yield i, Failure("prompt_too_long", "shorten it")
            else:
                yield (
                    i,
                    [self.answer(question, sampling, index) for index in range(sampling.samples)],
                )

    def answer(self, question, sampling, index):
        key = f"{sampling.seed} {index} {question.input} {question.prefix}".encode()
        rng = np.random.default_rng(list(hashlib.sha256(key).digest()))
        size = question.pattern.count(patterns.NUMBER)
        begin, _, rest = question.pattern.partition(patterns.NUMBER)
        end = rest.rpartition(patterns.NUMBER)[2] if size > 1 else rest
        begin, end = (text.replace("\\", "") for text in (begin, end))
        numbers = begin + ", ".join(str(x) for x in np.round(rng.uniform(-99, 999, size), 1))
        text = numbers if question.input in self.short else numbers + end
        settings = {"temperature": sampling.temperature, "index": index}
        return Completion(text, "numbers", question.input, sampling.seed, settings, 3, size)


def ask(engine, names, sampling):
    questions = [Question("", name, patterns.MATRIX) for name in names]
    return dict(SymmetricMatrices(engine).complete(questions, sampling))


def test_every_answer_is_a_symmetric_matrix():
    results = ask(Numbers(), ["a", "b"], Sampling(temperature=1.0, samples=3, seed=4))
    texts = [c.text for i in (0, 1) for c in results[i]]
    tensors = [tensor_text.parse(text) for text in texts]
    assert len({t.tobytes() for t in tensors}) == 6
    assert all(re.fullmatch(patterns.MATRIX, text) for text in texts)
    assert [c.sampling["index"] for c in results[0]] == [0, 1, 2]
    assert {c.completion_tokens for c in results[0]} == {21}
    assert {c.seed for c in results[1]} == {4}


def test_an_entry_is_repeated_as_it_was_written():
    (completion,) = ask(Numbers(), ["a"], Sampling())[0]
    rows = [row.split(", ") for row in re.findall(r"\[([^\[\]]*)\]", completion.text)]
    assert all(rows[i][j] == rows[j][i] for i in range(6) for j in range(6))


def test_rows_begin_and_end_where_tokens_do():
    """Llama 2 has one token for ``],`` and one for a blank with a minus."""
    asked = []

    class Noted(Numbers):
        def answer(self, question, sampling, index):
            asked.append(question)
            return super().answer(question, sampling, index)

    ask(Noted(), ["a"], Sampling())
    assert asked[0].prefix == ""
    assert all(q.prefix.endswith(",") for q in asked[1:])
    assert all(q.pattern.endswith(r"\],") for q in asked[:5])
    assert all(q.pattern.startswith(" ") for q in asked[1:])


def test_one_failure_leaves_the_others_alone():
    engine = Numbers(refuse=("b",), short=("c",))
    results = ask(engine, ["a", "b", "c", "d"], Sampling())
    assert results[1] == Failure("prompt_too_long", "shorten it")
    assert results[2].reason == "pattern_not_matched"
    assert tensor_text.parse(results[0][0].text).shape == (6, 6)
    assert tensor_text.parse(results[3][0].text).shape == (6, 6)
    assert engine.calls == 14  # six rows of two, and one each of the failed


def test_other_questions_go_through():
    questions = [
        Question("", "x", patterns.NUMBER),
        Question("", "y", patterns.MATRIX),
        Question("", "z", patterns.NUMBER),
    ]
    results = dict(SymmetricMatrices(Numbers()).complete(questions, Sampling()))
    assert set(results) == {0, 1, 2}
    assert re.fullmatch(patterns.NUMBER, results[0][0].text)


def test_it_says_so_in_its_record():
    assert SymmetricMatrices(Numbers()).record.settings == {"symmetric_matrices": True}


@pytest.mark.parametrize("samples", [1, 3])
def test_same_seed_same_matrices(samples):
    sampling = Sampling(temperature=1.0, samples=samples, seed=2)
    first, second = (ask(Numbers(), ["a", "b"], sampling) for _ in range(2))
    assert first == second
