"""Samples of many questions, put into batches of about equal length."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from elatbot_flows.engines.guides import Guide

__all__ = ["Row", "batch_size", "random_numbers"]


@dataclass(frozen=True, eq=False)
class Row:
    """One sample to be written.

    Parameters
    ----------
    question
        Place of its question among the questions of a call.
    index
        Place among the samples of its question.
    tokens
        Question and beginning of the answer.
    draws
        Random numbers in [0, 1), one for each token of the answer.
    guide
        What the answer has to follow.
    unconditional
        The question without what guidance makes answers follow.
    """

    question: int
    index: int
    tokens: tuple[int, ...]
    draws: NDArray[np.float64]
    guide: Guide | None = None
    unconditional: tuple[int, ...] = ()


def random_numbers(seed: int, prompt: str, index: int, count: int) -> NDArray[np.float64]:
    """Uniform random numbers in [0, 1) that belong to one sample of one question.

    They are the only source of chance in an answer, which therefore does not depend on what else
    is asked and in which order.
    """
    digest = hashlib.sha256(f"{seed} {index} {prompt}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16])).random(count)


def batch_size(rows: Sequence[Row], max_tokens: int, budget: int) -> int:
    """Number of rows at the beginning of `rows`, sorted with the longest first, to decode together.

    Parameters
    ----------
    rows
        What is left to do.
    max_tokens
        Longest answer.
    budget
        Most tokens of questions, padding and answers in a batch; one row is always taken.
    """
    widest = len(rows[0].tokens) + max_tokens
    return min(len(rows), max(1, budget // widest))
