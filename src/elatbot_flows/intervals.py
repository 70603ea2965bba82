"""Intervals of properties, which may be open on one side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from monty.json import MSONable

from elatbot_flows.errors import TargetError

__all__ = ["Interval"]


@dataclass(frozen=True)
class Interval(MSONable):
    """An interval ``low <= value <= high``, which may be open on one side.

    Parameters
    ----------
    low, high
        Its edges, in the unit of the property it belongs to; ``-inf`` for no lower and ``inf`` for
        no upper edge, or None, as documents have it.

    Raises
    ------
    TargetError
        If an edge is not a number, no edge is finite, or the interval is reversed.
    """

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        for name, open_edge in (("low", -math.inf), ("high", math.inf)):
            if getattr(self, name) is None:
                object.__setattr__(self, name, open_edge)
        if not all(isinstance(e, (int, float)) and not math.isnan(e) for e in self.edges):
            raise TargetError(f"interval {self.low}:{self.high} has an edge that is not a number")
        if self.low > self.high:
            raise TargetError(f"interval {self} is reversed: write {self.high:g}:{self.low:g}")
        if not any(map(math.isfinite, self.edges)):
            raise TargetError("an interval needs a finite edge: write 150:170, 150: or :170")

    def __str__(self) -> str:
        return ":".join(f"{edge:g}" if math.isfinite(edge) else "" for edge in self.edges)

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read ``"LOW:HIGH"``, for example ``"150:170"``; ``"150:"`` and ``":170"`` are open."""
        low, colon, high = text.partition(":")
        try:
            edges = [float(part) if part.strip() else None for part in (low, high)]
        except ValueError:
            edges = []
        if not colon or edges in ([], [None, None]):
            raise TargetError(
                f"'{text}' is not an interval: write LOW:HIGH, for example 150:170, 150: or :170"
            )
        return cls(*edges)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, Any]:
        """The interval for documents, which know no infinity: an open edge is None."""
        fields = {"@module": type(self).__module__, "@class": type(self).__name__}
        return fields | dict(zip(("low", "high"), self.plain(), strict=True))

    def plain(self) -> list[float | None]:
        """Both edges, None where it is open."""
        return [edge if math.isfinite(edge) else None for edge in self.edges]

    @property
    def edges(self) -> tuple[float, float]:
        """Both edges."""
        return self.low, self.high

    @property
    def midpoint(self) -> float:
        """The middle of the interval, infinite where it is open."""
        return 0.5 * (self.low + self.high)

    def margin(self, value: float) -> float:
        """Distance of `value` to the nearest edge: positive inside, negative outside."""
        return min(value - self.low, self.high - value)

    def contains(self, value: float) -> bool:
        """Whether `value` lies in the interval, edges included."""
        return self.low <= value <= self.high

    def widened(self, fraction: float) -> Interval:
        """The interval with each edge moved outwards by `fraction` of its magnitude."""
        low, high = (fraction * abs(e) if math.isfinite(e) else 0.0 for e in self.edges)
        return Interval(self.low - low, self.high + high)
