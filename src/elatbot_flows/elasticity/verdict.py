"""Whether a material does what the target asks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from monty.json import MSONable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True)
class Verdict(MSONable):
    """A judgement of one material against one target.

    Parameters
    ----------
    verdict
        ``"hit"`` if every interval is met, ``"miss"`` if one is not, ``"unknown"`` if none is
        missed but a value is not known.
    margin
        Distance of the limiting property to the nearest edge of its interval, in the unit of
        that property: positive inside, negative outside. None if nothing is known.
    limiting_property
        The property with the smallest relative margin.
    relative_margin
        That margin over the magnitude of the nearest edge, or of the other one if that is zero.
    margins
        The margin of every property that has a value, each in its own unit.
    """

    verdict: Literal["hit", "miss", "unknown"]
    margin: float | None
    limiting_property: str | None
    relative_margin: float | None
    margins: dict[str, float]


def judge(target: DesignTarget, values: Mapping[str, float | None]) -> Verdict:
    """Judge property values against the intervals of a target.

    Parameters
    ----------
    target
        The target.
    values
        Property values by name (GPa or dimensionless); None, absent or not
        finite means not known.
    """
    intervals = target.intervals()
    given = {name: v for name in intervals if (v := values.get(name)) is not None}
    known = {name: v for name, v in given.items() if math.isfinite(v)}
    margins = {name: intervals[name].margin(value) for name, value in known.items()}
    if not margins:
        return Verdict("unknown", None, None, None, {})
    relative = {name: margins[name] / _edge(intervals[name], known[name]) for name in known}
    limiting = min(relative, key=lambda name: relative[name])
    if min(margins.values()) < 0:
        word: Literal["hit", "miss", "unknown"] = "miss"
    else:
        word = "hit" if len(known) == len(intervals) else "unknown"
    return Verdict(word, margins[limiting], limiting, relative[limiting], margins)


def _edge(interval: Interval, value: float) -> float:
    """Magnitude of the edge nearest to `value`; of the other if it is zero, 1 if there is none."""
    nearest, other = sorted(interval.edges, key=lambda edge: (abs(value - edge), -edge))
    return abs(nearest) or (abs(other) if math.isfinite(other) else 0.0) or 1.0
