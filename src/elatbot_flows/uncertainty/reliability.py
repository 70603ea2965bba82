"""Whether stated probabilities come true, measured on materials with known answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

__all__ = ["Reliability", "coverage_table", "probability_table", "reliability_figure"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """A stated probability and how often it came true.

    Parameters
    ----------
    stated
        Probability, or the mean of those in a bin.
    measured
        Share of the materials for which it came true; NaN without materials.
    n
        Materials.
    width
        Median width of the intervals; None for probabilities of a given interval.
    """

    stated: float
    measured: float
    n: int
    width: float | None = None

    @property
    def standard_error(self) -> float:
        """Binomial standard error of `measured`, if `stated` were right."""
        return math.sqrt(self.stated * (1 - self.stated) / self.n) if self.n else math.nan


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


def probability_table(
    stated: Array, happened: NDArray[np.bool_], edges: Sequence[float]
) -> list[Reliability]:
    """Share of the events that happened among those of similar stated probability.

    Parameters
    ----------
    stated
        Stated probabilities, shape ``(n,)``.
    happened
        Whether they came true, shape ``(n,)``.
    edges
        Increasing edges of the bins, the last one included in its bin; empty bins are left out.
    """
    place = np.clip(np.digitize(stated, edges) - 1, 0, len(edges) - 2)
    return [
        Reliability(float(stated[here].mean()), float(happened[here].mean()), int(here.sum()))
        for here in (place == i for i in range(len(edges) - 1))
        if here.any()
    ]


def reliability_figure(tables: Mapping[str, Sequence[Reliability]]) -> Figure:
    """Measured against stated probability, with two standard errors.

    Parameters
    ----------
    tables
        Tables by what to call them.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    for label, table in tables.items():
        axes.errorbar(
            [row.stated for row in table],
            [row.measured for row in table],
            yerr=[2 * row.standard_error for row in table],
            marker="o",
            markersize=4,
            capsize=2,
            label=label,
        )
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="stated probability")
    axes.set_ylabel("measured share of materials")
    axes.legend(frameon=False)
    return figure
