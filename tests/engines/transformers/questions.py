"""Questions that the tests of this engine share."""

from __future__ import annotations

from elatbot_flows.engines.base import Sampling
from elatbot_flows.text.question import Question
from engines.tiny_models import crystals, prompt_for

HOT = Sampling(temperature=1.0, top_p=0.95, samples=2, max_tokens=40, seed=5)


def tensor_questions(count=5, pattern=None):
    """Questions of different lengths."""
    prompts = [prompt_for(s, sentences=1 + i % 3) for i, s in enumerate(crystals(count))]
    return [Question(p.instruction, p.input, pattern) for p in prompts]


def texts(engine, questions, sampling):
    answers = dict(engine.complete(questions, sampling))
    assert sorted(answers) == list(range(len(questions)))
    return [[c.text for c in answers[place]] for place in range(len(questions))]
