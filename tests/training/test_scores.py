"""Errors of moduli."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.training.scores import error_scores


def test_scores_of_a_perfect_and_a_useless_prediction():
    labels = np.array([10.0, 20.0, 30.0])
    assert error_scores(labels, labels) == {
        "mae": 0.0,
        "median": 0.0,
        "r2": 1.0,
        "rho": pytest.approx(1.0),
    }
    assert error_scores(labels, labels[::-1])["rho"] == pytest.approx(-1.0)
