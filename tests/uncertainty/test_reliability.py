"""Stated against measured probabilities."""

from __future__ import annotations

import math

import numpy as np

from elatbot_flows.uncertainty.reliability import (
    coverage_table,
)


def test_coverage_counts_both_edges():
    truths = np.array([1.0, 2.0, 3.0, 4.0])
    intervals = {0.9: (np.zeros(4), np.full(4, 9.0)), 0.5: (np.full(4, 2.0), np.full(4, 3.0))}
    table = coverage_table(truths, intervals)
    assert [(r.stated, r.measured, r.n, r.width) for r in table] == [
        (0.5, 0.5, 4, 1.0),
        (0.9, 1.0, 4, 9.0),
    ]


def test_no_materials_give_no_number():
    (row,) = coverage_table(np.array([]), {0.5: (np.array([]), np.array([]))})
    assert math.isnan(row.measured)
    assert row.width is None
