"""Intervals of paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.evaluation import paired_difference


def test_a_constant_difference_has_no_width():
    found = paired_difference([3.0, 4.0, 5.0], [1.0, 2.0, 3.0], to="best")
    assert (found.to, found.n) == ("best", 3)
    assert (found.difference, found.low, found.high) == (2.0, 2.0, 2.0)


def test_width_is_that_of_the_normal_approximation():
    rng = np.random.default_rng(1)
    errors, reference = rng.exponential(5, 400), rng.exponential(5, 400)
    found = paired_difference(errors, reference, to="b", resamples=4000)
    standard = (errors - reference).std() / np.sqrt(400)
    assert found.high - found.low == pytest.approx(2 * 1.96 * standard, rel=0.07)
    assert found.low < found.difference < found.high


def test_seed_and_order():
    rng = np.random.default_rng(2)
    errors, reference, order = rng.random(30), rng.random(30), rng.permutation(30)
    one = paired_difference(errors, reference, to="b", seed=5)
    assert one == paired_difference(errors, reference, to="b", seed=5)
    other = paired_difference(errors[order], reference[order], to="b", seed=5)
    assert (other.low, other.high) == (one.low, one.high)
    assert paired_difference(errors, reference, to="b", seed=6).low != one.low


@pytest.mark.parametrize(("errors", "resamples"), [([], 10), ([1.0], 0)])
def test_nothing_to_resample(errors, resamples):
    with pytest.raises(ValueError, match="at least one"):
        paired_difference(errors, errors, to="b", resamples=resamples)
