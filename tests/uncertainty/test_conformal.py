"""Intervals hold as often as stated, whatever the errors look like."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.conformal import conformal_quantile
from elatbot_flows.uncertainty.predictions import PredictionCalibration

DISTRIBUTIONS = {
    "normal": lambda rng, size: rng.normal(size=size),
    "heavy tails": lambda rng, size: rng.standard_t(2, size=size),
    "skewed and biased": lambda rng, size: rng.exponential(size=size) + 0.5,
    "two kinds": lambda rng, size: rng.normal(size=size) * rng.choice([0.1, 5.0], size=size),
}


@pytest.mark.parametrize(
    ("n", "coverage", "rank"),
    [(9, 0.9, 9), (10, 0.9, 10), (19, 0.9, 18), (3, 0.5, 2), (99, 0.8, 80)],
)
def test_quantile_is_the_rank_of_the_theorem(n, coverage, rank):
    scores = np.arange(1.0, n + 1)[::-1]
    assert conformal_quantile(scores, coverage) == rank


def test_too_few_materials_give_an_infinite_interval():
    calibration = PredictionCalibration(np.array([-1.0, 1.0]), scaled=True)
    assert calibration.interval(5.0, 1.0, 0.9) == (-math.inf, math.inf)
    assert calibration.interval(5.0, 2.0, 0.5) == (3.0, 7.0)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, 90, math.nan])
def test_impossible_coverage_is_refused(coverage):
    with pytest.raises(UncertaintyError, match="between 0 and 1"):
        conformal_quantile(np.ones(5), coverage)


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("n", [12, 60])
def test_coverage_holds_on_exchangeable_errors(kind, coverage, n):
    trials = 4000
    draws = DISTRIBUTIONS[kind](np.random.default_rng(0), (trials, n + 1))
    hits = 0
    for row in draws:
        sigmas = np.exp(0.3 * row)  # a scale that knows something of the error
        calibration = PredictionCalibration(np.sort(row[:-1] / sigmas[:-1]), scaled=True)
        low, high = calibration.interval(0, sigmas[-1], coverage)
        hits += low <= row[-1] <= high
    error = 4 * math.sqrt(coverage * (1 - coverage) / trials)
    assert coverage - error < hits / trials < coverage + 1 / (n + 1) + error


residuals = st.lists(st.floats(-5, 5), min_size=5, max_size=40).map(np.array).map(np.sort)


@given(residuals, st.floats(-10, 10), st.floats(0.1, 10), st.floats(0.05, 0.8))
def test_intervals_are_nested_and_around_the_estimate(errors, center, sigma, coverage):
    calibration = PredictionCalibration(errors, scaled=True)
    inner = calibration.interval(center, sigma, coverage)
    outer = calibration.interval(center, sigma, coverage + 0.1)
    assert outer[0] <= inner[0] <= center <= inner[1] <= outer[1]
