"""Augmentation changes how a row is told, never what it says."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.text.compact import (
    LONGEST_LIST,
    Proposal,
    parse_answer,
    parse_design,
    parse_modulus,
)
from elatbot_flows.text.compact_questions import parse_predict
from elatbot_flows.training.augment import Augmentation, Augmenter
from elatbot_flows.training.data.bulk_modulus import BulkModulusRow

ROW = BulkModulusRow("AlNi3", (("Al", 1), ("Ni", 3)), "Cubic", 185.0)
OTHER = BulkModulusRow("CrFeCoW", (("Cr", 1), ("Fe", 1), ("Co", 1), ("W", 1)), "Cubic", 250.0)


@pytest.fixture
def augmenter():
    return Augmenter([ROW, OTHER], Augmentation(), np.random.default_rng(0))


def test_design_views_are_true(augmenter):
    views = [augmenter.design(ROW) for _ in range(400)]
    for prompt, answer in views:
        assert parse_answer(answer) == Proposal("AlNi3", "Cubic")
        condition = parse_design(prompt)
        assert condition.bulk_modulus is None or abs(condition.bulk_modulus / 185 - 1) < 0.2
        assert condition.number in (None, 2)
        assert condition.elements is None or {"Al", "Ni"} <= set(condition.elements)
        assert len(condition.elements or ()) <= LONGEST_LIST
        assert condition.crystal_system in (None, "Cubic")
    assert len({answer for _, answer in views}) == 2


def test_every_condition_is_sometimes_absent(augmenter):
    conditions = [parse_design(augmenter.design(ROW)[0]) for _ in range(1000)]
    have = Augmentation()
    for name, share in (
        ("bulk_modulus", have.keep_modulus),
        ("number", have.keep_number),
        ("elements", have.keep_elements),
        ("crystal_system", have.keep_system),
    ):
        given = np.mean([getattr(condition, name) is not None for condition in conditions])
        assert given == pytest.approx(share, abs=0.06)


def test_predict_views_are_true(augmenter):
    views = [augmenter.predict(ROW) for _ in range(400)]
    assert {parse_predict(prompt) for prompt, _ in views} == {Proposal("AlNi3", "Cubic")}
    logs = np.log([parse_modulus(answer) / 185 for _, answer in views])
    assert np.std(logs) == pytest.approx(0.03, abs=0.005)


def test_one_seed_one_sequence():
    first, second = (
        Augmenter([ROW, OTHER], Augmentation(), np.random.default_rng(7)) for _ in range(2)
    )
    assert [first.design(ROW) for _ in range(9)] == [second.design(ROW) for _ in range(9)]
