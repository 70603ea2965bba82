"""Verdicts: hit, miss or unknown, and which property decides."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.elasticity import Verdict, judge
from elatbot_flows.targets import DesignTarget, Interval

BULK = DesignTarget(bulk_modulus=Interval(150, 170))
BOTH = DesignTarget(bulk_modulus=Interval(150, 170), poisson_ratio=Interval(0.25, 0.35))


@pytest.mark.parametrize(
    ("value", "word", "margin"),
    [
        (160, "hit", 10),
        (150, "hit", 0),
        (170, "hit", 0),
        (152, "hit", 2),
        (149.5, "miss", -0.5),
        (181, "miss", -11),
    ],
)
def test_one_property(value, word, margin):
    verdict = judge(BULK, {"bulk_modulus": value, "shear_modulus": 3.0})
    assert (verdict.verdict, verdict.margin) == (word, margin)
    assert verdict.limiting_property == "bulk_modulus"
    assert verdict.margins == {"bulk_modulus": margin}
    assert verdict.relative_margin == pytest.approx(margin / (150 if value < 160 else 170))


def test_several_properties_are_compared_by_relative_margin():
    verdict = judge(BOTH, {"bulk_modulus": 160, "poisson_ratio": 0.34})
    assert verdict.verdict == "hit"
    assert verdict.limiting_property == "poisson_ratio"
    assert verdict.margin == pytest.approx(0.01)
    assert verdict.margins == pytest.approx({"bulk_modulus": 10, "poisson_ratio": 0.01})


def test_one_miss_decides_whatever_the_others_are():
    assert judge(BOTH, {"bulk_modulus": 140, "poisson_ratio": 0.3}).verdict == "miss"
    assert judge(BOTH, {"bulk_modulus": 140, "poisson_ratio": None}).verdict == "miss"


@pytest.mark.parametrize("values", [{}, {"bulk_modulus": None}, {"shear_modulus": 60}])
def test_without_values_nothing_is_known(values):
    assert judge(BULK, values) == Verdict("unknown", None, None, None, {})


def test_a_missing_value_leaves_the_verdict_open():
    verdict = judge(BOTH, {"bulk_modulus": 160})
    assert (verdict.verdict, verdict.margin) == ("unknown", 10)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_no_value(value):
    assert judge(BULK, {"bulk_modulus": value}) == Verdict("unknown", None, None, None, {})
    assert judge(BOTH, {"bulk_modulus": 160, "poisson_ratio": value}).verdict == "unknown"


def test_next_to_an_edge_of_zero_the_margin_is_taken_relative_to_the_other_edge():
    target = DesignTarget(bulk_modulus=Interval(0, 50))
    assert judge(target, {"bulk_modulus": 10}).relative_margin == pytest.approx(0.2)
    assert judge(target, {"bulk_modulus": 24.9}).relative_margin == pytest.approx(0.498)
    assert judge(target, {"bulk_modulus": 40}).relative_margin == pytest.approx(0.2)
    nothing = DesignTarget(poisson_ratio=Interval(0, 0))
    assert judge(nothing, {"poisson_ratio": 0.1}).relative_margin == pytest.approx(-0.1)


@given(st.floats(0, 400), st.floats(0, 400), st.floats(0, 400), st.floats(-0.9, 0.49))
def test_the_verdict_agrees_with_the_intervals(edge, other, bulk, poisson):
    low, high = sorted((edge, other))
    target = DesignTarget(bulk_modulus=Interval(low, high), poisson_ratio=Interval(0.1, 0.4))
    verdict = judge(target, {"bulk_modulus": bulk, "poisson_ratio": poisson})
    met = low <= bulk <= high and 0.1 <= poisson <= 0.4
    assert verdict.verdict == ("hit" if met else "miss")
    assert (verdict.relative_margin >= 0) == met
    assert verdict.margin == verdict.margins[verdict.limiting_property]


def test_a_verdict_survives_documents():
    verdict = judge(BOTH, {"bulk_modulus": 160, "poisson_ratio": 0.34})
    assert Verdict.from_dict(verdict.as_dict()) == verdict


@pytest.mark.parametrize(
    ("edges", "value", "word", "margin", "relative"),
    [
        ((1.75, None), 2.1, "hit", 0.35, 0.2),
        ((1.75, None), 1.4, "miss", -0.35, -0.2),
        ((None, 2.0), 1.5, "hit", 0.5, 0.25),
        ((0, None), 3.0, "hit", 3.0, 3.0),
    ],
)
def test_an_open_interval_is_judged_by_its_edge(edges, value, word, margin, relative):
    verdict = judge(DesignTarget(pugh_ratio=edges), {"pugh_ratio": value})
    assert (verdict.verdict, verdict.margin) == (word, pytest.approx(margin))
    assert verdict.relative_margin == pytest.approx(relative)
