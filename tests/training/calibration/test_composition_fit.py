"""The composition model on labels that are a function of the composition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from elatbot_flows.training.calibration import composition as fitting
from elatbot_flows.training.calibration.calibrate import (
    JudgedMaterial,
    folds_of,
    priors_out_of_fold,
    shear_errors,
)
from elatbot_flows.training.calibration.composition import (
    KnownComposition,
    fit_composition,
    fit_hyperparameters,
)
from elatbot_flows.uncertainty.opinions import Opinion

STIFFNESS = {"Ti": 110, "V": 155, "Cu": 140, "Zr": 92, "Nb": 170, "Mo": 260, "Al": 76, "Ag": 104}


@pytest.fixture(scope="module")
def rows():
    found = []
    for (a, b), share in itertools.product(itertools.combinations(STIFFNESS, 2), (0.25, 0.5, 0.75)):
        bulk = STIFFNESS[a] ** share * STIFFNESS[b] ** (1 - share)
        formula = f"{a}{int(4 * share)}{b}{int(4 * (1 - share))}"
        found.append(KnownComposition(formula, {a: share, b: 1 - share}, 15.0, bulk, 0.4 * bulk))
    return found


@pytest.fixture(scope="module")
def chosen(rows):
    return fit_hyperparameters(rows)


def test_left_out_compositions_are_predicted(rows, chosen):
    model = fit_composition([row for row in rows if "Cu" not in row.formula[:2]], chosen)
    asked = [row for row in rows if row.formula.startswith("Cu2")]
    means, deviations = model.predict([row.shares for row in asked], [15.0] * len(asked))
    truth = np.log([[row.bulk_modulus, row.shear_modulus] for row in asked])
    assert np.abs(means - truth).max() < 0.3
    assert (deviations > 0).all()


def test_what_is_far_from_all_rows_is_less_sure(rows, chosen):
    model = fit_composition(rows, chosen)
    _, (near, far) = model.predict([{"Ti": 0.5, "V": 0.5}, {"Cs": 0.5, "F": 0.5}], [15.0, 40.0])
    assert far > near


def test_variance_through_few_rows_is_nearly_the_exact_one(rows, chosen, monkeypatch):
    exact = fit_composition(rows, chosen)
    monkeypatch.setattr(fitting, "_MOST_CHOSEN", 50)
    few = fit_composition(rows, chosen)
    asked = [{"Ti": 0.5, "Ag": 0.5}, {"Cs": 0.5, "F": 0.5}]
    deviations = [model.predict(asked, [15.0, 40.0])[1] for model in (exact, few)]
    assert deviations[1] == pytest.approx(deviations[0], rel=0.2)


def test_a_material_is_never_in_the_model_that_is_asked_about_it(rows, chosen):
    wrong = [
        KnownComposition(row.formula, row.shares, 15.0, 1e4, 1e4) if i == 5 else row
        for i, row in enumerate(rows)
    ]
    asked = [JudgedMaterial(r.formula, r.shares, 15.0, 1.0, 1.0) for r in rows]
    told = priors_out_of_fold(rows, chosen, asked)[5]
    again = priors_out_of_fold(wrong, chosen, asked)[5]
    assert told == again


def test_errors_of_a_potential_are_told_by_the_composition(rows, chosen, monkeypatch):
    """A potential that is the softer the more Ti and the more V there is, without noise."""
    monkeypatch.setattr(fitting, "_ERROR_NOISE", 1e-5)

    def softness(shares):
        return -0.6 * shares.get("Ti", 0.0) - 0.3 * shares.get("V", 0.0)

    materials = [
        JudgedMaterial(
            row.formula,
            row.shares,
            15.1,
            row.bulk_modulus,
            row.shear_modulus,
            {"soft": Opinion(None, row.shear_modulus * np.exp(softness(row.shares)))},
        )
        for row in rows[::2]
    ]
    errors = shear_errors(rows, materials, ["soft"])
    assert np.isnan(errors[1::2]).all()
    model = fit_composition(rows, chosen, errors)
    asked = [{"Ti": 0.6, "Ag": 0.4}, {"Ag": 0.6, "Cu": 0.4}, {"V": 0.5, "Ti": 0.5}]
    for volumes in ([15.0] * 3, [None] * 3):
        (soft, plain, softest), _ = model.predict(asked, volumes)
        assert softest[2] < soft[2] < plain[2] - 0.1


def test_folds_keep_formulas_together():
    folds = folds_of(["A", "B", "A", "C", "D", "B"], 3)
    assert folds[0] == folds[2]
    assert folds[1] == folds[5]
    assert set(folds) <= {0, 1, 2}
