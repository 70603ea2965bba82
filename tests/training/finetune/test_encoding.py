"""Records are taught exactly as their questions are asked, and each is accounted for."""

from __future__ import annotations

import pytest
from transformers import AutoTokenizer

from elatbot_flows.documents import TaskRecord
from elatbot_flows.engines.asking import Asker
from elatbot_flows.errors import ParseError, TrainingError
from elatbot_flows.text.question import Question, Template
from elatbot_flows.text.wire import IGNORED
from elatbot_flows.training.finetune.encoding import code_records, encode_record, require_dialect
from engines.tiny_models import make_tokenizer
from training.finetune.small import tensor_records


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return make_tokenizer(tmp_path_factory.mktemp("tokens"), chat=True)


def record(**changes):
    return tensor_records(1, validation=0, test=0)[0].model_copy(update=changes)


@pytest.mark.parametrize("template", list(Template))
def test_a_record_begins_with_the_tokens_its_question_is_asked_in(tokenizer, template):
    one = record()
    asked = Asker(tokenizer, template, None, guided=False).ask(
        Question(one.instruction, one.input), 1
    )
    found = encode_record(tokenizer, one, template)
    question, answer = found.input_ids[: len(asked.tokens)], found.input_ids[len(asked.tokens) :]
    assert question == asked.tokens
    assert answer[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(answer[:-1]) == one.answer
    assert found.labels == (IGNORED,) * len(question) + answer


def test_llama_adds_no_token_for_the_beginning(untaught):
    tokenizer = AutoTokenizer.from_pretrained(untaught)
    found = encode_record(tokenizer, record(), Template.ELATBOT)
    assert tokenizer.bos_token_id not in found.input_ids


def test_what_cannot_be_learned_is_left_out_and_counted(tokenizer):
    good, long = record(record_id="good"), record(record_id="long", input="Al " * 2000)
    two = record(record_id="two", input="a\nAssistant: b", split="test")
    found = code_records(tokenizer, [good, long, two], 1000)
    assert [one.record_id for one in found.splits["train"]] == ["good"]
    assert found.dropped == {"train": {"too_long": ["long"]}, "test": {"ambiguous": ["two"]}}
    assert found.counts() == {"train": {"too_long": 1}, "test": {"ambiguous": 1}}


def test_the_longest_record_that_fits_is_whole(tokenizer):
    length = len(encode_record(tokenizer, record(), Template.ELATBOT).input_ids)
    assert len(code_records(tokenizer, [record()], length).splits["train"]) == 1
    assert len(code_records(tokenizer, [record()], length - 1).splits["train"]) == 0


@pytest.mark.parametrize("dialect", ["elatbot", "compact-2", "elatbot-chat"])
def test_a_tokenizer_that_cannot_end_an_answer_is_refused(untaught, dialect):
    tokenizer = AutoTokenizer.from_pretrained(untaught)
    tokenizer.eos_token = None
    with pytest.raises(TrainingError, match="eos_token"):
        code_records(tokenizer, [record(dialect=dialect)], 1000)


def test_a_question_without_text_is_none(tokenizer):
    with pytest.raises(ParseError, match="no text"):
        encode_record(tokenizer, record(instruction="", input=""), Template.RAW)


def test_tasks_come_by_their_number():
    plain = TaskRecord(
        record_id="a", dialect="elatbot", task="infill", instruction="", input="x", answer="Al",
        formula="Al", source="s",
    )  # fmt: skip
    rows = [plain, plain.model_copy(update={"task": "generation"}), plain]
    assert require_dialect(rows) == ("elatbot", ("infill", "generation"))


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "nothing to train on"),
        ([record(split="test")], "of 1 records none is in the split 'train'"),
        ([record(), record(dialect="compact-2")], "2 dialects"),
        ([record(task="hardness")], "no task 'hardness'"),
    ],
)
def test_records_that_make_no_training_are_refused(records, words):
    with pytest.raises(TrainingError, match=words):
        require_dialect(records)
