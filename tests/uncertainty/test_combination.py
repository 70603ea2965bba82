"""The error model against closed forms, and fitted to errors of known distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.training.calibration.fitting import fit_error_model
from elatbot_flows.uncertainty.combination import ErrorModel

COVARIANCE = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.05]])
MODEL = ErrorModel(
    bias=np.array([0.1, -0.2, 0.0]),
    covariance=COVARIANCE,
    rate=np.array([0.1, 0.2, 0.05]),
    excess=np.array([0.5, 0.8, 1.0]),
)
REGULAR = ErrorModel(MODEL.bias, COVARIANCE, np.zeros(3), MODEL.excess)


def drawn(model, n, seed):
    rng = np.random.default_rng(seed)
    m = len(model)
    errors = model.bias + rng.multivariate_normal(np.zeros(m), model.covariance, size=n)
    off = rng.random((n, m)) < model.rate
    return errors + off * rng.normal(size=(n, m)) * model.excess


def test_without_outliers_it_is_generalised_least_squares():
    values = np.array([4.0, 4.5, 4.2])
    found = REGULAR.combine(values)
    inverse = np.linalg.inv(COVARIANCE)
    weights = inverse.sum(axis=1) / inverse.sum()
    assert found.weights == pytest.approx(weights)
    assert found.value == pytest.approx(weights @ (values - MODEL.bias))
    assert found.sigma == pytest.approx(inverse.sum() ** -0.5)
    assert found.far_off == pytest.approx(np.zeros(3))


def test_posterior_is_that_of_the_density():
    values = np.array([4.0, 5.5, 4.2])

    def density(truth):
        return float(np.exp(MODEL.log_likelihood((values - truth)[None]))[0])

    norm = quad(density, 0, 10, points=[4, 4.2, 5.5])[0]
    mean = quad(lambda t: t * density(t), 0, 10, points=[4, 4.2, 5.5])[0] / norm
    second = quad(lambda t: t**2 * density(t), 0, 10, points=[4, 4.2, 5.5])[0] / norm
    found = MODEL.combine(values)
    assert found.value == pytest.approx(mean, rel=1e-6)
    assert found.sigma == pytest.approx(np.sqrt(second - mean**2), rel=1e-5)


def test_likelihood_of_regular_errors_is_normal():
    errors = np.array([[0.1, 0.3, -0.2], [0.4, np.nan, 0.1]])
    expected = [
        multivariate_normal(MODEL.bias, COVARIANCE).logpdf(errors[0]),
        multivariate_normal(MODEL.bias[[0, 2]], COVARIANCE[::2, ::2]).logpdf(errors[1, [0, 2]]),
    ]
    assert REGULAR.log_likelihood(errors) == pytest.approx(expected)


def test_who_is_contradicted_loses_weight_and_sigma_grows():
    agreeing = MODEL.combine(np.array([4.1, 3.8, 4.0]))
    contradicted = MODEL.combine(np.array([4.1, 3.8, 6.5]))
    assert contradicted.sigma > agreeing.sigma
    assert contradicted.far_off[2] > 0.9
    assert agreeing.far_off[2] < 0.1
    assert contradicted.weights[2] < 0.2 * agreeing.weights[2]


def test_a_stated_larger_error_means_less_weight():
    values = np.array([4.1, 3.8, 4.4])
    plain = MODEL.combine(values)
    doubtful = MODEL.combine(values, np.array([1.0, 1.0, 3.0]))
    assert doubtful.weights[2] < plain.weights[2]
    assert doubtful.sigma > plain.sigma


@given(
    st.lists(st.floats(0, 8) | st.just(float("nan")), min_size=3, max_size=3),
    st.floats(-5, 5),
)
def test_any_subset_combines_and_shifts_with_its_values(values, shift):
    array = np.array(values)
    if not np.isfinite(array).any():
        return
    found, moved = MODEL.combine(array), MODEL.combine(array + shift)
    assert found.weights.sum() == pytest.approx(1)
    assert (found.weights[np.isnan(array)] == 0).all()
    assert moved.value == pytest.approx(found.value + shift, abs=1e-7)
    assert moved.sigma == pytest.approx(found.sigma, rel=1e-5)


def test_one_estimate_alone_is_corrected_for_its_bias():
    found = MODEL.combine(np.array([np.nan, 4.0, np.nan]))
    assert found.value == pytest.approx(4.2)
    assert found.sigma == pytest.approx(np.sqrt(0.09 + 0.2 * 0.8**2))


def test_fit_finds_the_distribution_that_was_drawn_from():
    errors = drawn(MODEL, 1500, seed=0)
    errors[::4, 1] = np.nan
    found = fit_error_model(errors)
    assert found.bias == pytest.approx(MODEL.bias, abs=0.03)
    assert found.covariance == pytest.approx(MODEL.covariance, abs=0.012)
    assert found.rate == pytest.approx(MODEL.rate, abs=0.08)
    assert found.log_likelihood(errors).sum() > MODEL.log_likelihood(errors).sum() - 1


def test_combination_beats_its_members_and_their_mean():
    fitted = fit_error_model(drawn(MODEL, 150, seed=1))
    errors = drawn(MODEL, 400, seed=2)
    combined = np.abs([fitted.combine(row).value for row in errors]).mean()
    assert combined < 0.95 * np.abs(errors).mean(axis=0).min()
    assert combined < 0.95 * np.abs(errors.mean(axis=1)).mean()


def test_vector_of_parameters_goes_there_and_back():
    again = ErrorModel.from_parameters(MODEL.parameters(), 3)
    for name in ("bias", "covariance", "rate", "excess"):
        assert getattr(again, name) == pytest.approx(getattr(MODEL, name))


def test_too_few_materials_are_refused():
    errors = drawn(MODEL, 30, seed=0)
    errors[:22, 0] = np.nan
    with pytest.raises(UncertaintyError, match="only 8 materials"):
        fit_error_model(errors)
