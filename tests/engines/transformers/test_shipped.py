"""The shipped model through the engine, and settings of loading."""

from __future__ import annotations

import re

import pytest
import torch
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Composition

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.text import compact, patterns
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About, MaterialRequest
from elatbot_flows.text.material import Material
from elatbot_flows.text.question import Question
from engines.tiny_models import make_tiny_llama
from engines.transformers.questions import HOT, tensor_questions, texts


def test_embedded_model_designs():
    """Word-level vocabulary: every answer is a material in the compact format."""
    asked = formats_of("compact-2")[Task.GENERATION]
    engine = TransformersSettings("elatbot-mini", template="raw").start()
    questions = [asked.ask(MaterialRequest(k)) for k in (60.0, 200.0)]
    sampling = Sampling(temperature=1, max_tokens=30, samples=20)
    for answers in texts(engine, questions, sampling):
        assert len(set(answers)) > 15
        for text in answers:
            assert re.fullmatch(patterns.COMPACT_MATERIAL, text)
            assert compact.parse_answer(text).formula


def test_embedded_model_predicts(mini):
    """The greedy answer lies in the distribution that the generator enumerates."""
    asked = formats_of("compact-2")[Task.BULK_MODULUS]
    known = [("NiAl", "Cubic"), ("TiC", "Cubic"), ("MgO", "Cubic"), ("Cu", "Cubic")]
    questions = [
        asked.ask(About(Material(Composition(formula), system=system))) for formula, system in known
    ]
    for guided in (True, False):
        settings = TransformersSettings("elatbot-mini", template="raw", guided=guided)
        answers = texts(settings.start(), questions, Sampling(max_tokens=8))
        moments = mini.predict_bulk_modulus(known)
        for (answer,), (mean, spread) in zip(answers, moments, strict=True):
            assert abs(asked.read(answer, None) - mean) < 2 * spread
    assert settings.start().record.weights_sha256 == mini.info.weights_sha256


def test_settings_round_trip(base):
    import json

    settings = TransformersSettings(base, template="chat", dtype="bfloat16", batch_tokens=99)
    copy = json.loads(json.dumps(settings, cls=MontyEncoder), cls=MontyDecoder)
    assert copy == settings
    assert hash(copy) == hash(settings)
    assert TransformersSettings(base).start() is TransformersSettings(base).start()


def test_precision_is_used(base):
    engine = TransformersSettings(base, dtype="bfloat16", guided=False).start()
    assert engine._model.dtype == torch.bfloat16
    assert engine.record.settings["dtype"] == "bfloat16"
    assert not engine.record.reproducible
    assert texts(engine, tensor_questions(2), HOT)


@pytest.mark.parametrize("quantization", ["8bit", "4bit"])
def test_quantised_weights_answer(quantization, tmp_path):
    pytest.importorskip("bitsandbytes", reason="quantisation needs bitsandbytes")
    # bitsandbytes cuts rows into blocks of 64 numbers.
    folder = make_tiny_llama(tmp_path, hidden=192, layers=1)
    engine = TransformersSettings(str(folder), quantization=quantization).start()
    question = Question("Do it. ", "now", patterns.MODULUS)
    (_, (completion,)) = next(engine.complete([question], Sampling(max_tokens=20)))
    assert re.fullmatch(patterns.MODULUS, completion.text)
    assert engine.record.settings["quantization"] == quantization
    assert not engine.record.reproducible
