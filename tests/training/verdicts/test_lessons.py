"""Lessons: questions are those of a design, answers those that got the verdict."""

from __future__ import annotations

from collections import Counter

import pytest

from elatbot_flows.documents import PreferenceRecord, VerdictLessons
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.errors import LeakError, TrainingError
from elatbot_flows.text import compact
from elatbot_flows.text.question import Template
from elatbot_flows.training.data.leaks import check_leaks, require_clean
from elatbot_flows.training.verdicts.lessons import lessons_from
from elatbot_flows.training.verdicts.tried import VerdictSettings
from training.verdicts.candidates import TARGET, judged

MINI = text_model("elatbot-mini")
PUBLISHED = TextModel(TransformersSettings("llama", template=Template.ELATBOT), "elatbot")
BINARY = ("Zr3Al5", "Hf7Al2", "TiPd7", "Nb2Rh9")
TERNARY = ("ZrAlPd5", "HfTiPd7", "TiNbRh9")
ALL = VerdictSettings(validation=0.0, unseen_only=False)


def candidates(hits=BINARY[:2] + TERNARY[:1], misses=BINARY[2:] + TERNARY[1:], **fields):
    words = [*((f, "hit") for f in hits), *((f, "miss") for f in misses)]
    return [judged(n, f, word, **fields) for n, (f, word) in enumerate(words)]


def condition(record):
    return compact.parse_design(record.input.removeprefix(f"{compact.BEGIN} "))


def test_a_hit_is_the_right_answer_for_its_own_modulus_as_far_as_the_target_allows():
    given = candidates(misses=())
    given[1]["bulk_modulus"] = 140.0
    given[2]["bulk_modulus"] = None
    records = lessons_from(given, MINI, ALL).records
    asked = [condition(record) for record in records]
    assert [one.bulk_modulus for one in asked[:2]] == [100, 105]
    assert 95 <= asked[2].bulk_modulus <= 105
    assert [one.number for one in asked] == [2, 2, 3]
    assert [compact.parse_answer(record.answer).formula for record in records] == [
        record.formula for record in records
    ]
    assert {record.label for record in records} == {"judge"}
    assert records[0].labelled_by == "7net-0, 7net-l3i5"


def test_elements_are_listed_where_a_design_lists_them():
    target = TARGET | {
        "elements": ["Al", "Hf", "Nb", "Pd", "Rh", "Ti", "Zr", "Ni", "Co", "Fe", "V"]
    }
    lessons = lessons_from(candidates(target=target), MINI, ALL, pairs=True)
    assert len(lessons.records) == 6
    for record in lessons.records:
        listed = set(condition(record).elements)
        for answer in (record.answer, record.rejected):
            assert set(answer.split()) & set(target["elements"]) <= listed
        assert len(listed) == compact.LONGEST_LIST


def test_pairs_are_of_one_target_and_of_as_many_elements():
    other = TARGET | {"bulk_modulus": [90.0, 110.0]}
    given = [*candidates(), judged(9, "Hf4Rh7", "miss", target=other)]
    lessons = lessons_from(given, MINI, ALL, pairs=True)
    assert (lessons.hits, lessons.misses) == (3, 5)
    assert VerdictLessons.model_validate(lessons.model_dump()) == lessons
    for record in lessons.records:
        assert isinstance(record, PreferenceRecord)
        assert condition(record).bulk_modulus == 100
        assert (record.formula in BINARY) == (record.rejected_formula in BINARY)
    assert Counter(record.formula for record in lessons.records) == {
        "Zr3Al5": 2, "Hf7Al2": 2, "ZrAlPd5": 2,
    }  # fmt: skip
    assert len({record.record_id for record in lessons.records}) == 6


def test_a_model_that_is_told_no_number_compares_all_with_all():
    lessons = lessons_from(candidates(), PUBLISHED, ALL, pairs=True)
    assert Counter(r.formula for r in lessons.records) == dict.fromkeys(
        ["Zr3Al5", "Hf7Al2", "ZrAlPd5"], 4
    )
    assert {record.dialect for record in lessons.records} == {"elatbot"}
    assert "100.4" in lessons.records[0].input


def test_no_miss_is_used_much_more_often_than_others():
    hits = [f"Zr{n}Al{n + 1}" for n in range(2, 12)]
    misses = [f"Hf{n}Pd{n + 1}" for n in range(2, 10)]
    settings = VerdictSettings(validation=0.0, unseen_only=False, pairs_each=2)
    lessons = lessons_from(candidates(hits, misses), MINI, settings, pairs=True)
    used = Counter(record.rejected_formula for record in lessons.records)
    assert (len(lessons.records), len(used)) == (20, 8)
    assert max(used.values()) - min(used.values()) <= 1
    assert lessons_from(candidates(hits, misses), MINI, settings, pairs=True) == lessons


def test_weights_are_chosen_on_formulas_that_are_not_learned():
    hits = [f"Zr{n}Al{n + 1}" for n in range(2, 22)]
    misses = [f"Hf{n}Pd{n + 1}" for n in range(2, 22)]
    settings = VerdictSettings(validation=0.4, unseen_only=False)
    records = lessons_from(candidates(hits, misses), MINI, settings, pairs=True).records
    parts = {
        part: {f for r in records if r.split == part for f in r.formulas}
        for part in ("train", "validation")
    }
    assert all(parts.values())
    assert not parts["train"] & parts["validation"]


@pytest.mark.parametrize("tested", ["Zr3Al5", "Nb2Rh9"])
def test_a_test_formula_is_refused_whether_it_is_a_hit_or_a_miss(tested):
    test = lessons_from(candidates([tested], []), MINI, ALL).records
    test = [test[0].model_copy(update={"split": "test", "record_id": "t"})]
    records = lessons_from(candidates(), MINI, ALL, pairs=True, test=test).records
    with pytest.raises(LeakError, match=tested):
        require_clean(records)
    assert check_leaks(records).leaks[0].spelled == [tested]
    apart = VerdictSettings(validation=0.0, unseen_only=False, without_test_formulas=True)
    lessons = lessons_from(candidates(), MINI, apart, pairs=True, test=test)
    assert lessons.left_out == {"test_formula": 1}
    assert require_clean(lessons.records).clean


def test_where_there_is_nothing_to_learn_it_says_why():
    with pytest.raises(TrainingError, match=r"0 hits and 0 misses; left out: \{'open': 1\}"):
        lessons_from([judged(1, verdict="open")], MINI, ALL)
    with pytest.raises(TrainingError, match="3 hits and 0 misses"):
        lessons_from(candidates(misses=()), MINI, ALL, pairs=True)


def test_what_the_words_of_the_model_cannot_say_is_counted():
    given = [*candidates(misses=()), judged(9, "Zr101Al2")]
    lessons = lessons_from(given, MINI, ALL)
    assert (len(lessons.records), lessons.unwritten) == (3, {"cannot_be_asked": 1})
