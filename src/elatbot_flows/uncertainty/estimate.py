"""One modulus of one material out of several sources, with an interval and a warning."""

from __future__ import annotations

import builtins
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elatbot_flows.targets import Interval
    from elatbot_flows.uncertainty.conformal import Calibration
    from elatbot_flows.uncertainty.disagreement import Disagreement
    from elatbot_flows.uncertainty.scale import Scale

__all__ = ["Calibrated", "Estimate"]


@dataclass(frozen=True)
class Calibrated:
    """An estimate with what is needed to state probabilities.

    Parameters
    ----------
    center, sigma
        Estimate and scale of its error in the unit of `scale`.
    scale
        From and to GPa.
    calibration
        Errors on materials with known answers and the same members.
    """

    center: float
    sigma: float
    scale: Scale
    calibration: Calibration

    def interval(self, coverage: float) -> tuple[float, float]:
        """The interval (GPa) of this coverage."""
        low, high = self.calibration.interval(self.center, self.sigma, coverage)
        return self.scale.backward(low), self.scale.backward(high)

    def probability(self, low: float, high: float) -> float:
        """Probability that the true modulus lies between `low` and `high` (GPa)."""
        # No modulus is negative, so that an interval from zero has no lower edge.
        edges = (-math.inf if low <= 0 else self.scale.forward(low), self.scale.forward(high))
        return self.calibration.probability(self.center, self.sigma, *edges)


@dataclass(frozen=True)
class Estimate:
    """One modulus of one material, out of several sources.

    Parameters
    ----------
    property
        ``"bulk_modulus"`` or ``"shear_modulus"``.
    value
        The estimate (its median), GPa.
    low, high
        Interval that holds the true value with probability `coverage`, GPa.
    coverage
        Stated coverage.
    sigma
        Scale of the error, GPa; it grows with the disagreement.
    kind
        The kind of material its interval is calibrated for; None for all together.
    members
        Values that were used, GPa, by member.
    weights
        Their shares in `value`; they sum to 1. The share of one that is known to repeat the errors
        of a better one may be negative.
    far_off
        Probability, by member, that its value is far off.
    outlier
        The member that is most probably far off, if that is more likely than not; else None.
    unused
        Names that were given but are no member or had no value.
    disagreement
        Plain comparison of the values.
    calibrated
        What `interval` and `probability` are computed from.
    """

    property: str
    value: float
    low: float
    high: float
    coverage: float
    sigma: float
    kind: str | None
    members: dict[str, float]
    weights: dict[str, float]
    far_off: dict[str, float]
    outlier: str | None
    unused: tuple[str, ...]
    disagreement: Disagreement
    calibrated: Calibrated = field(repr=False)

    @builtins.property
    def n_calibration(self) -> int:
        """Number of materials behind the interval."""
        return len(self.calibrated.calibration)

    def interval(self, coverage: float) -> tuple[float, float]:
        """The interval (GPa) of another coverage; the upper edge may be infinite.

        Raises
        ------
        UncertaintyError
            If `coverage` is not between 0 and 1.
        """
        return self.calibrated.interval(coverage)

    def probability(self, interval: Interval | tuple[float, float]) -> float:
        """Probability that the true modulus lies in an interval (GPa)."""
        low, high = interval if isinstance(interval, tuple) else (interval.low, interval.high)
        return self.calibrated.probability(low, high)
