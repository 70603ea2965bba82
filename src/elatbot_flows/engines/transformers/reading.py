"""Reading questions before their answers are written: every question once, in small groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.transformers.kv_cache import adopt, has_plain_attention, make_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor
    from transformers import Cache, PreTrainedModel

__all__ = ["Read", "read_questions"]

_GROUP_TOKENS = 1024
"""Larger groups are no faster, on a CPU even slower, and take more memory."""


@dataclass(frozen=True, eq=False)
class Read:
    """What a model knows after the questions.

    Parameters
    ----------
    logits
        Scores of the first token of every answer, shape ``(rows, tokens)``.
    cache
        Keys and values of all questions, padded on the left.
    """

    logits: Tensor
    cache: Cache


def read_questions(
    model: PreTrainedModel, questions: Sequence[tuple[int, ...]], max_tokens: int
) -> Read:
    """Read the questions of a batch, those that are alike once.

    Parameters
    ----------
    model
        In evaluation mode.
    questions
        Tokens of the question of every row.
    max_tokens
        Room to leave for answers.
    """
    import torch

    rows: dict[tuple[int, ...], list[int]] = {}
    for row, question in enumerate(questions):
        rows.setdefault(question, []).append(row)
    distinct = sorted(rows, key=len, reverse=True)
    width = len(distinct[0])
    places = {question: place for place, question in enumerate(distinct)}
    chosen = torch.tensor([places[question] for question in questions], device=model.device)
    if not has_plain_attention(model.config):
        read = _read(model, distinct)
        cache: Any = read.cache
        cache.batch_select_indices(chosen)
        return Read(read.logits[chosen], read.cache)
    whole = make_cache(model.config, len(questions), width + max_tokens)
    logits = []
    for group in _groups(distinct):
        part = _read(model, group)
        logits.append(part.logits)
        targets = [row for question in group for row in rows[question]]
        sources = [place for place, question in enumerate(group) for _ in rows[question]]
        adopt(whole, part.cache, sources, targets, width)
    return Read(torch.cat(logits)[chosen], whole)


def _groups(questions: Sequence[tuple[int, ...]]) -> Iterator[Sequence[tuple[int, ...]]]:
    """Neighbours among questions sorted with the longest first."""
    start = 0
    while start < len(questions):
        size = max(1, _GROUP_TOKENS // len(questions[start]))
        yield questions[start : start + size]
        start += size


def _read(model: PreTrainedModel, questions: Sequence[tuple[int, ...]]) -> Read:
    import torch
    from transformers import DynamicCache

    width = len(questions[0])
    padding = torch.tensor([[width - len(question)] for question in questions])
    tokens = torch.zeros((len(questions), width), dtype=torch.long)
    for row, question in zip(tokens, questions, strict=True):
        row[width - len(question) :] = torch.tensor(question)
    places = torch.arange(width) - padding
    output: Any = model(
        input_ids=tokens.to(model.device),
        attention_mask=(places >= 0).to(model.device) if padding.any() else None,
        position_ids=places.clamp(min=0).to(model.device),
        past_key_values=DynamicCache(config=model.config.get_text_config(decoder=True)),
        use_cache=True,
        logits_to_keep=1,
    )
    return Read(output.logits[:, -1], output.past_key_values)
