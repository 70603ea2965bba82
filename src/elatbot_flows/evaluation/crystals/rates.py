"""Shares and means of crystals, with the interval that as many other crystals would leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from monty.json import MSONable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Draws", "Measured", "Rate", "measured", "rate"]

_ENDS = (2.5, 97.5)


@dataclass(frozen=True)
class Draws(MSONable):
    """The bootstrap.

    Parameters
    ----------
    resamples
        How often crystals are drawn again; 0 for no intervals.
    seed
        Of the draws.
    """

    resamples: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Rate(MSONable):
    """A share, with what it is a share of.

    Parameters
    ----------
    count, of
        Numerator and denominator.
    low, high
        Ends of the 95 % interval; None if there is nothing to take a share of.
    """

    count: int
    of: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True)
class Measured(MSONable):
    """A number that was measured on crystals.

    Parameters
    ----------
    value
        The number; None if there were no crystals.
    low, high
        Ends of the 95 % interval; None without crystals or resamples.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


def rate(count: int, of: int, draws: Draws | None = None) -> Rate:
    """A share with the percentile bootstrap of the crystals it counts.

    Drawing crystals again is drawing from a binomial distribution. Where none or all count, all
    draws are alike, and the interval is the exact one of Clopper and Pearson instead.

    Parameters
    ----------
    count, of
        Numerator and denominator.
    draws
        The bootstrap; the usual one if None.

    Raises
    ------
    ValueError
        If `count` is not between 0 and `of`.

    Examples
    --------
    >>> rate(0, 10).high < 0.31, rate(3, 4).value
    (True, 0.75)
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share")
    count, draws = int(count), draws or Draws()
    if not of or not draws.resamples:
        return Rate(count, of)
    if 0 < count < of:
        drawn = np.random.default_rng(draws.seed).binomial(of, count / of, draws.resamples) / of
        low, high = np.percentile(drawn, _ENDS)
        return Rate(count, of, float(low), float(high))
    from scipy.stats import binomtest

    exact = binomtest(count, of).proportion_ci(0.95)
    return Rate(count, of, float(exact.low), float(exact.high))


def measured(
    statistic: Callable[..., float], samples: Sequence[ArrayLike], draws: Draws | None = None
) -> Measured:
    """A statistic of samples with its percentile bootstrap; each sample is drawn by itself.

    Parameters
    ----------
    statistic
        Of as many arrays as there are `samples`.
    samples
        One number for each crystal.
    draws
        The bootstrap; the usual one if None.
    """
    draws = draws or Draws()
    arrays: list[NDArray[np.float64]] = [np.sort(np.asarray(each, dtype=float)) for each in samples]
    if not all(each.size for each in arrays):
        return Measured(None)
    value = float(statistic(*arrays))
    if not draws.resamples:
        return Measured(value)
    rng = np.random.default_rng(draws.seed)
    found = [
        statistic(*(rng.choice(each, each.size) for each in arrays)) for _ in range(draws.resamples)
    ]
    low, high = np.percentile(found, _ENDS)
    return Measured(value, float(low), float(high))
