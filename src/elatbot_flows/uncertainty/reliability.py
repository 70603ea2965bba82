"""Whether intervals hold as often as stated, measured on materials with known answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Reliability", "coverage_table"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """A stated coverage and the measured one.

    Parameters
    ----------
    stated
        Coverage.
    measured
        Share of the materials within their intervals; NaN without materials.
    n
        Materials.
    width
        Median width of the intervals; None without materials.
    """

    stated: float
    measured: float
    n: int
    width: float | None = None


def coverage_table(
    truths: Array, intervals: Mapping[float, tuple[Array, Array]]
) -> list[Reliability]:
    """Share of the true values inside of the intervals of every stated coverage.

    Parameters
    ----------
    truths
        True values, shape ``(n,)``.
    intervals
        Lower and upper edges, each of shape ``(n,)``, by stated coverage.
    """
    table = []
    for stated, (low, high) in sorted(intervals.items()):
        inside = (low <= truths) & (truths <= high)
        measured = float(inside.mean()) if len(truths) else math.nan
        width = float(np.median(high - low)) if len(truths) else None
        table.append(Reliability(stated, measured, len(truths), width))
    return table
