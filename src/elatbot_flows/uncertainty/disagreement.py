"""How much several opinions on one positive number differ, and which one stands apart."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Disagreement", "measure_disagreement"]

_MAD_TO_STD = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""
_FEWEST_FOR_OUTLIER = 3


@dataclass(frozen=True)
class Disagreement:
    """What several opinions have in common.

    Parameters
    ----------
    n
        Opinions that were given.
    mean, median
        Of the opinions, in their unit; None without any.
    spread
        Sample standard deviation, in their unit; None for fewer than two.
    relative_spread
        `spread` over `mean`.
    scores
        For each opinion, its distance to the median of the others in units of their robust
        spread; empty for fewer than three.
    outlier
        The opinion with the largest score, if that exceeds the threshold; else None. Of two
        opinions nobody can say which is wrong.
    """

    n: int
    mean: float | None = None
    median: float | None = None
    spread: float | None = None
    relative_spread: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    outlier: str | None = None


def measure_disagreement(
    values: Mapping[str, float | None], *, threshold: float = 3.5, floor: float = 0.1
) -> Disagreement:
    """Compare opinions on one positive number.

    Distances are taken between logarithms: an opinion of twice the others stands as far apart as
    one of half.

    Parameters
    ----------
    values
        Opinion by name. None, not finite or not positive means that there is none.
    threshold
        Score from which an opinion stands apart (3.5: Iglewicz and Hoaglin, How to Detect and
        Handle Outliers, ASQC, 1993).
    floor
        Relative difference that good opinions have anyway; their robust spread, from the median
        absolute deviation, is never taken to be less.
    """
    given = {
        name: float(value)
        for name, value in values.items()
        if value is not None and math.isfinite(value) and value > 0
    }
    if not given:
        return Disagreement(0)
    numbers = np.array(list(given.values()))
    mean, median = float(numbers.mean()), float(np.median(numbers))
    if len(given) == 1:
        return Disagreement(1, mean, median)
    spread = float(numbers.std(ddof=1))
    scores = _scores(given, floor) if len(given) >= _FEWEST_FOR_OUTLIER else {}
    worst = max(scores, key=lambda name: scores[name], default=None)
    outlier = worst if worst is not None and scores[worst] > threshold else None
    return Disagreement(len(given), mean, median, spread, spread / mean, scores, outlier)


def _scores(given: Mapping[str, float], floor: float) -> dict[str, float]:
    """Leave one out: distance to the others' median over their robust spread."""
    scores = {}
    for name, value in given.items():
        others = np.log([other for key, other in given.items() if key != name])
        median = np.median(others)
        spread = _MAD_TO_STD * float(np.median(np.abs(others - median)))
        scores[name] = abs(math.log(value) - float(median)) / max(spread, floor)
    return scores
