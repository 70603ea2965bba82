"""Writing the answers of one batch, token by token.

Questions that several samples share are read once, and rows that are done leave the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.engines.transformers.kv_cache import has_plain_attention
from elatbot_flows.engines.transformers.reading import read_questions
from elatbot_flows.engines.transformers.token_choice import NOT_FINITE, choose_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

    from elatbot_flows.engines.base import Sampling
    from elatbot_flows.engines.transformers.batching import Row

__all__ = ["Answer", "write_answers"]

_SHRINK = 0.75


@dataclass
class Answer:
    """An answer as it grows.

    Parameters
    ----------
    row
        Whose it is.
    state
        State of its guide.
    tokens
        What was written, the token of the end included.
    finish
        ``"stop"``, ``"length"`` or ``"not_finite"``; None while it is being written.
    """

    row: Row
    state: int
    tokens: list[int] = field(default_factory=list)
    finish: str | None = None


def write_answers(
    model: PreTrainedModel,
    rows: Sequence[Row],
    sampling: Sampling,
    ends: frozenset[int],
    stopped: Callable[[list[int]], bool],
) -> list[Answer]:
    """Write the answers of a batch.

    Parameters
    ----------
    model
        In evaluation mode.
    rows
        What to write.
    sampling
        How.
    ends
        Tokens that end an answer.
    stopped
        Whether the tokens of an answer hold a text that ends it.
    """
    import torch

    answers = [Answer(row, row.guide.begin if row.guide else 0) for row in rows]
    with torch.inference_mode():
        batch = _Batch(model, answers, sampling)
        while True:
            picked = _pick(batch.logits, batch.answers, sampling)
            for answer, token in zip(batch.answers, picked, strict=True):
                _append(answer, token, ends, stopped, sampling.max_tokens)
            if all(answer.finish for answer in batch.answers):
                return answers
            batch.step(picked)


def _pick(logits: Tensor, answers: Sequence[Answer], sampling: Sampling) -> list[int]:
    """Next token of every row; what rows that are done get does not matter."""
    import torch

    draws = [0.0 if a.finish else float(a.row.draws[len(a.tokens)]) for a in answers]
    allowed = _allowed(answers, logits.shape[1])
    picked = choose_tokens(
        logits,
        torch.tensor(draws, dtype=torch.float64),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        allowed=None if allowed is None else allowed.to(logits.device),
    )
    return [int(token) for token in picked.tolist()]


def _allowed(answers: Sequence[Answer], width: int) -> Tensor | None:
    import torch

    if all(answer.row.guide is None for answer in answers):
        return None
    mask = np.zeros((len(answers), width), dtype=bool)
    for row, answer in zip(mask, answers, strict=True):
        guide = answer.row.guide
        if guide is None or answer.finish:
            row[:] = True
        else:
            row[guide.allowed(answer.state)] = True
    return torch.from_numpy(mask)


def _append(
    answer: Answer,
    token: int,
    ends: frozenset[int],
    stopped: Callable[[list[int]], bool],
    max_tokens: int,
) -> None:
    if answer.finish:
        return
    if token == NOT_FINITE:
        answer.finish = "not_finite"
        return
    answer.tokens.append(token)
    if token in ends or stopped(answer.tokens):
        answer.finish = "stop"
    elif len(answer.tokens) == max_tokens:
        answer.finish = "length"
    elif answer.row.guide is not None:
        answer.state = answer.row.guide.advance(answer.state, token)


class _Batch:
    """Rows that are decoded together, their cache, and the scores of their next tokens.

    Under guidance a second half of the cache has read the unconditional questions, and the same
    answers.
    """

    def __init__(self, model: PreTrainedModel, answers: list[Answer], sampling: Sampling) -> None:
        import torch

        max_tokens, self._guidance = sampling.max_tokens, sampling.guidance
        questions = [answer.row.tokens for answer in answers]
        if self._guidance:
            questions += [answer.row.unconditional for answer in answers]
        read = read_questions(model, questions, max_tokens)
        self.answers = answers
        self.logits = self._guided(read.logits)
        self._cache: Any = read.cache
        self._model = model
        self._width = max(map(len, questions))
        self._places = torch.tensor([[len(question)] for question in questions]).to(model.device)
        self._mask = _mask(model, questions, self._width + max_tokens)

    def step(self, picked: list[int]) -> None:
        """Read the tokens that were picked; drop rows that are done once they are many."""
        import torch

        alive = [place for place, answer in enumerate(self.answers) if not answer.finish]
        if len(alive) <= _SHRINK * len(self.answers):
            picked = [picked[place] for place in alive]
            self._keep(alive)
        if self._guidance:
            picked = picked + picked
        # Rows that are done but still here may hold a mark instead of a token.
        tokens = torch.tensor(picked, device=self._model.device).clamp(min=0)[:, None]
        self._width += 1
        output: Any = self._model(
            input_ids=tokens,
            attention_mask=None if self._mask is None else self._mask[..., : self._width],
            position_ids=self._places,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._places = self._places + 1
        self.logits = self._guided(output.logits[:, -1])

    def _guided(self, logits: Tensor) -> Tensor:
        """Scores of the rows, away from those of the second half."""
        if not self._guidance:
            return logits
        wanted, anything = logits.float().chunk(2)
        return (1 + self._guidance) * wanted - self._guidance * anything

    def _keep(self, rows: list[int]) -> None:
        import torch

        second = [len(self.answers) + row for row in rows] if self._guidance else []
        chosen = torch.tensor([*rows, *second], device=self._model.device)
        self.answers = [self.answers[row] for row in rows]
        self._cache.batch_select_indices(chosen)
        self._places = self._places[chosen]
        self._mask = None if self._mask is None else self._mask[chosen]


def _mask(model: PreTrainedModel, questions: Sequence[Sequence[int]], room: int) -> Tensor | None:
    """Mask of the padding on the left, None if there is none.

    Where attention is plain it is in the form that attention adds to its scores, so that nothing
    has to be made of it for every token and layer.
    """
    import torch

    lengths = [len(question) for question in questions]
    if min(lengths) == max(lengths):
        return None
    padding = torch.tensor([max(lengths) - length for length in lengths])
    seen = (torch.arange(room) >= padding[:, None]).to(model.device)
    if not has_plain_attention(model.config):
        return seen
    zeros = torch.zeros(seen.shape, dtype=model.dtype, device=model.device)
    return zeros.masked_fill(~seen, -torch.inf)[:, None, None]
