"""Perplexities are those of the model's own arithmetic, and of models in this process alone."""

from __future__ import annotations

import pytest
import torch

from elatbot_flows.engines.likelihood import perplexities
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import EngineError
from elatbot_flows.text.dialects import formats_of
from engines.nano_gpt import LESSONS, converted, make_tokenizer, random_weights, scores
from scripted_engine import scripted

ASKED = formats_of("crystallm")["crystal"]
PAIRS = [ASKED.training_row(*lesson) for lesson in LESSONS]


def test_perplexities_are_those_of_the_model(tmp_path):
    weights, tokenizer = random_weights(), make_tokenizer(640)
    model = text_model(str(converted(tmp_path, weights)))
    found = perplexities(model, PAIRS)
    for value, (question, answer) in zip(found, PAIRS, strict=True):
        begin, whole = (
            tokenizer(text, return_tensors="pt").input_ids
            for text in (question.input, question.input + answer)
        )
        told = scores(weights, whole)[0, :-1].log_softmax(-1)
        each = told.gather(1, whole[0, 1:, None])[begin.shape[1] - 1 :]
        assert value == pytest.approx(float(torch.exp(-each.mean())), rel=1e-4)
    with pytest.raises(EngineError, match="the model reads 640"):
        perplexities(model, [(PAIRS[0][0], PAIRS[0][1] * 3)])


def test_models_elsewhere_tell_none():
    with pytest.raises(EngineError, match="engine 'transformers'"):
        perplexities(scripted(), PAIRS)
