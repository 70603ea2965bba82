"""Scores of a trained model: what is counted, of how many, and in which units."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.documents import TaskRecord, TrainedModel
from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.completion import Completion
from elatbot_flows.text import constants_text, tensor_text
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.training.finetune import score, scoring

CUBIC = np.diag([100.0, 100, 100, 30, 30, 30]) + np.pad((np.ones((3, 3)) - np.eye(3)) * 40, (0, 3))


class Told:
    """A model and its engine that give what they are told, in order of the questions."""

    def __init__(self, dialect, answers):
        self._answers = answers
        self.dialect, self.template = dialect, "elatbot"

    def format(self, task):
        return formats_of(self.dialect)[task]

    def sampling(self, task, **given):
        return given

    def engine(self):
        return self

    def complete(self, questions, sampling):
        assert sampling == {"temperature": 0.0}
        for place, text in enumerate(self._answers[: len(questions)]):
            failed = Failure(text, "") if text == "prompt_too_long" else None
            yield place, failed or [Completion(text, "m", "p", 0)]


def records(answers, task, dialect):
    return [
        TaskRecord(
            record_id=str(n), dialect=dialect, task=task, instruction="", input=f"question {n}",
            answer=answer, formula="NiAl", source="s", split="test",
        )
        for n, answer in enumerate(answers)
    ]  # fmt: skip


@pytest.fixture
def scored(monkeypatch, tmp_path):
    """Scores of answers to records."""

    def run(rows, answers, **kwargs):
        monkeypatch.setattr(scoring, "_loss", lambda *_: (0.5, len(rows)))
        told = Told(rows[0].dialect, answers)
        monkeypatch.setattr(scoring, "text_model", lambda *_, **__: told)
        fields = dict.fromkeys(("base", "weights_sha256", "method"), "x") | dict.fromkeys(
            ("formulas", "steps", "best_step", "best_loss", "reloaded_loss", "parameters",
             "trained_parameters", "wall_seconds", "cpu_seconds", "peak_memory_mb"), 1,
        )  # fmt: skip
        trained = TrainedModel(
            folder=str(tmp_path), model="m", dialect=rows[0].dialect, tasks=[rows[0].task],
            elements=[], settings={}, data_sha256="", split_sha256="", records={}, curve=[],
            device="cpu", precision="fp32", versions={}, **fields,
        )  # fmt: skip
        return score(trained, rows, **kwargs).evaluation

    return run


def test_tensors_have_errors_in_gpa_of_those_that_can_be_read(scored):
    right = tensor_text.render(CUBIC)
    near = tensor_text.render(CUBIC + np.pad(np.full((3, 3), 9.0), (0, 3)))
    rows = records([right] * 4, Task.TENSOR, "elatbot")
    found = scored(rows, [right, near, "no idea", "prompt_too_long"])[0]
    assert (found.records, found.asked, found.answered) == (4, 4, 3)
    assert (found.exact, found.readable) == (1, 2)
    assert sum(found.reasons.values()) == 2
    assert found.reasons["prompt_too_long"] == 1
    assert found.scores["n"] == 2
    assert found.scores["k_voigt_mae"] == pytest.approx(4.5)
    assert found.scores["mean36_mae"] == pytest.approx(9 * 9 / 36 / 2)


def test_constants_are_read_for_the_class_that_the_right_answer_has(scored):
    hexagonal = CUBIC.copy()
    hexagonal[5, 5] = 30.0
    answers = [constants_text.render(CUBIC, "m-3m"), constants_text.render(hexagonal, "6/mmm")]
    rows = records(answers, Task.TENSOR, "elatbot-constants")
    found = scored(rows, answers)[0]
    assert (found.exact, found.readable, found.scores["elem36_mae"]) == (2, 2, 0)
    swapped = scored(rows, answers[::-1])[0]
    assert (swapped.exact, swapped.readable) == (0, 0)
    assert swapped.scores == {}


def test_moduli_have_an_error_and_formulas_none(scored):
    rows = records(["100.00", "200.00"], Task.BULK_MODULUS, "elatbot")
    assert scored(rows, ["104.00", "200.00"])[0].scores == {"n": 2, "k_voigt_mae": 2.0}
    rows = records(["NiAl", "Ni3Al"], Task.INFILL, "elatbot")
    found = scored(rows, ["NiAl", "AlNi3"])[0]
    assert (found.exact, found.readable, found.scores) == (1, 2, {})
    alloy = [r.model_copy(update={"input": "in percent (total is 100%)"}) for r in rows]
    assert [scored(r, ["Ni", "Ni1.5Al98.5"])[0].readable for r in (rows, alloy)] == [1, 2]


def test_tasks_are_scored_apart_and_as_many_as_wanted(scored):
    rows = [
        *records(["100.00"] * 3, Task.BULK_MODULUS, "elatbot"),
        *records(["NiAl"] * 3, Task.INFILL, "elatbot"),
    ]
    found = scored(rows, ["NiAl", "NiAl"], most=2)
    assert [(s.task, s.records, s.asked) for s in found] == [
        ("bulk_modulus", 3, 2),
        ("infill", 3, 2),
    ]
    assert [s.readable for s in found] == [0, 2]


def test_training_rows_are_not_asked(scored):
    rows = [
        record.model_copy(update={"split": "train"})
        for record in records(["NiAl"], Task.INFILL, "elatbot")
    ]
    assert scored(rows, []) == []
