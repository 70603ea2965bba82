"""Spread and the one that stands apart."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.uncertainty import measure_disagreement

moduli = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 1e3), min_size=1)


def test_the_one_that_stands_apart_is_named():
    found = measure_disagreement({"a": 100.0, "b": 104.0, "c": 50.0})
    assert found.outlier == "c"
    assert (found.n, found.median) == (3, 100.0)
    assert found.mean == pytest.approx(254 / 3)
    assert found.spread == pytest.approx(30.0888, abs=1e-3)
    assert found.relative_spread == pytest.approx(0.35538, abs=1e-4)
    assert found.scores["c"] == pytest.approx(7.1276, abs=1e-3)  # ln(102/50)/0.1


def test_far_too_high_counts_as_far_too_low():
    high = measure_disagreement({"a": 100.0, "b": 100.0, "c": 200.0})
    low = measure_disagreement({"a": 100.0, "b": 100.0, "c": 50.0})
    assert high.scores == pytest.approx(low.scores)


def test_spread_opinions_have_no_outlier():
    assert measure_disagreement({"a": 50.0, "b": 100.0, "c": 150.0, "d": 200.0}).outlier is None


def test_of_two_nobody_can_say_which_is_wrong():
    found = measure_disagreement({"a": 10.0, "b": 1000.0})
    assert found.outlier is None
    assert found.relative_spread > 1


def test_absent_values_are_left_out():
    values = {"a": 10.0, "b": None, "c": math.nan, "d": -3.0, "e": math.inf}
    assert measure_disagreement(values) == measure_disagreement({"a": 10.0})
    assert measure_disagreement({"b": None}).n == 0


@given(moduli, st.floats(0.01, 100))
def test_the_unit_does_not_matter(values, factor):
    found = measure_disagreement(values)
    scaled = measure_disagreement({name: factor * value for name, value in values.items()})
    assert scaled.mean == pytest.approx(factor * found.mean)
    assert scaled.scores == pytest.approx(found.scores, abs=1e-6)
    if found.spread is not None:
        assert scaled.spread == pytest.approx(factor * found.spread, abs=1e-9 * factor * found.mean)
