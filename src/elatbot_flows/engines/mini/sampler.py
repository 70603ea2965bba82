"""Sampling of design answers: batched, masked by the grammar, reproducible from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.text.compact import BEGIN, END, PAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from transformers import LlamaForCausalLM

    from elatbot_flows.engines.mini.grammar import MaterialGrammar

__all__ = ["LONGEST_ANSWER", "choose", "sample_answers"]

LONGEST_ANSWER = 30
"""Most words of an answer: nine elements with two digits each, separator, system, end."""


def sample_answers(
    model: LlamaForCausalLM,
    ids: Mapping[str, int],
    prompts: Sequence[str],
    grammars: Sequence[MaterialGrammar],
    draws: NDArray[np.float64],
    *,
    temperature: float,
    top_p: float,
) -> list[str]:
    """Complete prompts of equal length with words that their grammars allow.

    Parameters
    ----------
    model
        In evaluation mode.
    ids
        Token number of every word.
    prompts
        Of equal number of words.
    grammars
        One for each prompt; used up.
    draws
        Uniform random numbers in [0, 1), shape ``(len(prompts), LONGEST_ANSWER)``: the only
        source of chance, so an answer does not depend on which others share its batch.
    temperature, top_p
        As in `choose`.

    Returns
    -------
    list of str
        Answers without the end word.
    """
    import torch

    words = {number: word for word, number in ids.items()}
    answers: list[list[str]] = [[] for _ in prompts]
    tokens = torch.tensor([[ids[word] for word in (BEGIN, *p.split())] for p in prompts])
    cache = None
    with torch.inference_mode():
        for step in range(LONGEST_ANSWER):
            output = model(input_ids=tokens, past_key_values=cache, use_cache=True)
            cache = output.past_key_values
            logits = output.logits[:, -1].double().numpy()
            allowed = _mask(grammars, ids, logits.shape)
            picked = choose(logits, allowed, draws[:, step], temperature=temperature, top_p=top_p)
            for answer, grammar, number in zip(answers, grammars, picked, strict=True):
                grammar.push(words[int(number)])
                answer.append(words[int(number)])
            if all(grammar.done for grammar in grammars):
                break
            tokens = torch.from_numpy(picked)[:, None]
    return [" ".join(word for word in answer if word not in (END, PAD)) for answer in answers]


def _mask(
    grammars: Sequence[MaterialGrammar], ids: Mapping[str, int], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    allowed = np.zeros(shape, dtype=bool)
    for row, grammar in zip(allowed, grammars, strict=True):
        row[[ids[word] for word in grammar.words()]] = True
    return allowed


def choose(
    logits: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    draws: NDArray[np.float64],
    *,
    temperature: float,
    top_p: float,
) -> NDArray[np.int64]:
    """Draw one allowed token per row by inverting the cumulative distribution.

    Parameters
    ----------
    logits, allowed
        Shape ``(rows, tokens)``; every row allows at least one token.
    draws
        Uniform random numbers in [0, 1), shape ``(rows,)``.
    temperature
        Divides the logits; 0 takes the most likely token.
    top_p
        Keep the likeliest tokens that together reach this probability (nucleus sampling,
        Holtzman et al. 2020); 1 keeps all.
    """
    masked = np.where(allowed, logits, -np.inf)
    if temperature == 0:
        return np.asarray(masked.argmax(axis=1))
    order = np.argsort(-masked, axis=1, kind="stable")
    scaled = np.take_along_axis(masked, order, axis=1) / temperature
    weights = np.exp(scaled - scaled[:, :1])
    weights /= weights.sum(axis=1, keepdims=True)
    before = np.cumsum(weights, axis=1) - weights
    weights[before >= top_p] = 0.0
    reach = np.cumsum(weights, axis=1)
    place = (reach <= draws[:, None] * reach[:, -1:]).sum(axis=1)
    last = (weights > 0).sum(axis=1) - 1
    return np.take_along_axis(order, np.minimum(place, last)[:, None], axis=1)[:, 0]
