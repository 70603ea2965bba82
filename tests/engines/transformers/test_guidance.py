"""Classifier-free guidance: answers follow what is wanted more closely than they were taught."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.sampled import refuse_guidance
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.errors import EngineError
from elatbot_flows.targets import DesignTarget, Interval
from elatbot_flows.text.compact import END, vocabulary
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import MaterialRequest
from elatbot_flows.text.question import Template
from scripted_engine import ScriptedSettings

MINI = text_model("elatbot-mini")
ASKED = formats_of("compact-2")[Task.GENERATION]
WARM = Sampling(temperature=1.0, max_tokens=24, samples=8)
REQUESTS = [MaterialRequest(60.0), MaterialRequest(200.0, number=3, shear_modulus=90.0)]


def written(questions, sampling, guided=True):
    engine = TransformersSettings("elatbot-mini", template="raw", guided=guided).start()
    answers = dict(engine.complete(questions, sampling))
    return [[each.text for each in answers[place]] for place in range(len(questions))]


def test_the_unconditional_question_leaves_out_the_moduli_alone():
    question = ASKED.ask(MaterialRequest(160.0, number=2, elements=("Ni", "Al"), shear_modulus=7))
    assert question.input == "<s> design bulk 1 6 0 shear 0 0 7 number 2 from Ni Al :"
    assert question.unconditional == "<s> design number 2 from Ni Al :"


def test_hardly_any_guidance_draws_what_none_draws():
    questions = [ASKED.ask(request) for request in REQUESTS]
    assert written(questions, replace(WARM, guidance=1e-12)) == written(questions, WARM)


def test_guidance_has_nothing_to_add_where_nothing_is_left_out():
    same = [replace(q, unconditional=q.input) for q in map(ASKED.ask, REQUESTS)]
    assert written(same, replace(WARM, guidance=3.0)) == written(same, WARM)


def test_scores_are_weighed_as_documented():
    """The likeliest words against those of two plain readings for every word."""
    words, question = vocabulary(), ASKED.ask(REQUESTS[1])
    engine = TransformersSettings("elatbot-mini", template="raw", guided=False).start()
    model, answer = engine.weights(), []
    while answer[-1:] != [words.index(END)]:
        scores = []
        for text in (question.input, question.unconditional):
            tokens = [words.index(word) for word in text.split()] + answer
            with torch.inference_mode():
                scores.append(model(torch.tensor([tokens])).logits[0, -1].double())
        answer.append(int((3.5 * scores[0] - 2.5 * scores[1]).argmax()))
    plain = replace(question, limits=None, pattern=None)
    ((found,),) = written([plain], Sampling(guidance=2.5, max_tokens=24), guided=False)
    assert found.split() == [words[token] for token in answer[:-1]]


def test_materials_follow_the_modulus_more_closely_and_obey_their_limits():
    target = DesignTarget(Interval(60, 60), excluded_elements=("O",), max_sites=9)
    away = []
    for guidance in (0.0, 3.0):
        drawn = draw_materials(MINI, target, 100, seed=0, temperature=1.0, guidance=guidance)
        assert {one.reason for one in drawn} == {None}
        assert {one.completion.sampling["guidance"] for one in drawn} == {guidance}
        pairs = [(one.formula, one.crystal_system) for one in drawn]
        away.append(np.mean([abs(k - 60) for k, _ in MINI.expected_moduli(pairs)]))
    assert away[1] < 0.7 * away[0]


def test_the_dialect_is_guided_by_default_where_the_engine_can():
    assert MINI.sampling(Task.GENERATION).guidance == ASKED.boldness["guidance"]
    assert MINI.sampling(Task.GENERATION, guidance=0.0).guidance == 0
    assert MINI.sampling(Task.BULK_MODULUS).guidance == 0
    elsewhere = TextModel(ScriptedSettings(template=Template.RAW), "compact-2")
    assert elsewhere.sampling(Task.GENERATION).guidance == 0
    with pytest.raises(EngineError, match="under guidance, which takes"):
        elsewhere.sampling(Task.GENERATION, guidance=1.0)
    with pytest.raises(EngineError, match="under guidance, which takes"):
        MINI.sampling(Task.BULK_MODULUS, guidance=1.0)


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_guidance_is_a_number_from_0_on(wrong):
    with pytest.raises(EngineError, match="guidance >= 0"):
        Sampling(guidance=wrong)


def test_what_cannot_be_guided_is_refused():
    question = replace(ASKED.ask(REQUESTS[0]), unconditional=None)
    engine = TransformersSettings("elatbot-mini", template="raw").start()
    ((_, failure),) = engine.complete([question], Sampling(guidance=1.0, max_tokens=24))
    assert isinstance(failure, Failure)
    assert failure.reason == "guidance_not_supported"
    with pytest.raises(EngineError, match="set guidance to 0"):
        refuse_guidance(Sampling(guidance=1.0))
    refuse_guidance(Sampling())
