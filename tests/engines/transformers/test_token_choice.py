"""Drawing tokens: exactly the distribution that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.engines.transformers.token_choice import NOT_FINITE, choose_tokens

scores = st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=12, unique=True)


def naive(values, temperature, top_p, top_k):
    """Probabilities after temperature, then the best `top_k`, then the nucleus."""
    weights = np.exp(np.array(values) / temperature - max(values) / temperature)
    order = sorted(range(len(values)), key=lambda i: -values[i])[: top_k or None]
    share = {i: weights[i] / sum(weights[j] for j in order) for i in order}
    kept, total = {}, 0.0
    for i in order:
        if total >= top_p:
            break
        kept[i] = share[i]
        total += share[i]
    return np.array([kept.get(i, 0.0) for i in range(len(values))]) / sum(kept.values())


@given(scores, st.floats(0.2, 3), st.floats(0.05, 1), st.integers(0, 5))
def test_distribution(values, temperature, top_p, top_k):
    draws = (torch.arange(400) + 0.5) / 400
    logits = torch.tensor(values).expand(400, -1)
    picked = choose_tokens(logits, draws, temperature=temperature, top_p=top_p, top_k=top_k)
    found = np.bincount(picked.numpy(), minlength=len(values)) / 400
    # The edge of a nucleus may fall on either side of a rounding error.
    edge = naive(values, temperature, min(1.0, top_p + 1e-9), top_k)
    expected = naive(values, temperature, top_p, top_k)
    assert min(abs(found - expected).max(), abs(found - edge).max()) < 0.01


def test_wide_nucleus_of_many_tokens():
    """More tokens than are looked at first."""
    logits = torch.zeros(2, 5000) + torch.linspace(0, 1e-3, 5000)
    picked = choose_tokens(logits, torch.tensor([0.0, 0.999999]), temperature=1, top_p=0.5)
    assert picked.tolist()[0] == pytest.approx(2500, abs=2)
    assert picked.tolist()[1] == 4999


@pytest.mark.parametrize("temperature", [0.0, 0.7])
@pytest.mark.parametrize("top_k", [0, 3])
def test_allowed(temperature, top_k):
    logits = torch.tensor([[9.0, 8, 1, 0, 0.5, -3]])
    allowed = torch.tensor([[False, False, True, False, True, False]])
    picked = {
        choose_tokens(
            logits,
            torch.tensor([draw]),
            temperature=temperature,
            top_p=0.999,
            top_k=top_k,
            allowed=allowed,
        ).item()
        for draw in (0.0, 0.3, 0.9, 1 - 2**-24)
    }
    assert picked == ({2} if temperature == 0 else {2, 4})


def test_not_finite():
    logits = torch.tensor([[1.0, float("nan")], [1.0, 2.0]])
    for temperature in (0.0, 1.0):
        picked = choose_tokens(logits, torch.tensor([0.5, 0.99]), temperature=temperature)
        assert picked.tolist() == [NOT_FINITE, 1]
