"""Bulk and shear modulus of one material together, as a distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from elatbot_flows.documents.estimate import Estimate, MemberOpinion, PropertyInterval
from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.moduli_samples import isotropic_properties, standard_points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from elatbot_flows.documents.refit import Refit
    from elatbot_flows.uncertainty.opinions import Opinion

    Array = NDArray[np.float64]

__all__ = ["JointDistribution", "JointEstimate", "distribution_of", "edges_of"]

Bounds: TypeAlias = "tuple[float, float] | Any"
"""Lower and upper edge, infinite if open; or anything with these as ``low`` and ``high``."""

_POINTS = 8192


def edges_of(bounds: Bounds) -> tuple[float, float]:
    """Lower and upper edge of an interval."""
    low, high = bounds if isinstance(bounds, tuple | list) else (bounds.low, bounds.high)
    return float(low), float(high)


@dataclass(frozen=True)
class JointDistribution:
    """A bivariate t distribution of ln K and ln G (GPa).

    Parameters
    ----------
    log_means
        Medians of ln K and ln G.
    log_scales
        Scale parameters of the two; the standard deviations are larger by
        ``sqrt(tail / (tail - 2))``.
    correlation
        Between them.
    tail
        Degrees of freedom: the smaller, the heavier the tails.
    """

    log_means: tuple[float, float]
    log_scales: tuple[float, float]
    correlation: float
    tail: float

    def sample(self, number: int = _POINTS) -> tuple[Array, Array]:
        """Values of ln K and ln G that stand for the distribution, always the same."""
        first, second = standard_points(self.tail, number).T
        mixed = self.correlation * first + math.sqrt(1 - self.correlation**2) * second
        bulk = self.log_means[0] + self.log_scales[0] * first
        return bulk, self.log_means[1] + self.log_scales[1] * mixed

    def refitted(self, refit: Refit | None) -> JointDistribution:
        """The distribution shifted and widened; itself without a refit."""
        if refit is None:
            return self
        bulk, shear = self.log_means
        first, second = (refit.spread_factor * scale for scale in self.log_scales)
        return replace(
            self,
            log_means=(bulk + refit.bulk_shift, shear + refit.shear_shift),
            log_scales=(first, second),
        )

    @cached_property
    def properties(self) -> dict[str, Array]:
        """Values of all properties that stand for the distribution."""
        return isotropic_properties(*self.sample())

    def probabilities(self, intervals: Mapping[str, Bounds]) -> tuple[float, dict[str, float]]:
        """Probability of lying in all intervals at once, and in each.

        Parameters
        ----------
        intervals
            By property name: closed intervals, GPa for moduli; open sides are infinite.

        Raises
        ------
        UncertaintyError
            If there is no interval, or one of an unknown property.
        """
        if not intervals:
            raise UncertaintyError("there is no interval to state a probability for; give one")
        unknown = set(intervals) - set(self.properties)
        if unknown:
            raise UncertaintyError(
                f"nothing is known of {', '.join(sorted(unknown))}; "
                f"choose of {', '.join(self.properties)}"
            )
        inside = {}
        for name, bounds in intervals.items():
            low, high = edges_of(bounds)
            values = self.properties[name]
            inside[name] = (low <= values) & (values <= high)
        together = np.logical_and.reduce(list(inside.values()))
        return float(together.mean()), {name: float(i.mean()) for name, i in inside.items()}

    def interval(self, name: str, coverage: float) -> tuple[float, float]:
        """The interval of a property with this coverage, equal chances on either side.

        Raises
        ------
        UncertaintyError
            If the coverage is not between 0 and 1.
        """
        if not 0 < coverage < 1:
            raise UncertaintyError(f"coverage is {coverage}: give a number between 0 and 1")
        outside = (1 - coverage) / 2
        low, high = np.quantile(self.properties[name], [outside, 1 - outside])
        return float(low), float(high)


@dataclass(frozen=True)
class JointEstimate:
    """What all evidence says together of K and G of one material.

    Parameters
    ----------
    distribution
        Of ln K and ln G.
    kind
        Kind of material that the spread is calibrated for.
    opinions
        Opinions that were used, by member.
    unused
        Names that are no member or said nothing.
    far_off
        Probability, by source, that it is far off; among them ``"composition"``.
    spread_factor
        Spread over the usual one of the same members and kind.
    calibrated_on
        What the calibration was made with, for people.
    refit
        By what the distribution was then shifted and widened.
    """

    distribution: JointDistribution
    kind: str
    opinions: dict[str, Opinion] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    far_off: dict[str, float] = field(default_factory=dict)
    spread_factor: float = 1.0
    calibrated_on: str = ""
    refit: Refit | None = None

    def probabilities(self, intervals: Mapping[str, Bounds]) -> tuple[float, dict[str, float]]:
        """See `JointDistribution.probabilities`."""
        return self.distribution.probabilities(intervals)

    def interval(self, name: str, coverage: float) -> tuple[float, float]:
        """See `JointDistribution.interval`."""
        return self.distribution.interval(name, coverage)

    @property
    def outlier(self) -> str | None:
        """The source that is more probably far off than not, if there is one."""
        worst = max(self.far_off, key=lambda name: self.far_off[name], default=None)
        return worst if worst is not None and self.far_off[worst] > 0.5 else None

    @property
    def disagreement(self) -> str:
        """``"agree"``, ``"differ"`` or ``"contradict"``: how the sources stand to each other."""
        if self.outlier is not None or self.spread_factor > 2:
            return "contradict"
        return "agree" if self.spread_factor <= 1.25 else "differ"

    def document(self, coverage: float = 0.9) -> Estimate:
        """What is stored of it."""
        found = {name: self._interval(name, coverage) for name in self.distribution.properties}
        members = [_member(name, opinion) for name, opinion in self.opinions.items()]
        return Estimate(
            **found,
            coverage=coverage,
            kind=self.kind,
            members=members,
            unused=list(self.unused),
            disagreement=self.disagreement,
            spread_factor=self.spread_factor,
            outlier=self.outlier,
            calibrated_on=self.calibrated_on,
            refit=self.refit,
            log_means=self.distribution.log_means,
            log_scales=self.distribution.log_scales,
            correlation=self.distribution.correlation,
            tail=self.distribution.tail,
        )

    def _interval(self, name: str, coverage: float) -> PropertyInterval:
        low, high = self.interval(name, coverage)
        median = float(np.median(self.distribution.properties[name]))
        return PropertyInterval(value=median, low=low, high=high)


def _member(name: str, opinion: Opinion) -> MemberOpinion:
    return MemberOpinion(
        source=name,
        bulk_modulus=opinion.bulk_modulus,
        shear_modulus=None if opinion.failed else opinion.shear_modulus,
        bulk_modulus_std=opinion.bulk_modulus_std,
        failed=opinion.failed,
    )


def distribution_of(document: Estimate) -> JointDistribution:
    """The distribution that a stored estimate was made of."""
    numbers = (document.log_means, document.log_scales, document.correlation, document.tail)
    return JointDistribution(*numbers)
