"""Text and tokens that a model sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from elatbot_flows.errors import ParseError
from elatbot_flows.text import wire
from elatbot_flows.text.elatbot_prompts import Prompt

lines = st.text("ab :Hum\nAsistant</s>", max_size=30)


@pytest.fixture(scope="module")
def tokenizer():
    """One token for each byte and, as Llama's, one put before every text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: k for k, word in enumerate(["<s>", "</s>", *alphabet])}
    core = Tokenizer(models.BPE(vocabulary, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    special = {"bos_token": "<s>", "eos_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


def test_text():
    prompt = Prompt("Say it. ", "Now: ")
    assert wire.render(prompt) == "Human: Say it. \nNow: \nAssistant: "
    assert wire.render(prompt, "It") == "Human: Say it. \nNow: \nAssistant: It</s>"
    assert wire.render(Prompt("", "Now"), "It") == "Human: Now\nAssistant: It</s>"


@given(lines, lines, st.none() | lines)
def test_round_trip(instruction, text, answer):
    """Parts that cannot be told apart are refused, all others are read back."""
    prompt = Prompt(instruction, text)
    try:
        written = wire.render(prompt, answer)
    except ParseError:
        return
    assert wire.parse(written) == (prompt, answer)


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        (Prompt("", "one\ntwo"), None),
        (Prompt("one\ntwo", "three"), None),
        (Prompt("one", "two\nAssistant: three"), None),
        (Prompt("one", "two</s>"), None),
        (Prompt("one", "two"), "three</s>four"),
    ],
)
def test_refuses_to_write_what_is_ambiguous(prompt, answer):
    with pytest.raises(ParseError) as error:
        wire.render(prompt, answer)
    assert error.value.reason == "ambiguous"


@given(lines.map(lambda text: "Human: " + text) | st.text(max_size=30))
def test_what_is_read_is_written_again(text):
    try:
        prompt, answer = wire.parse(text)
    except ParseError:
        return
    assert wire.render(prompt, answer) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_conversation"),
        ("[INST] a [/INST]", "not_a_conversation"),
        ("<s>Human: a\nAssistant: b</s>", "not_a_conversation"),
        ("Human: a\nAssistant: b", "unfinished"),
        ("Human: a\nAssistant: b</s></s>", "unfinished"),
    ],
)
def test_refuses_with_a_reason(text, reason):
    with pytest.raises(ParseError) as error:
        wire.parse(text)
    assert error.value.reason == reason


def test_tokens(tokenizer):
    prompt = Prompt("Say it. ", "Now: ")
    question = wire.encode(tokenizer, prompt)
    assert tokenizer.decode(question.input_ids) == wire.render(prompt)
    assert set(question.labels) == {wire.IGNORED}
    full = wire.encode(tokenizer, prompt, "It")
    assert tokenizer.decode(full.input_ids) == wire.render(prompt, "It")
    assert full.input_ids[: len(question.input_ids)] == question.input_ids
    learned = [label for label in full.labels if label != wire.IGNORED]
    assert tokenizer.decode(learned) == "It</s>"
    assert len(full.labels) == len(full.input_ids) == len(question.input_ids) + 3
    assert full.input_ids[-1] == tokenizer.eos_token_id


def test_no_token_at_the_beginning(tokenizer):
    prompt = Prompt("Say it. ", "Now")
    assert tokenizer(wire.render(prompt))["input_ids"][0] == tokenizer.bos_token_id
    assert tokenizer.bos_token_id not in wire.encode(tokenizer, prompt, "It").input_ids


def test_question_and_answer_are_separate_pieces():
    """A tokenizer that merges over the border would otherwise change both."""

    class Pieces:
        eos_token_id = 9

        def encode(self, text, *, add_special_tokens):
            assert not add_special_tokens
            seen.append(text)
            return [len(seen)]

    seen: list[str] = []
    encoded = wire.encode(Pieces(), Prompt("", "a"), "b")
    assert seen == ["Human: a\nAssistant: ", "b"]
    assert encoded == wire.Encoded((1, 2, 9), (-100, 2, 9))


def test_needs_a_token_for_the_end(tokenizer):
    class Endless:
        eos_token_id = None
        encode = tokenizer.encode

    with pytest.raises(ParseError) as error:
        wire.encode(Endless(), Prompt("", "a"), "b")
    assert error.value.reason == "no_end_token"
