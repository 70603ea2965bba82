"""The engine on real models: a random Llama and the embedded one, through the same code."""

from __future__ import annotations

import re

import pytest
import torch
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Composition
from transformers import AutoModelForCausalLM, AutoTokenizer, MistralConfig, MistralForCausalLM

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.transformers import engine as transformers_engine
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.errors import ParseError
from elatbot_flows.text import compact, constants_text, patterns, tensor_text
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About, MaterialRequest
from elatbot_flows.text.material import Material
from elatbot_flows.text.question import Question, Template, write
from engines.tiny_models import crystals, make_adapter, make_tiny_llama, make_tokenizer, prompt_for

HOT = Sampling(temperature=1.0, top_p=0.95, samples=2, max_tokens=40, seed=5)


def tensor_questions(count=5, pattern=None):
    """Questions of different lengths."""
    prompts = [prompt_for(s, sentences=1 + i % 3) for i, s in enumerate(crystals(count))]
    return [Question(p.instruction, p.input, pattern) for p in prompts]


def texts(engine, questions, sampling):
    answers = dict(engine.complete(questions, sampling))
    assert sorted(answers) == list(range(len(questions)))
    return [[c.text for c in answers[place]] for place in range(len(questions))]


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return str(make_tiny_llama(tmp_path_factory.mktemp("base"), chat=True, scale=0.1))


@pytest.fixture(scope="session")
def adapter(base, tmp_path_factory):
    return str(make_adapter(tmp_path_factory.mktemp("adapter"), base))


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


def test_chat_template(base):
    engine = TransformersSettings(base, template="chat", guided=False).start()
    ((_, (answer,)),) = engine.complete([Question("Say. ", "it")], Sampling(max_tokens=3))
    assert answer.prompt == "<|user|>Say. \nit</s><|assistant|>"
    assert answer.prompt_tokens < len(answer.prompt) - 20


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


def test_beginning_of_an_answer_of_words():
    """Beginning and rest together are the whole answer."""
    engine = TransformersSettings("elatbot-mini", template="raw").start()
    prompt = f"{compact.BEGIN} {compact.render_design(compact.Condition(bulk_modulus=150))}"
    question = Question("", prompt, pattern=" Al , Cubic", prefix="Ni")
    ((_, (answer,)),) = engine.complete([question], Sampling(max_tokens=8))
    assert answer.text == " Al , Cubic"
    assert answer.prompt == f"{prompt}Ni"


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
