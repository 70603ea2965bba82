"""The engine on real models: a random Llama and the embedded one, through the same code."""

from __future__ import annotations

import re

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, MistralConfig, MistralForCausalLM

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.errors import ParseError
from elatbot_flows.text import compact, constants_text, patterns, tensor_text
from elatbot_flows.text.question import Question, Template, write
from engines.tiny_models import make_tokenizer
from engines.transformers.questions import HOT, tensor_questions, texts


@pytest.mark.parametrize("guided", [True, False])
def test_batches_do_not_matter(base, guided):
    """A sample depends on its seed, question and place alone."""
    questions = tensor_questions(pattern=patterns.constants("m-3m"))
    whole, small, single = (
        texts(TransformersSettings(base, guided=guided, batch_tokens=n).start(), questions, HOT)
        for n in (100_000, 1500, 1)
    )
    assert whole == small == single
    assert whole[0][0] != whole[0][1]
    assert len({answers[0] for answers in whole}) == len(questions)
    engine = TransformersSettings(base, guided=guided).start()
    assert texts(engine, questions[3:], HOT) == whole[3:]
    assert texts(engine, questions[:1], Sampling(temperature=1, seed=6, max_tokens=40)) != whole[:1]


@pytest.mark.parametrize("with_adapter", [True, False])
def test_greedy_is_what_generate_gives(base, adapter, with_adapter):
    questions = tensor_questions()
    settings = TransformersSettings(base, adapter=adapter if with_adapter else None, guided=False)
    answers = texts(settings.start(), questions, Sampling(max_tokens=25))
    model = AutoModelForCausalLM.from_pretrained(base)
    if with_adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter)
    tokenizer = AutoTokenizer.from_pretrained(base)
    for question, (answer,) in zip(questions, answers, strict=True):
        text = write(question, Template.ELATBOT)
        inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        tokens = model.generate(
            inputs["input_ids"], do_sample=False, max_new_tokens=25, pad_token_id=0
        )
        new = tokens[0, inputs["input_ids"].shape[1] :]
        assert answer == tokenizer.decode(new, skip_special_tokens=True)


def test_attention_to_a_window(tmp_path):
    """Models that see only the latest tokens go another way through the cache."""
    tokenizer = make_tokenizer(tmp_path)
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        sliding_window=24,
        max_position_embeddings=2048,
        initializer_range=0.15,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = MistralForCausalLM(config).eval()
    model.save_pretrained(tmp_path)
    questions = tensor_questions()
    engine = TransformersSettings(str(tmp_path), guided=False).start()
    answers = texts(engine, questions, Sampling(max_tokens=30))
    for question, (answer,) in zip(questions, answers, strict=True):
        text = write(question, Template.ELATBOT)
        inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        tokens = model.generate(inputs, do_sample=False, max_new_tokens=30, pad_token_id=0)
        assert answer == tokenizer.decode(tokens[0, inputs.shape[1] :], skip_special_tokens=True)
    alone = TransformersSettings(str(tmp_path), guided=False, batch_tokens=1).start()
    assert texts(engine, questions, HOT) == texts(alone, questions, HOT)


def test_sampling_follows_the_model(base):
    """First tokens come as often as the probabilities of the model say."""
    (question,) = tensor_questions(1)
    engine = TransformersSettings(base, guided=False).start()
    sampling = Sampling(temperature=0.7, top_k=3, samples=2000, max_tokens=1)
    (answers,) = texts(engine, [question], sampling)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    inputs = tokenizer(
        write(question, Template.ELATBOT), return_tensors="pt", add_special_tokens=False
    )
    with torch.no_grad():
        scores = model(inputs["input_ids"]).logits[0, -1]
    best = (scores / 0.7).topk(3)
    for token, share in zip(best.indices, best.values.softmax(0), strict=True):
        expected = float(share)
        found = answers.count(tokenizer.decode(token)) / len(answers)
        assert found == pytest.approx(expected, abs=4 * (expected / len(answers)) ** 0.5)


def test_adapter_changes_answers_merged_or_not(base, adapter):
    questions = tensor_questions(3)
    plain, merged, separate = (
        texts(TransformersSettings(base, guided=False, **kw).start(), questions, HOT)
        for kw in ({}, {"adapter": adapter}, {"adapter": adapter, "merge_adapter": False})
    )
    assert merged == separate
    assert merged != plain


def test_completion_says_all(base, adapter):
    engine = TransformersSettings(base, adapter=adapter, guided=True).start()
    question = Question("Say it. ", "Now", patterns.MODULUS, prefix="7")
    sampling = Sampling(temperature=1, max_tokens=12, samples=2, seed=9)
    ((place, (_, second)),) = engine.complete([question], sampling)
    assert place == 0
    assert second.prompt == "Human: Say it. \nNow\nAssistant: 7"
    assert re.fullmatch(patterns.MODULUS, second.text)
    assert second.model == base
    assert second.adapter == adapter
    assert second.revision == engine.record.weights_sha256
    assert second.seed == 9
    assert second.sampling["index"] == 1
    assert second.sampling["temperature"] == 1
    assert second.sampling["guided"]
    assert second.finish_reason == "stop"
    tokenizer = AutoTokenizer.from_pretrained(base)
    assert second.prompt_tokens == 1 + len(tokenizer(second.prompt[:-1]).input_ids)
    assert 3 <= second.completion_tokens <= 12
    record = engine.record
    assert record.template == "elatbot"
    assert record.context_length == 2048
    assert record.reproducible
    assert record.settings["dtype"] == "float32"
    assert record.settings["adapter_trained_on"] == base
    assert record.adapter_sha256 != record.weights_sha256


def test_matrix_always_parses(base):
    engine = TransformersSettings(base).start()
    questions = tensor_questions(3, patterns.MATRIX)
    sampling = Sampling(temperature=1.5, max_tokens=500, samples=3)
    for answers in texts(engine, questions, sampling):
        for text in answers:
            assert re.fullmatch(patterns.MATRIX, text)
            # That random numbers are not symmetric is all that is left to complain about.
            with pytest.raises(ParseError) as caught:
                tensor_text.parse_tolerant(text)
            assert caught.value.reason == "asymmetric"


@pytest.mark.parametrize("laue", ["m-3m", "6/mmm", "4/m", "-3m", "mmm", "2/m", "-1"])
def test_constants_always_parse(base, laue):
    engine = TransformersSettings(base).start()
    questions = tensor_questions(2, patterns.constants(laue))
    for answers in texts(engine, questions, Sampling(temperature=1, max_tokens=300, samples=4)):
        for text in answers:
            assert constants_text.parse(text, laue).shape == (6, 6)


def test_cut_off(base):
    engine = TransformersSettings(base).start()
    ((_, (answer,)),) = engine.complete(
        tensor_questions(1, patterns.MATRIX), Sampling(max_tokens=5)
    )
    assert answer.finish_reason == "length"
    assert answer.completion_tokens == 5


def test_stop_texts(base):
    engine = TransformersSettings(base).start()
    question = tensor_questions(1, r"[0-9]{3}, [0-9]{3}")
    ((_, (whole,)),) = engine.complete(question, Sampling(max_tokens=20))
    ((_, (part,)),) = engine.complete(question, Sampling(max_tokens=20, stop=[", "]))
    assert part.text == whole.text[:3]
    assert part.finish_reason == "stop"


def test_chat_template(base):
    engine = TransformersSettings(base, template="chat", guided=False).start()
    ((_, (answer,)),) = engine.complete([Question("Say. ", "it")], Sampling(max_tokens=3))
    assert answer.prompt == "<|user|>Say. \nit</s><|assistant|>"
    assert answer.prompt_tokens < len(answer.prompt) - 20


def test_beginning_of_an_answer_of_words():
    """Beginning and rest together are the whole answer."""
    engine = TransformersSettings("elatbot-mini", template="raw").start()
    prompt = f"{compact.BEGIN} {compact.render_design(compact.Condition(bulk_modulus=150))}"
    question = Question("", prompt, pattern=" Al , Cubic", prefix="Ni")
    ((_, (answer,)),) = engine.complete([question], Sampling(max_tokens=8))
    assert answer.text == " Al , Cubic"
    assert answer.prompt == f"{prompt}Ni"
