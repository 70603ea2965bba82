"""Records of all three tasks, and first weights that know which numbers are near."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from elatbot_flows.text.crystals.questions import CrystalRequest
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.formats.crystals import CRYSTAL
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.choices import begin
from elatbot_flows.text.wyckoff.words import BEGIN, PAIRS, vocabulary
from elatbot_flows.training.mini.plan import Shape
from elatbot_flows.training.wyckoff.lessons import Lesson
from elatbot_flows.training.wyckoff.records import first_weights, wyckoff_records

NIAL, RUTILE = "sg221 01 Ni @a Al @b /", "sg136 02 Ti @a O @f / 00 64 30"


@pytest.fixture(scope="module")
def records():
    lessons = [
        Lesson("binaries", "one", "AlNi", "train", words.parse(NIAL), 12.0),
        Lesson("binaries", "two", "TiO2", "test", words.parse(RUTILE), 10.0),
    ]
    return wyckoff_records(lessons, {"one": (160.0, 80.0), "two": (215.0, 110.0)})


def test_every_record_can_be_asked_and_its_answer_is_allowed(records):
    formats = formats_of("wyckoff-1")
    assert {one.split for one in records} == {"train", "test"}
    for one in records:
        limits = (
            formats[one.task]
            .ask(
                CrystalRequest("AlNi")
                if one.task == CRYSTAL
                else one.input.removeprefix(f"{BEGIN} ")
            )
            .limits
        )
        grammar = begin(type(limits)(one.input.removeprefix(f"{BEGIN} ")))
        for word in one.answer.split():
            assert word in grammar.words()
            grammar = grammar.push(word)
        assert grammar.words() == [words.END]
        assert {*one.input.split(), *one.answer.split()} <= set(vocabulary())


def test_conditions_are_said_in_many_ways_and_tests_without_noise(records):
    kinds = Counter(one.input.split()[1] for one in records)
    assert kinds["infill"] == 6
    assert kinds["generate"] > 4
    said = {one.input for one in records if one.split == "test"}
    moduli = {text.split("bulk ")[1][:2] for text in said if "bulk" in text}
    assert moduli <= {"83"}
    assert len({one.record_id for one in records}) == len(records)


def test_near_numbers_begin_alike():
    model = first_weights(Shape(hidden_size=32, layers=1, heads=2, feed_forward=32))
    table = model.get_input_embeddings().weight[[vocabulary().index(pair) for pair in PAIRS]]
    near = torch.cosine_similarity(table[:-1], table[1:]).mean()
    far = torch.cosine_similarity(table[:50], table[50:]).mean()
    assert near > far + 0.3
