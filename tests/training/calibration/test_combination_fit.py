"""Fitting and calibrating on materials whose errors are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from elatbot_flows.training.calibration.combination import (
    KnownMaterial,
    calibrate,
    choose_scale,
    fit_scale,
)
from elatbot_flows.uncertainty import Combination
from elatbot_flows.uncertainty.calibrated import Member

MEMBERS = ("soft", "good", "text")


def materials(n, seed):
    """Members with a bias, without one, and with an error that it states."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(n):
        truth = float(np.exp(rng.normal(4.5, 0.8)))
        stated = 0.05 * float(np.exp(rng.normal(0, 1)))
        values = truth * np.exp(rng.normal([-0.3, 0.0, 0.0], [0.1, 0.08, stated]))
        said = {"soft": float(values[0]), "good": float(values[1])}
        said["text"] = (float(values[2]), float(stated * values[2]))
        for name in MEMBERS[:2]:
            if rng.random() < 0.15:
                del said[name]
        made.append(KnownMaterial(f"formula {number}", truth, "ab"[number % 2], said))
    return made


def test_fit_finds_bias_and_errors():
    scale = fit_scale(materials(400, 0), MEMBERS, offset=0.0, power=1.0)
    assert scale.model.bias == pytest.approx([-0.3, 0.0, 0.0], abs=0.02)
    spread = np.sqrt(np.diag(scale.model.covariance))
    assert spread[:2] == pytest.approx([0.1, 0.08], abs=0.02)
    assert spread[2] / scale.typical["text"] == pytest.approx(1.0, abs=0.2)


@pytest.mark.slow
def test_choice_sees_that_errors_are_relative_and_stated():
    scale, tried = choose_scale(materials(120, 1), MEMBERS, offsets=(0.0, 300.0), powers=(0.0, 1.0))
    assert (scale.offset, scale.power) == (0.0, 1.0)
    assert len(tried) == 4


def test_calibration_uses_the_materials_that_have_the_members():
    scale = fit_scale(materials(100, 2), MEMBERS)
    known = materials(80, 3)
    found = calibrate(scale, known)
    assert len(found) == 7
    for names, kinds in found.items():
        for kind, calibration in kinds.items():
            fitting = [m for m in known if m.kind == kind and set(names) <= set(m.opinions)]
            assert len(calibration) == len(fitting)


def test_intervals_hold_on_new_materials():
    scale = fit_scale(materials(150, 4), MEMBERS, power=1.0)
    calibrations = {"bulk_modulus": calibrate(scale, materials(300, 5))}
    members = tuple(Member(name) for name in MEMBERS)
    combination = Combination(members, {"bulk_modulus": scale}, calibrations)
    new = materials(400, 6)
    found = [combination.combine(m.opinions, coverage=0.8) for m in new]
    inside = np.mean([e.low <= m.truth <= e.high for e, m in zip(found, new, strict=True)])
    assert inside == pytest.approx(0.8, abs=0.08)
    errors = np.array([math.log(e.value / m.truth) for e, m in zip(found, new, strict=True)])
    assert np.abs(errors).mean() < 0.06
