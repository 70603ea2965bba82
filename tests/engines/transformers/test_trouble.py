"""What goes wrong while a model answers, and what is done about it."""

from __future__ import annotations

import re

import pytest
import torch

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.transformers import engine as transformers_engine
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.text import constants_text, patterns
from elatbot_flows.text.question import Question
from engines.transformers.questions import HOT, tensor_questions, texts


def test_bad_questions_leave_others_alone(base):
    engine = TransformersSettings(base).start()
    good = tensor_questions(1, patterns.constants("m-3m"))[0]
    questions = [
        Question("one\ntwo", "three"),
        good,
        Question("Say. ", "word " * 3000),
        Question("Say. ", "it", pattern=r"(?=a)b"),
    ]
    answers = dict(engine.complete(questions, Sampling(max_tokens=100)))
    assert answers[0].reason == "ambiguous"
    assert constants_text.parse(answers[1][0].text, "m-3m").shape == (6, 6)
    assert answers[2].reason == "prompt_too_long"
    assert re.search(r"has \d{4,} tokens .* 100, .* 2048 ", answers[2].message)
    assert answers[3].reason == "pattern_not_supported"
    raw = TransformersSettings(base, template="raw").start()
    ((_, empty),) = raw.complete([Question("", "")], Sampling())
    assert empty.reason == "empty_prompt"


def test_patterns_need_a_package(base, monkeypatch):
    monkeypatch.setattr("elatbot_flows.engines.guides.guides_available", lambda: False)
    engine = TransformersSettings(base, batch_tokens=9000).start()
    free, held = tensor_questions(1)[0], tensor_questions(1, patterns.MATRIX)[0]
    answers = dict(engine.complete([free, held], Sampling(max_tokens=5)))
    assert len(answers[0]) == 1
    assert answers[1].reason == "pattern_not_supported"
    assert "pip install outlines_core" in answers[1].message


@pytest.mark.slow
def test_memory_runs_out(base, monkeypatch):
    """Batches are halved until they fit; a question too large alone fails alone."""
    engine = TransformersSettings(base, guided=False).start()
    questions = tensor_questions(5)
    expected = texts(engine, questions, HOT)
    longest = max(range(5), key=lambda i: len(questions[i].input))
    real, sizes = transformers_engine.write_answers, []

    def small_memory(model, rows, *rest):
        sizes.append(len(rows))
        if len(rows) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(model, rows, *rest)

    def no_memory_for_one(model, rows, *rest):
        if any(row.question == longest for row in rows):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(model, rows, *rest)

    monkeypatch.setattr(transformers_engine, "write_answers", small_memory)
    assert texts(engine, questions, HOT) == expected
    assert sizes == [10, 5, 2, 2, 2, 2, 2]
    monkeypatch.setattr(transformers_engine, "write_answers", no_memory_for_one)
    answers = dict(engine.complete(questions, HOT))
    assert isinstance(answers.pop(longest), Failure)
    assert {k: [c.text for c in v] for k, v in answers.items()} == {
        k: v for k, v in enumerate(expected) if k != longest
    }


def test_other_errors_are_not_hidden(base, monkeypatch):
    def broken(*_):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(transformers_engine, "write_answers", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        list(TransformersSettings(base).start().complete(tensor_questions(1), Sampling()))


def test_weights_that_are_not_numbers(base):
    settings = TransformersSettings(base, guided=False, batch_tokens=7777)
    engine = settings.start()
    with torch.no_grad():
        engine._model.lm_head.weight[3] = float("nan")
    ((_, failure),) = engine.complete(tensor_questions(1), Sampling(max_tokens=3))
    assert failure.reason == "not_finite"
