"""Patterns in the tokens of a model."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from elatbot_flows.engines.guides import Guides
from elatbot_flows.engines.mini.generator_files import find_folder
from elatbot_flows.errors import EngineError
from elatbot_flows.text import compact, patterns
from engines.tiny_models import conversations, make_tokenizer

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def pieces():
    """As Llama 2 has it: blanks marked, single bytes for what is in no piece."""
    core = Tokenizer(models.BPE(byte_fallback=True, unk_token=SPECIAL["unk_token"]))
    core.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    core.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    core.train_from_iterator(conversations(), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=core, **SPECIAL)


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    return {
        "bytes": make_tokenizer(tmp_path_factory.mktemp("bytes")),
        "pieces": pieces(),
        "words": AutoTokenizer.from_pretrained(find_folder("elatbot-mini")),
    }


def walk(guide, tokenizer, rng):
    """A random answer that the guide allows."""
    state, tokens = guide.begin, []
    while True:
        token = int(rng.choice(guide.allowed(state)))
        if token == tokenizer.eos_token_id:
            return tokens
        tokens.append(token)
        state = guide.advance(state, token)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("bytes", patterns.constants("4/m")),
        ("bytes", patterns.MATERIAL),
        ("bytes", "é{2,3} [^a-z]"),
        ("pieces", patterns.constants("4/m")),
        ("pieces", patterns.MATERIAL),
        ("pieces", "é{2,3} [a-z]"),
        ("words", patterns.COMPACT_MATERIAL),
        ("words", patterns.COMPACT_MODULUS),
    ],
)
def test_random_answers_match(tokenizers, kind, pattern):
    tokenizer, rng = tokenizers[kind], np.random.default_rng(0)
    guide = Guides(tokenizer).guide(pattern)
    found = {tokenizer.decode(walk(guide, tokenizer, rng)) for _ in range(30)}
    assert all(re.fullmatch(pattern, text) for text in found)
    assert len(found) > 10


@pytest.mark.parametrize("kind", ["bytes", "pieces"])
@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        (patterns.MATERIAL, "NiAl, Cubic"),
        (patterns.MATERIAL, "Mg(ScGa)2, Cubic"),
        (patterns.MATERIAL_ABOVE_ZERO, "Cu98.42Ga1.58, trigonal 1"),
        # Where an answer could end, tokens may begin what goes on.
        (patterns.FORMULA, "MgZn2"),
        (patterns.FORMULA, "Li14P2(N2O)3"),
    ],
)
def test_true_answer_is_allowed(tokenizers, kind, pattern, answer):
    """An answer in the tokens that training gives it can be written."""
    tokenizer = tokenizers[kind]
    guide = Guides(tokenizer).guide(pattern)
    state = guide.begin
    for token in tokenizer.encode(answer, add_special_tokens=False):
        assert token in guide.allowed(state)
        state = guide.advance(state, token)
    assert tokenizer.eos_token_id in guide.allowed(state)


def test_nothing_but_the_end_after_a_match(tokenizers):
    tokenizer = tokenizers["words"]
    guide = Guides(tokenizer).guide(patterns.COMPACT_MODULUS)
    state = guide.begin
    for digit in "150":
        assert tokenizer.eos_token_id not in guide.allowed(state)
        state = guide.advance(state, tokenizer.get_vocab()[digit])
    assert guide.allowed(state).tolist() == [tokenizer.eos_token_id]


@pytest.mark.parametrize(
    ("kind", "prefix", "pattern", "rest"),
    [
        ("bytes", "[[1", r"[0-9]\.5\]\]", "7.5]]"),
        ("pieces", "[[1", r"[0-9]\.5\]\]", "7.5]]"),
        ("words", "Ni 3", " Al , Cubic", " Al , Cubic"),
    ],
)
def test_beginning_of_an_answer(tokenizers, kind, prefix, pattern, rest):
    tokenizer = tokenizers[kind]
    begin = tuple(tokenizer.encode(prefix, add_special_tokens=False))
    guide = Guides(tokenizer).guide(pattern, begin)
    answers = {
        tokenizer.decode([*begin, *walk(guide, tokenizer, np.random.default_rng(seed))])
        for seed in range(40)
    }
    assert prefix + rest in answers
    assert all(re.fullmatch(re.escape(prefix) + pattern, answer) for answer in answers)


def test_refusals(tokenizers):
    words = Guides(tokenizers["words"])
    with pytest.raises(EngineError, match="no tokens"):
        words.guide("sugar")
    with pytest.raises(EngineError, match="no tokens"):
        words.guide("(?=Ni)Ni")
    # Words are apart by blanks, so a rest without one cannot follow.
    with pytest.raises(EngineError, match="no tokens"):
        words.guide(compact.SEPARATOR, (tokenizers["words"].get_vocab()["Ni"],))


def test_unknown_kind_of_tokenizer():
    core = Tokenizer(models.WordPiece({"<unk>": 0, "<s>": 1, "</s>": 2}))
    core.decoder = decoders.WordPiece()
    with pytest.raises(EngineError, match="guided=False"):
        Guides(PreTrainedTokenizerFast(tokenizer_object=core, **SPECIAL))
