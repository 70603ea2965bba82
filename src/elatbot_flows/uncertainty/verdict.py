"""Whether a material does what a target asks, as a probability and as a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from monty.json import MSONable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HIT", "MISS", "Verdict", "Word", "judge", "verdict_of"]

Word: TypeAlias = Literal["hit", "open", "miss", "unknown"]

HIT = 0.5
"""Probability from which a material is called a hit."""
MISS = 0.1
"""Probability below which it is called a miss."""


class _States(Protocol):
    def probabilities(self, intervals: Mapping[str, Any], /) -> tuple[float, dict[str, float]]: ...


@dataclass(frozen=True)
class Verdict(MSONable):
    """A judgement of one material against one target.

    Parameters
    ----------
    verdict
        ``"hit"``, ``"open"`` or ``"miss"`` by `verdict_of`; ``"unknown"`` without an estimate.
    probability
        Of lying in all intervals at once; None without an estimate.
    probabilities
        Of lying in the interval of each property.
    limiting_property
        The property with the lowest of these.
    """

    verdict: Word
    probability: float | None = None
    probabilities: dict[str, float] | None = None
    limiting_property: str | None = None


def verdict_of(probability: float) -> Literal["hit", "open", "miss"]:
    """``"hit"`` from a probability of 0.5 on, ``"miss"`` below 0.1, ``"open"`` between."""
    if probability >= HIT:
        return "hit"
    return "miss" if probability < MISS else "open"


def judge(estimate: _States | None, intervals: Mapping[str, Any]) -> Verdict:
    """Judge one material.

    Parameters
    ----------
    estimate
        A `JointEstimate` or `JointDistribution`; None if nothing could be estimated.
    intervals
        By property name: pairs of edges, or objects with ``low`` and ``high``; open sides are
        infinite.

    Raises
    ------
    UncertaintyError
        If there is no interval, or one of an unknown property.
    """
    if estimate is None:
        return Verdict("unknown")
    together, single = estimate.probabilities(intervals)
    limiting = min(single, key=lambda name: single[name])
    return Verdict(verdict_of(together), together, single, limiting)
