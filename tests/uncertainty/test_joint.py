"""The error model against Gaussians done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.uncertainty.evidence import FEATURES, Evidence, Prior, gather
from elatbot_flows.uncertainty.joint import (
    ErrorModel,
    disagreement,
    failed_share,
    patterns,
    posterior,
)
from elatbot_flows.uncertainty.opinions import Opinion

SOURCE, SHEAR = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0])
"""Composition with K and G, a potential with K and G, a text model with K."""
SPREADS = np.array([0.2, 0.4, 0.1, 0.3, 0.15])


def model(rate=1e-200, correlation=0.0, **changes):
    size = len(SOURCE)
    constant = np.eye(1, len(FEATURES))
    fields = {
        "source": SOURCE,
        "shear": SHEAR,
        "bias": np.zeros((size, len(FEATURES))),
        "spread": np.log(SPREADS)[:, None] * constant,
        "correlation": np.eye(size) * (1 - correlation) + correlation,
        "failed_bias": np.zeros(size),
        "failed_variance": np.full(size, 0.04),
        "shift": np.zeros(size),
        "widening": np.zeros(size),
        "blindness": np.log([2.0, 2.0, 1.0, 1.0, 1.0]),
        "rate": np.full(3, rate),
        "excess": np.full(size, 1.0),
        "power": np.array([0.0, 0.0, 1.0]),
        "typical": np.array([0.0, 0.0, np.log(0.1)]),
    }
    return ErrorModel(**(fields | changes))


def evidence(values, given=(1, 1, 1, 1, 1), failed=(0, 0, 0), stated=np.nan, blind=0.0):
    known = np.array([given], dtype=float)
    features = np.eye(1, len(FEATURES))
    log_stated = np.array([[np.nan, np.nan, stated]])
    arrays = (np.array([values]) * known, known, np.array([failed], dtype=float), log_stated)
    return Evidence(*arrays, features, np.array([blind]))


def moments(found_model, found_evidence):
    mean, covariance = posterior(found_model, found_evidence).moments()
    return mean[0], np.sqrt(np.diag(covariance[0]))


def test_independent_errors_are_averaged_by_their_precision():
    mean, deviation = moments(model(), evidence([4.0, 3.0, 4.3, 3.3, 4.2]))
    weights = 1 / SPREADS**2
    bulk, shear = weights[[0, 2, 4]], weights[[1, 3]]
    expected = [bulk @ [4.0, 4.3, 4.2] / bulk.sum(), shear @ [3.0, 3.3] / shear.sum()]
    assert mean == pytest.approx(expected, abs=1e-6)
    assert deviation == pytest.approx([bulk.sum() ** -0.5, shear.sum() ** -0.5], rel=1e-4)


def test_without_judges_the_composition_is_what_is_known():
    mean, deviation = moments(model(), evidence([4.0, 3.0, 9, 9, 9], given=(1, 1, 0, 0, 0)))
    assert mean == pytest.approx([4.0, 3.0])
    assert deviation == pytest.approx([0.2, 0.4], rel=1e-4)
    _, blind = moments(model(), evidence([4.0, 3.0, 9, 9, 9], given=(1, 1, 0, 0, 0), blind=1.0))
    assert blind == pytest.approx(2 * deviation, rel=1e-4)


def test_what_is_not_given_has_no_part():
    first = moments(model(correlation=0.3), evidence([4.0, 3.0, 4.3, 0, 4.2], (1, 1, 1, 0, 1)))
    second = moments(model(correlation=0.3), evidence([4.0, 3.0, 4.3, 77, 4.2], (1, 1, 1, 0, 1)))
    assert np.allclose(first, second)


def test_a_stated_deviation_counts_in_proportion():
    sure = moments(model(), evidence([4.0, 3.0, 4.3, 3.3, 5.0], stated=np.log(0.02)))
    unsure = moments(model(), evidence([4.0, 3.0, 4.3, 3.3, 5.0], stated=np.log(0.5)))
    assert sure[0][0] > 4.8
    assert unsure[0][0] < 4.5


def test_a_failed_crystal_counts_less():
    passed = moments(model(), evidence([4.0, 3.0, 5.0, 0, 0], (1, 1, 1, 0, 0)))
    failed = moments(model(), evidence([4.0, 3.0, 5.0, 0, 0], (1, 1, 1, 0, 0), (0, 1, 0)))
    assert failed[0][0] < passed[0][0]
    assert failed[1][0] > passed[1][0]


def test_one_that_is_far_off_loses_its_weight():
    values = [4.0, 3.0, 6.0, 3.0, 4.0]
    plain, robust = (moments(model(rate=r), evidence(values)) for r in (1e-200, 0.05))
    assert plain[0][0] > 5
    assert robust[0][0] < 4.2
    found = posterior(model(rate=0.05), evidence(values))
    far_off = found.weights[0] @ np.array(patterns(3))
    assert far_off.argmax() == 1
    assert far_off[1] > 0.9


def test_a_correlated_error_of_bulk_and_shear_moves_both():
    mean, _ = moments(model(correlation=0.8), evidence([4.0, 3.0, 4.0, 0, 0], (1, 1, 1, 0, 0)))
    assert mean == pytest.approx([4.0, 3.0], abs=1e-6)
    mean, _ = moments(model(correlation=0.8), evidence([4.0, 3.0, 4.3, 0, 0], (1, 1, 1, 0, 0)))
    assert mean[0] > 4.1
    assert mean[1] > 3.1


def test_disagreement_by_hand():
    said = evidence([4.0, 3.0, 4.3, 3.3, 9.9], given=(1, 1, 1, 1, 0))
    found = disagreement(model(), said, np.array([[4.1, 3.3]]))
    bulk = (0.1 / 0.2) ** 2 + (0.2 / 0.1) ** 2
    shear = (0.3 / 0.4) ** 2
    assert found == pytest.approx(np.log([[(4 + bulk) / 6, (4 + shear) / 6]]))


def test_expected_errors_of_shear_moduli_are_taken_off():
    prior = Prior((4.0, 3.0), 0.2, with_volume=True, ionicity=0.5, shear_errors=(-0.4, 0.1))
    opinions = {"a": Opinion(50.0, 20.0), "b": Opinion(50.0, 20.0)}
    found = gather([(prior, "metal", opinions)], {"a": True, "text": False, "b": True})
    assert np.exp(found.values[0, [3, 6]]) == pytest.approx([20 * np.exp(0.4), 20 * np.exp(-0.1)])
    assert np.exp(found.values[0, [2, 5]]) == pytest.approx([50.0, 50.0])
    assert found.features[0] == pytest.approx([1.0, 0.0, 0.0, -0.5, 0.2, 0.2])


def test_a_model_survives_a_file():
    again = ErrorModel.from_dict(model(rate=0.05).as_dict())
    found = evidence([4.0, 3.0, 4.3, 3.3, 4.2])
    expected = posterior(model(rate=0.05), found).moments()[0]
    assert np.allclose(posterior(again, found).moments()[0], expected, atol=1e-3)


def test_torch_gives_the_same_numbers():
    import torch

    parts = {n: torch.as_tensor(np.asarray(v)) for n, v in vars(model(0.05, 0.3)).items()}
    said = evidence([4.0, 3.0, 4.9, 3.3, 4.2], stated=-2.0)
    tensors = Evidence(**{n: torch.as_tensor(v) for n, v in vars(said).items()})
    mean, covariance = posterior(ErrorModel(**parts), tensors, torch).moments()
    expected = posterior(model(0.05, 0.3), said).moments()
    assert np.allclose(mean.numpy(), expected[0])
    assert np.allclose(covariance.numpy(), expected[1])


def test_only_who_looks_at_crystals_counts_among_those_that_failed():
    values = [5.0, 4.0, 5.0, 4.0, 5.0]
    assert failed_share(model(), evidence(values)) == pytest.approx([0.0])
    failing = evidence(values, given=(1, 1, 1, 0, 1), failed=(0, 1, 0))
    assert failed_share(model(), failing) == pytest.approx([1.0])
    silent = evidence(values, given=(1, 1, 0, 0, 1))
    assert failed_share(model(), silent) == pytest.approx([0.0])
