"""Intervals for predicted numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.predictions import PredictionCalibration, calibrate_predictions


def materials(n, seed):
    """Predictions with errors proportional to a known scale, of long tails."""
    rng = np.random.default_rng(seed)
    labels = rng.uniform(10, 300, n)
    scale = 0.02 * labels + 1
    return labels + scale * rng.standard_t(3, n), labels, scale


def test_interval_by_hand():
    found = calibrate_predictions([10.0] * 9, 10 + np.arange(1.0, 10.0), coverages=[0.5, 0.9])
    assert found.interval(100.0, coverage=0.5) == (95, 105)  # fifth smallest of nine errors
    assert found.interval(100.0, coverage=0.9) == (91, 109)
    assert found.interval(100.0, coverage=0.95) == (-math.inf, math.inf)
    assert len(found) == 9


def test_intervals_follow_the_scale():
    predicted, labels, scale = materials(200, 1)
    found = calibrate_predictions(predicted, labels, scale)
    low, high = found.interval(100.0, 2.0)
    assert found.interval(100.0, 4.0) == pytest.approx((100 - (high - low), 100 + (high - low)))
    other = calibrate_predictions(predicted, labels, 7 * scale)  # the unit of scales is free
    assert other.interval(100.0, 14.0) == pytest.approx((low, high))


@pytest.mark.parametrize("with_scale", [True, False])
def test_coverage_is_as_stated_on_other_materials(with_scale):
    """Mean over many divisions: stated within three standard errors, and no more than 1/(n+1)."""
    measured = {0.5: [], 0.8: [], 0.9: []}
    for seed in range(200):
        predicted, labels, scale = materials(160, seed)
        given = scale if with_scale else None
        found = calibrate_predictions(
            predicted[:60], labels[:60], None if given is None else given[:60]
        )
        for row in found.measure(
            predicted[60:], labels[60:], None if given is None else given[60:]
        ):
            measured[row.stated].append(row.measured)
    for stated, shares in measured.items():
        error = np.std(shares) / math.sqrt(len(shares))
        assert stated - 3 * error <= np.mean(shares) <= stated + 1 / 61 + 3 * error


def test_measured_is_the_share_inside_the_intervals():
    predicted, labels, scale = materials(150, 4)
    found = calibrate_predictions(predicted[:70], labels[:70], scale[:70])
    rows = found.measure(predicted[70:], labels[70:], scale[70:], coverages=(0.7,))
    edges = [found.interval(p, s, 0.7) for p, s in zip(predicted[70:], scale[70:], strict=True)]
    inside = [low <= t <= high for (low, high), t in zip(edges, labels[70:], strict=True)]
    assert [(row.stated, row.n) for row in rows] == [(0.7, 80)]
    assert rows[0].measured == pytest.approx(np.mean(inside))
    assert rows[0].width == pytest.approx(np.median([high - low for low, high in edges]))


@pytest.mark.parametrize("scale", [None, [1.0, 2.0, 3.0, 1.0]])
def test_a_file_keeps_everything(tmp_path, scale):
    found = calibrate_predictions([1.0, 2, 3, 4], [1.5, 2, 2, 7], scale, (0.5,), note="K, GPa")
    found.save(tmp_path / "calibration.json")
    again = PredictionCalibration.load(tmp_path / "calibration.json")
    assert (again.note, again.scaled) == ("K, GPa", scale is not None)
    one = None if scale is None else 1.7
    assert again.interval(3.3, one, 0.6) == found.interval(3.3, one, 0.6)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format_version": 2}',
        '{"format_version": 1, "scaled": false, "note": ""}',
        '{"format_version": 1, "scaled": false, "note": "", "residuals": []}',
        '{"format_version": 1, "scaled": false, "note": "", "residuals": [NaN]}',
        '{"format_version": 1, "scaled": false, "note": "", "residuals": ["x"]}',
    ],
)
def test_refuses_files_that_are_none(tmp_path, content):
    file = tmp_path / "calibration.json"
    with pytest.raises(UncertaintyError):
        PredictionCalibration.load(file)
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UncertaintyError):
        PredictionCalibration.load(file)


def test_file_is_json_for_people():
    found = calibrate_predictions([1.0, 2.0], [1.5, 2.0], coverages=(0.5,))
    assert json.loads(json.dumps(found.as_dict()))["residuals"] == [0.0, 0.5]


@pytest.mark.parametrize(
    ("predicted", "labels", "scale", "words"),
    [
        ([], [], None, "list"),
        ([1.0], [1.0, 2.0], None, "list"),
        ([[1.0]], [[1.0]], None, "list"),
        ([1.0, math.nan], [1.0, 1.0], None, "not finite"),
        ([1.0, 1.0], [math.inf, 1.0], None, "not finite"),
        ([1.0, 1.0], [1.0, 1.0], [1.0, 0.0], "floor"),
        ([1.0, 1.0], [1.0, 1.0], [1.0], "one for each"),
        ([1.0] * 8, [1.0] * 8, None, "give 9 at least"),
    ],
)
def test_refuses_what_cannot_be_calibrated(predicted, labels, scale, words):
    with pytest.raises(UncertaintyError, match=words):
        calibrate_predictions(predicted, labels, scale)


def test_scales_are_given_always_or_never():
    predicted, labels, scale = materials(20, 0)
    without = calibrate_predictions(predicted, labels)
    with_scales = calibrate_predictions(predicted, labels, scale)
    with pytest.raises(UncertaintyError, match="leave the scale out"):
        without.interval(1.0, 1.0)
    with pytest.raises(UncertaintyError, match="give that of the prediction"):
        with_scales.interval(1.0)
    with pytest.raises(UncertaintyError, match="positive"):
        with_scales.interval(1.0, 0.0)
    with pytest.raises(UncertaintyError, match="finite"):
        without.interval(math.nan)
    with pytest.raises(UncertaintyError, match="coverage"):
        without.interval(1.0, coverage=1.0)
