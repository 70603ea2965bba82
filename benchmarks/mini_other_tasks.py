"""What elatbot-mini answers to questions for constants, missing elements and above 0 K."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import ParseError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.compact import parse_modulus
from elatbot_flows.text.compact_questions import parse_constants
from elatbot_flows.text.question import Question
from elatbot_flows.training.data.records import read_records

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.documents import TaskRecord

NEW = "elatbot-mini 2.0"


def other_tasks(generator: str, records: Path) -> list[str]:
    """Sections of the table."""
    found = read_records(records)
    test = [r for r in found if r.split == "test"]
    train = [r for r in found if r.split == "train" and r.label != "guess"]
    return [
        "## Likeliest answers to other questions, test records",
        "",
        "| question | records | who | result |",
        "|---|---|---|---|",
        *_constants(generator, test, train, hot=False),
        *_constants(generator, test, train, hot=True),
        *_hot_moduli(generator, test, train),
        *_infill(generator, test, train),
    ]


def _answers(generator: str, records: list[TaskRecord]) -> list[str]:
    model = text_model(generator)
    engine: Any = model.engine()
    questions = [Question(r.instruction, r.input) for r in records]
    sampling = model.sampling(records[0].task, temperature=0.0, max_tokens=96)
    found = dict(engine.complete(questions, sampling))
    return [found[place][0].text.strip() for place in range(len(records))]


def _system(record: TaskRecord) -> str:
    return next(word for word in record.input.split()[::-1] if word in CRYSTAL_SYSTEMS)


def _hot(record: TaskRecord) -> bool:
    return " at " in record.input


def _constants(
    generator: str, test: list[TaskRecord], train: list[TaskRecord], *, hot: bool
) -> list[str]:
    """Mean absolute error of the 36 entries' mean, and of K of the tensor."""
    mine = [r for r in test if r.task == "tensor" and _hot(r) == hot]
    known = [r for r in train if r.task == "tensor" and _hot(r) == hot]
    means = defaultdict(list)
    for record in known:
        means[_system(record)].append(parse_constants(record.answer, _system(record)))
    truth, told, plain, unreadable = [], [], [], 0
    for record, text in zip(mine, _answers(generator, mine), strict=True):
        try:
            tensor = parse_constants(text, _system(record))
        except ParseError:
            unreadable += 1
            continue
        truth.append(parse_constants(record.answer, _system(record)))
        told.append(tensor)
        plain.append(np.mean(means[_system(record)] or [np.zeros((6, 6))], axis=0))
    what = f"constants{' above 0 K' if hot else ' at 0 K'}"
    return [
        f"| {what} | {len(mine)} | {who} | MAE of 36 entries {_entries(truth, values):.1f}, of K "
        f"{_bulk(truth, values):.1f} GPa{f'; {unreadable} unreadable' if who == NEW else ''} |"
        for who, values in ((NEW, told), ("mean of the crystal system", plain))
    ]


def _entries(truth: list, told: list) -> float:
    return float(np.abs(np.array(truth) - np.array(told)).mean())


def _bulk(truth: list, told: list) -> float:
    first, second = (np.array(each)[:, :3, :3].sum(axis=(1, 2)) / 9 for each in (truth, told))
    return float(np.abs(first - second).mean())


def _hot_moduli(generator: str, test: list[TaskRecord], train: list[TaskRecord]) -> list[str]:
    lines = []
    for task, symbol in (("bulk_modulus", "K"), ("shear_modulus", "G")):
        mine = [r for r in test if r.task == task and _hot(r)]
        mean = np.mean([parse_modulus(r.answer) for r in train if r.task == task and _hot(r)])
        truth = np.array([parse_modulus(r.answer) for r in mine])
        told = np.array([parse_modulus(text) for text in _answers(generator, mine)])
        formulas = len({r.formula for r in mine})
        for who, values in ((NEW, told), ("mean of the training records", mean)):
            away = np.abs(truth - values).mean()
            lines.append(
                f"| {symbol} above 0 K | {len(mine)} of {formulas} formulas | {who} "
                f"| MAE {away:.1f} GPa |"
            )
    return lines


def _infill(generator: str, test: list[TaskRecord], train: list[TaskRecord]) -> list[str]:
    mine = [r for r in test if r.task == "infill"]
    common = Counter(r.answer for r in train if r.task == "infill").most_common(1)[0][0]
    told = _answers(generator, mine)
    right = np.mean([text == r.answer for text, r in zip(told, mine, strict=True)])
    plain = np.mean([r.answer == common for r in mine])
    return [
        f"| the missing element | {len(mine)} | {NEW} | {right:.0%} exact |",
        f"| | | always {common} | {plain:.0%} exact |",
    ]
