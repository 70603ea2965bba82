"""Shares and means with their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.evaluation.crystals.plain import plain
from elatbot_flows.evaluation.crystals.rates import Draws, Rate, measured, rate


@given(of=st.integers(1, 300), data=st.data())
def test_the_interval_holds_the_share_and_has_a_width(of, data):
    count = data.draw(st.integers(0, of))
    found = rate(count, of)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert found == rate(count, of)


def test_the_bootstrap_is_that_of_flags_drawn_again():
    flags = np.repeat([1.0, 0.0], [30, 70])
    found, drawn = rate(30, 100), measured(np.mean, [flags])
    assert (found.low, found.high) == pytest.approx((drawn.low, drawn.high), abs=0.02)


def test_nothing_has_no_share_and_no_draws_no_interval():
    assert rate(0, 0) == Rate(0, 0)
    assert rate(0, 0).value is None
    assert rate(1, 2, Draws(resamples=0)).low is None
    assert measured(np.mean, [[]]).value is None
    with pytest.raises(ValueError, match="3 of 2"):
        rate(3, 2)
    assert plain([rate(1, 2, Draws(0))])[0]["value"] == 0.5
