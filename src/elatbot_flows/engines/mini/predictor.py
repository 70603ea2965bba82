"""The reverse direction: the modulus a generator expects of a material."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.text.compact import BEGIN, DIGITS
from elatbot_flows.text.compact_questions import render_predict
from elatbot_flows.text.formula import formula_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray
    from transformers import DynamicCache, LlamaForCausalLM

    from elatbot_flows.text.compact_questions import Property

__all__ = ["predict_moments"]

_BATCH = 64
_MOST_ORDERS = 4
_PAIRS = 10


def predict_moments(
    model: LlamaForCausalLM,
    ids: Mapping[str, int],
    materials: Sequence[tuple[str, str]],
    what: Property = "bulk",
) -> list[tuple[float, float]]:
    """Mean and standard deviation (GPa) of the predicted modulus of each material.

    The distribution over three-digit numbers is enumerated: all hundreds and tens exactly, the
    units exactly for the likeliest pairs of these and as uniform for the rest. It is averaged
    over up to four rotations of the elements in the formula.

    Parameters
    ----------
    model
        In evaluation mode.
    ids
        Token number of every word.
    materials
        Pairs of formula and crystal system.
    what
        ``"bulk"`` or ``"shear"``.
    """
    groups: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for place, (formula, system) in enumerate(materials):
        for prompt in _prompts(formula, system, what):
            tokens = [ids[word] for word in (BEGIN, *prompt.split())]
            groups[len(tokens)].append((place, tokens))
    moments: list[list[NDArray[np.float64]]] = [[] for _ in materials]
    digits = [ids[digit] for digit in DIGITS]
    for group in groups.values():
        for start in range(0, len(group), _BATCH):
            batch = group[start : start + _BATCH]
            rows = _raw_moments(model, digits, [tokens for _, tokens in batch])
            for (place, _), row in zip(batch, rows, strict=True):
                moments[place].append(row)
    means = np.array([np.mean(rows, axis=0) for rows in moments]).reshape(-1, 2)
    spread = np.sqrt(np.maximum(means[:, 1] - means[:, 0] ** 2, 0.0))
    return [(float(mean), float(std)) for mean, std in zip(means[:, 0], spread, strict=True)]


def _prompts(formula: str, system: str, what: Property) -> list[str]:
    """Prompts that differ in the order of the elements."""
    counts = formula_counts(formula)
    rotations = [counts[i:] + counts[:i] for i in range(min(len(counts), _MOST_ORDERS))]
    return [render_predict(rotation, system, what) for rotation in rotations]


def _raw_moments(
    model: LlamaForCausalLM, digits: list[int], prompts: list[list[int]]
) -> NDArray[np.float64]:
    """First and second raw moment (GPa, GPa^2) for prompts of equal length, shape ``(n, 2)``."""
    import torch

    n, number = len(prompts), torch.tensor(digits)
    with torch.inference_mode():
        first, cache = _digit_step(model, number, torch.tensor(prompts), None)
        cache.batch_repeat_interleave(10)
        second, cache = _digit_step(model, number, number.repeat(n)[:, None], cache)
        pairs = (first[:, :, None] * second.view(n, 10, 10)).view(n, 100)
        likely = pairs.topk(_PAIRS, dim=1).indices
        cache.batch_select_indices((torch.arange(n)[:, None] * 10 + likely // 10).flatten())
        third, _ = _digit_step(model, number, number[likely % 10].view(-1, 1), cache)
    units = torch.full((n, 100, 10), 0.1, dtype=torch.double)
    units[torch.arange(n)[:, None], likely] = third.view(n, _PAIRS, 10)
    weights = (pairs[:, :, None] * units).view(n, 1000).numpy()
    values = np.arange(1000.0)
    return np.asarray(weights @ np.stack([values, values**2], axis=1))


def _digit_step(
    model: LlamaForCausalLM, digits: torch.Tensor, tokens: torch.Tensor, cache: DynamicCache | None
) -> tuple[torch.Tensor, DynamicCache]:
    """Probabilities of the next digit, shape ``(rows, 10)``, and the extended cache."""
    output = model(input_ids=tokens, past_key_values=cache, use_cache=True)
    return output.logits[:, -1, digits].double().softmax(dim=1), output.past_key_values
