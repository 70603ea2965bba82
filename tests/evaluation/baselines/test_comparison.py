"""Baselines next to the models that are scored."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.errors import ElatbotError
from elatbot_flows.evaluation import read_predictions, score_predictions
from elatbot_flows.evaluation.baselines import KINDS, add_baselines


def tensor(scale):
    return (scale * np.eye(6)).tolist()


def scored(**more):
    return {"formula": "Ni3Al", "label": tensor(100), "m": tensor(90), **more}


TRAINING = [
    {"formula": "Al25Ni75", "elastic_tensor_GPa": tensor(100), "material_id": "mp-1"},
    {"formula": "Ni", "elastic_tensor_GPa": tensor(110)},
    {"formula": "Al", "elastic_tensor_GPa": tensor(40)},
    {"formula": "Cu"},
]


def test_rows_whose_alloy_is_scored_are_left_out():
    records = [{"label": None}, scored(), scored(formula=None, material_id="mp-1")]
    predictions, reports = add_baselines(
        read_predictions(records), records, TRAINING, kinds=["nearest", "mean"]
    )
    assert list(predictions.models) == ["m", "baseline: nearest", "baseline: mean"]
    report = reports["baseline: nearest"]
    assert (report.rows, report.left_out, report.unusable) == (2, 1, {"no_tensor": 1})
    found = predictions.models["baseline: mean"].tensors
    assert found.shape == (2, 6, 6)
    assert np.allclose(found, 75 * np.eye(6))
    assert score_predictions(predictions, resamples=0)["baseline: nearest"].n == 2


@pytest.mark.parametrize("kind", KINDS)
def test_answers_do_not_leak(kind):
    records = [scored()]
    found = [
        add_baselines(read_predictions(records), records, [changed, *TRAINING[1:3]], kinds=[kind])
        for changed in (TRAINING[0], TRAINING[0] | {"elastic_tensor_GPa": tensor(9999)})
    ]
    first, second = (p.models[f"baseline: {kind}"].tensors for p, _ in found)
    assert (first == second).all()


def test_temperature_leaves_out_the_answer_only():
    training = [
        {"formula": "Ni3Al", "tensor": tensor(t), "temperature_K": t} for t in (100, 200, 300)
    ]
    records = [
        scored(temperature_K=200),
        scored(temperature_K=400),
        scored(formula="Cu", temperature_K=200),
        scored(),
    ]
    predictions, reports = add_baselines(
        read_predictions(records), records, training, kinds=["temperature"]
    )
    model, report = predictions.models["baseline: temperature"], reports["baseline: temperature"]
    assert np.allclose(model.tensors[0], 200 * np.eye(6))
    assert np.allclose(model.tensors[1], 300 * np.eye(6))
    assert (report.rows, report.left_out, report.extrapolated) == (2, 1, 1)
    assert [(u.row, u.reason) for u in model.unreadable] == [
        (3, "no_reference"),
        (4, "no_temperature"),
    ]


@pytest.mark.parametrize(
    ("change", "kinds", "words"),
    [
        ({"formula": None}, ["mean"], "record 1: it has no formula.*'material_formula'"),
        ({"formula": "x"}, ["mean"], "record 1: 'x' is not a formula"),
        ({}, ["temperature"], "add 'temperature_K'"),
        ({"baseline: mean": tensor(1)}, ["mean"], "rename it"),
    ],
)
def test_refusals(change, kinds, words):
    records = [scored(**change)]
    with pytest.raises(ElatbotError, match=words):
        add_baselines(read_predictions(records), records, TRAINING, kinds=kinds)


def test_nothing_left_to_learn_from():
    records = [scored()]
    with pytest.raises(ElatbotError, match="give a training file with other materials"):
        add_baselines(read_predictions(records), records, TRAINING[:1], kinds=["mean"])
