"""Whether two models can be told apart by the materials at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Difference", "paired_difference"]

_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Difference:
    """Difference of two mean absolute errors on the same materials.

    Parameters
    ----------
    to
        Name of the model that is subtracted.
    n
        Number of materials that both predicted.
    difference
        GPa; positive if the other model is better.
    low, high
        Ends of the 95 % interval, GPa; the models are told apart if it does not contain 0.
    """

    to: str
    n: int
    difference: float
    low: float
    high: float


def paired_difference(
    errors: ArrayLike, reference: ArrayLike, *, to: str, resamples: int = 2000, seed: int = 0
) -> Difference:
    """Paired percentile bootstrap (Efron and Tibshirani, 1993) of a difference of mean errors.

    Parameters
    ----------
    errors, reference
        Absolute errors of a model and of the one it is compared with, of the same materials,
        shape (n,), GPa.
    to
        Name of the latter.
    resamples
        Number of samples with replacement.
    seed
        Of the random numbers; the order of materials does not matter.

    Raises
    ------
    ValueError
        If there is no material or no resample.
    """
    each = np.sort(np.asarray(errors, dtype=float) - np.asarray(reference, dtype=float))
    if not each.size or resamples < 1:
        raise ValueError("a bootstrap needs at least one material and one resample")
    rng = np.random.default_rng(seed)
    means: list[float] = []
    while len(means) < resamples:
        count = min(resamples - len(means), max(1, _AT_ONCE // each.size))
        drawn = rng.integers(each.size, size=(count, each.size))
        means += each[drawn].mean(axis=1).tolist()
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(to, each.size, float(each.mean()), float(low), float(high))
