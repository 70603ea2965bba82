"""Intervals: read, written, open, refused."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows.errors import TargetError
from elatbot_flows.targets import DesignTarget, Interval

finite = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def intervals(draw, edges=finite):
    low, high = sorted((draw(edges), draw(edges)))
    return Interval(low, high)


@given(intervals())
def test_an_interval_reads_what_it_writes_in_full(interval):
    assert Interval.parse(f"{interval.low!r}:{interval.high!r}") == interval


@given(intervals(), finite)
def test_the_margin_is_negative_exactly_outside(interval, value):
    assert interval.contains(value) == (interval.margin(value) >= 0)


@given(intervals(st.floats(-1e3, 1e3)))
def test_the_margin_is_zero_on_edges_and_largest_in_the_middle(interval):
    assert interval.margin(interval.low) == 0 == interval.margin(interval.high)
    half = 0.5 * (interval.high - interval.low)
    assert interval.margin(interval.midpoint) == pytest.approx(half, abs=1e-9)


@given(intervals(), st.floats(0, 2))
def test_a_widened_interval_contains_the_old_one(interval, fraction):
    wide = interval.widened(fraction)
    assert wide.low <= interval.low <= interval.high <= wide.high


@pytest.mark.parametrize(
    "text", ["", ":", " : ", "150", "a:b", "a:", "1:2:3", "150-170", "150 170", "1;2"]
)
def test_text_that_is_no_interval_is_refused_with_an_example(text):
    with pytest.raises(TargetError, match="LOW:HIGH, for example 150:170"):
        Interval.parse(text)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_but_never_breaks(text):
    try:
        interval = Interval.parse(text)
    except TargetError:
        return
    assert interval.low <= interval.high


def test_a_reversed_interval_is_refused_with_the_right_order():
    with pytest.raises(TargetError, match="write 150:170"):
        Interval(170, 150)


@pytest.mark.parametrize(
    ("text", "words"),
    [("nan:1", "not a number"), ("1:nan", "not a number"), ("nan:", "not a number")]
    + [(text, "needs a finite edge") for text in ("inf:inf", "-inf:inf", "inf:", ":-inf")],
)
def test_edges_that_are_no_numbers_or_nowhere_are_refused(text, words):
    with pytest.raises(TargetError, match=words):
        Interval.parse(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("1.75:", 1.75, math.inf), (":200", -math.inf, 200), ("1:inf", 1, math.inf)],
)
def test_an_interval_may_be_open_on_one_side(text, low, high):
    interval = Interval.parse(text)
    assert interval.edges == (low, high)
    assert Interval.parse(str(interval)) == interval


@given(finite, finite, st.floats(0, 2))
def test_an_open_interval_has_one_edge_that_counts(edge, value, fraction):
    above, below = Interval(low=edge), Interval(high=edge)
    assert above.margin(value) == value - edge
    assert below.margin(value) == edge - value
    assert (above.contains(value), below.contains(value)) == (value >= edge, value <= edge)
    assert (above.midpoint, below.midpoint) == (math.inf, -math.inf)
    moved = fraction * abs(edge)
    assert above.widened(fraction) == Interval(edge - moved, math.inf)
    assert below.widened(fraction) == Interval(-math.inf, edge + moved)


@given(finite)
def test_an_open_interval_survives_documents_as_plain_json(edge):
    for interval in (Interval(low=edge), Interval(high=edge), Interval(edge, edge)):
        text = json.dumps(interval, cls=MontyEncoder, allow_nan=False)
        assert json.loads(text, cls=MontyDecoder) == interval
        assert Interval(*interval.plain()) == interval


def test_pairs_are_intervals():
    target = DesignTarget(bulk_modulus=(150, 170), pugh_ratio=[1.75, None])
    assert target.bulk_modulus == Interval(150, 170)
    assert target.pugh_ratio == Interval(1.75, math.inf)
    assert target == DesignTarget(bulk_modulus=Interval(150, 170), pugh_ratio=Interval(1.75))
    assert target.summary()["pugh_ratio"] == [1.75, None]
    assert DesignTarget(**target.summary()) == target


@pytest.mark.parametrize("pair", [(1,), (1, 2, 3), "1:2", 150, ("a", "b"), (None, None), (2, 1)])
def test_what_is_no_pair_of_numbers_is_refused(pair):
    with pytest.raises(TargetError):
        DesignTarget(bulk_modulus=pair)
