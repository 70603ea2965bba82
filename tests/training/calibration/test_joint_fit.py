"""Fits to materials whose distribution is known: are parameters found, do intervals hold?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.training.calibration import joint as fitting
from elatbot_flows.training.calibration.joint import fit_errors, log_density, number_layout
from elatbot_flows.training.calibration.spread import (
    Estimated,
    calibrate_spread,
    estimate_with,
    subsets,
)
from elatbot_flows.uncertainty.evidence import FEATURES, Evidence
from elatbot_flows.uncertainty.joint import posterior
from elatbot_flows.uncertainty.kinds import KINDS
from elatbot_flows.uncertainty.spread import SpreadTable, Stated

HAS_SHEAR = (True, False)
NAMES = ("potential", "text")
SPREADS = np.array([0.15, 0.3, 0.06, 0.2, 0.12])
BIASES = np.array([0.0, 0.0, -0.05, -0.4, 0.03])


def synthetic(n, seed, *, far_off=0.0, failing=0.0):
    """Materials, the evidence on them and their kinds; magnetic ones have errors twice as large."""
    random = np.random.default_rng(seed)
    _, shear = number_layout(HAS_SHEAR)
    kinds = random.choice(KINDS, n)
    truth = np.column_stack([random.normal(4.5, 0.6, n), random.normal(3.7, 0.7, n)])
    wide = np.where(kinds == "magnetic", 2.0, 1.0)[:, None]
    values = truth[:, shear] + BIASES + random.normal(size=(n, 5)) * SPREADS * wide
    values[random.random(n) < far_off, 2] += 1.5
    failed = np.zeros((n, 3))
    failed[:, 1] = random.random(n) < failing
    given = np.ones((n, 5))
    given[:, 3] = 1 - failed[:, 1]
    given[random.random(n) < 0.3, 4] = 0
    features = np.column_stack(
        [np.ones(n), kinds == "other", kinds == "magnetic", *np.zeros((3, n))]
    ).astype(float)
    assert features.shape[1] == len(FEATURES)
    stated = np.full((n, 3), np.nan)
    return Evidence(values * given, given, failed, stated, features, np.zeros(n)), truth, kinds


@pytest.fixture(scope="module")
def fitted():
    evidence, truth, _ = synthetic(500, 0, far_off=0.04, failing=0.1)
    return fit_errors(evidence, truth, HAS_SHEAR)


def test_biases_and_spreads_are_found(fitted):
    assert fitted.bias[:, 0] == pytest.approx(BIASES, abs=0.06)
    assert np.exp(fitted.spread[:, 0]) == pytest.approx(SPREADS, rel=0.25)
    assert np.exp(fitted.spread[2:, 2]) == pytest.approx(np.full(3, 2.0), rel=0.35)


def test_rare_large_errors_are_told_from_ordinary_ones(fitted):
    assert 0.01 < fitted.rate[1] < 0.15
    assert fitted.excess[2] > 0.5


def test_intervals_hold_on_other_materials(fitted):
    evidence, truth, kinds = synthetic(1500, 1, far_off=0.04, failing=0.1)
    rows = np.arange(1500)
    stated = {
        names: estimate_with(names, NAMES, fitted, evidence, truth, rows)
        for names in subsets(NAMES)
    }
    table = calibrate_spread(stated, kinds)
    again, true, kinds = synthetic(1500, 2, far_off=0.04, failing=0.1)
    for names in ((), ("potential",), NAMES):
        found = estimate_with(names, NAMES, fitted, again, true, rows)
        for kind in KINDS:
            of_kind = np.flatnonzero(kinds[found.rows] == kind)
            assert inside(table, found, of_kind, names, kind, true) == pytest.approx(0.8, abs=0.06)


def inside(table, found, places, names, kind, truth):
    """Share of materials within intervals of 80 %, of both moduli."""
    hits = []
    for i in places:
        true = truth[found.rows[i]]
        alone = Stated(*(part[[i]] for part in found.stated))
        stated, _ = table.distribution(names, kind, alone)
        for name, value in zip(("bulk_modulus", "shear_modulus"), np.exp(true), strict=True):
            low, high = stated.interval(name, 0.8)
            hits.append(low <= value <= high)
    return np.mean(hits)


def test_density_of_a_mixture():
    evidence, truth, _ = synthetic(3, 5)
    source, shear = number_layout(HAS_SHEAR)
    start, typical = fitting._start(*synthetic(200, 6)[:2], source, shear)
    import torch

    fixed = {"source": source, "shear": shear, "typical": typical}
    tensors = {n: torch.as_tensor(v) for n, v in (start | fixed).items()}
    model = fitting._model({n: tensors[n] for n in start}, {n: tensors[n] for n in fixed})
    plain = type(model)(**{n: np.asarray(v) for n, v in vars(model).items()})
    mixture = posterior(plain, evidence)
    by_hand = [
        np.log(
            sum(
                w * np.exp(-0.5 * (t - m) @ np.linalg.solve(c, t - m)) / np.sqrt(np.linalg.det(c))
                for w, m, c in zip(ws, ms, cs, strict=True)
            )
            / (2 * np.pi)
        )
        for ws, ms, cs, t in zip(
            mixture.weights, mixture.means, mixture.covariances, truth, strict=True
        )
    ]
    assert log_density(mixture, truth) == pytest.approx(by_hand)


def drawn(n, scales):
    """Stated deviations of one, disagreements, and errors of a t distribution of other scales."""
    random = np.random.default_rng(0)
    disagreements = random.normal(0, 0.7, (n, 2))
    normal, chi = random.normal(size=(n, 2)), random.chisquare(4, (n, 1))
    failed = random.choice([0.0, 0.5, 1.0], n)
    means, covariances = np.tile([4.5, 3.7], (n, 1)), np.tile(np.eye(2), (n, 1, 1))
    distances = random.normal(0, 0.3, (n, 2, 2))
    stated = Stated(means, covariances, disagreements, failed, distances, np.zeros(n))
    wider = np.exp(0.5 * disagreements + 0.4 * failed[:, None])
    errors = normal / np.sqrt(chi / 4) * scales * wider
    return Estimated(np.arange(n), errors, stated)


def test_how_far_estimates_move_towards_a_source_is_found():
    found = drawn(4000, [0.02, 0.03])
    moved = found.errors + 0.3 * found.stated.pulls[:, :, 1]
    table = calibrate_spread({(): replace(found, errors=moved)}, np.full(4000, "metal"))
    assert table.weights[()] == pytest.approx(np.array([[0, 0.3], [0, 0.3]]), abs=0.03)
    left = table.means((), found.stated) - found.stated.means - 0.3 * found.stated.pulls[:, :, 1]
    assert np.abs(left).max() < 0.01


def test_a_source_that_is_far_off_pulls_no_harder():
    pulls = drawn(1, [1.0, 1.0]).stated._replace(distances=np.array([0.01, 0.5, -5.0])).pulls
    assert pulls == pytest.approx([0.01, 0.1, -0.1], rel=0.01)


def test_scales_tail_and_the_effect_of_disagreement_are_found():
    found = drawn(4000, [1.7, 0.6])
    table = calibrate_spread({(): found}, np.full(4000, "metal"))
    assert table.tail == pytest.approx(4.0, rel=0.15)
    assert table.slopes[()][:, -2] == pytest.approx([0.5, 0.5], abs=0.1)
    assert table.slopes[()][:, -1] == pytest.approx([0.4, 0.4], abs=0.1)
    usual = table.usual_scales((), "metal")
    assert usual.log_scales == pytest.approx(np.exp(0.2) * np.array([1.7, 0.6]), rel=0.1)


def test_what_was_never_seen_together_is_refused():
    table = calibrate_spread({(): drawn(200, [1.0, 1.0])}, np.full(200, "metal"))
    again = SpreadTable.from_dict(table.as_dict())
    assert again.usual == table.usual
    with pytest.raises(UncertaintyError, match="text"):
        again.usual_scales(("text",), "metal")


def test_too_few_materials_are_refused():
    evidence, truth, _ = synthetic(15, 0)
    with pytest.raises(UncertaintyError, match="fewer than 20"):
        fit_errors(evidence, truth, HAS_SHEAR)
