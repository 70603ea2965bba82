"""Tokens are drawn from the right distribution."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.engines.mini.sampler import choose

LOGITS = np.log([[0.5, 0.3, 0.15, 0.05]])
ALL = np.ones((1, 4), dtype=bool)


def frequencies(allowed=ALL, temperature=1.0, top_p=1.0, n=20_000):
    draws = (np.arange(n) + 0.5) / n
    rows = np.repeat(LOGITS, n, axis=0)
    picked = choose(
        rows, np.repeat(allowed, n, axis=0), draws, temperature=temperature, top_p=top_p
    )
    return np.bincount(picked, minlength=4) / n


def test_probabilities_are_kept():
    assert frequencies() == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=1e-3)


def test_forbidden_tokens_never_come():
    allowed = np.array([[False, True, True, False]])
    assert frequencies(allowed) == pytest.approx([0, 2 / 3, 1 / 3, 0], abs=1e-3)
    assert frequencies(allowed, temperature=0.0).tolist() == [0, 1, 0, 0]


def test_temperature_flattens():
    expected = np.sqrt([0.5, 0.3, 0.15, 0.05])
    assert frequencies(temperature=2.0) == pytest.approx(expected / expected.sum(), abs=1e-3)


def test_nucleus_cuts_the_tail():
    assert frequencies(top_p=0.75) == pytest.approx([0.625, 0.375, 0, 0], abs=1e-3)
    assert frequencies(top_p=1e-9).tolist() == [1, 0, 0, 0]


def test_largest_draw_stays_inside():
    edge = np.array([np.nextafter(1.0, 0.0)])
    assert choose(LOGITS, ALL, edge, temperature=1.0, top_p=1.0) == [3]
