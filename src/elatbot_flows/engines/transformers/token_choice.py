"""Drawing the next token from the scores of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["NOT_FINITE", "choose_tokens"]

_FIRST_LOOK = 256
NOT_FINITE = -1
"""Stands for a token where the scores of a row are not numbers."""


def choose_tokens(
    logits: Tensor,
    draws: Tensor,
    *,
    temperature: float,
    top_p: float = 1.0,
    top_k: int = 0,
    allowed: Tensor | None = None,
) -> Tensor:
    """Draw one token per row by inverting the cumulative distribution over token numbers.

    The order of token numbers, not of probabilities, makes the choice depend as little as possible
    on the last digits of the scores, which differ from batch to batch.

    Parameters
    ----------
    logits
        Shape ``(rows, tokens)``.
    draws
        Uniform random numbers in [0, 1), shape ``(rows,)``.
    temperature
        Divides the scores; 0 takes the most likely token.
    top_p
        Of the tokens left by `top_k`, keep the likeliest that together reach this probability
        (nucleus sampling, Holtzman et al. 2020); 1 keeps all.
    top_k
        Keep so many of the likeliest tokens; 0 keeps all.
    allowed
        Tokens to choose from, shape of `logits`; every row allows at least one.

    Returns
    -------
    Tensor
        Token numbers, shape ``(rows,)``; `NOT_FINITE` where scores are not numbers.
    """
    import torch

    # Apple's GPUs have no double precision.
    scores = logits.float() if logits.device.type == "mps" else logits.double()
    broken = scores.isnan().any(dim=1)
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    if temperature == 0:
        picked = scores.argmax(dim=1)
    else:
        picked = _draw(scores / temperature, draws.to(scores.dtype).to(scores.device), top_p, top_k)
    return picked.masked_fill(broken, NOT_FINITE)


def _draw(scores: Tensor, draws: Tensor, top_p: float, top_k: int) -> Tensor:

    count = scores.shape[1]
    if top_p >= 1 and not 0 < top_k < count:
        return _invert(scores.softmax(dim=1), draws)
    whole = scores.logsumexp(dim=1, keepdim=True)
    best = scores.topk(min(top_k or _FIRST_LOOK, count), dim=1)
    if not top_k and bool((best.values.logsumexp(dim=1) - whole[:, 0]).exp().min() < top_p):
        best = scores.topk(count, dim=1)
    weights = (best.values - whole).exp()
    if top_k:
        weights = weights / weights.sum(dim=1, keepdim=True)
    before = weights.cumsum(dim=1) - weights
    weights = weights.masked_fill(before >= top_p, 0.0)
    order = best.indices.argsort(dim=1)
    place = _invert(weights.gather(1, order), draws)
    return best.indices.gather(1, order).gather(1, place[:, None])[:, 0]


def _invert(weights: Tensor, draws: Tensor) -> Tensor:
    """Place of the first weight with which the sum of weights exceeds a share of their total."""
    import torch

    reach = weights.cumsum(dim=1)
    picked = torch.searchsorted(reach, draws[:, None] * reach[:, -1:], right=True)[:, 0]
    places = torch.arange(weights.shape[1], device=weights.device)
    last = torch.where(weights > 0, places, 0).amax(dim=1)
    return torch.minimum(picked, last)
