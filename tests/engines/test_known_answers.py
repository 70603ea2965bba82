"""A model that knows its answers gives them held to their format or not, in every engine.

The tokenizer is that of Llama 2 where the reference data are at hand, else one of its kind. What
vLLM writes in process and behind its server is in vllm/test_known_answers.py.
"""

from __future__ import annotations

import pytest

from elatbot_flows.engines.transformers.engine import TransformersSettings
from engines.lessons import EACH, answers, count_right, lessons, other_lessons

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def free(knowing_model):
    return answers(TransformersSettings(knowing_model).start(), lessons(), guided=False)


def test_the_model_knows_its_lessons(free):
    assert count_right(lessons(), free) == {lesson.kind: EACH for lesson in lessons()}


def test_a_format_spoils_no_answer(knowing_model, free):
    held = answers(TransformersSettings(knowing_model).start(), lessons(), guided=True)
    assert held == free


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("guided", [True, False])
def test_an_adapter_says_what_it_learned(knowing_model, knowing_adapter, merged, guided):
    settings = TransformersSettings(knowing_model, knowing_adapter, merge_adapter=merged)
    texts = answers(settings.start(), other_lessons(), guided=guided)
    assert texts == [lesson.row()[1] for lesson in other_lessons()]
