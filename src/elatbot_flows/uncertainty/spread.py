"""How wide the distributions are that turned out to be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.joint_estimate import JointDistribution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["GroupSpread", "SpreadTable"]


class GroupSpread(NamedTuple):
    """Of the estimates by the same members of materials of one kind.

    Parameters
    ----------
    factors
        From standard deviations of ln K and ln G of the mixture to the scales that held.
    deviations, correlation
        Medians of what the mixture states.
    tail
        Degrees of freedom of the t distribution.
    n
        Materials it was found on.
    """

    factors: tuple[float, float]
    deviations: tuple[float, float]
    correlation: float
    tail: float
    n: int


@dataclass(frozen=True)
class SpreadTable:
    """Spreads by members and kind.

    Parameters
    ----------
    groups
        By members, in the order of the calibration, and kind.
    """

    groups: dict[tuple[tuple[str, ...], str], GroupSpread]

    def distribution(
        self, members: tuple[str, ...], kind: str, mean: Array, covariance: Array
    ) -> JointDistribution:
        """The calibrated distribution from the moments of a mixture."""
        deviations = np.sqrt(np.diag(covariance))
        correlation = float(covariance[0, 1] / deviations.prod())
        group = self._group(members, kind)
        bulk, shear = deviations * group.factors
        means = (float(mean[0]), float(mean[1]))
        return JointDistribution(means, (float(bulk), float(shear)), correlation, group.tail)

    def relative(self, members: tuple[str, ...], kind: str, deviations: Array) -> float:
        """The larger of the standard deviations of ln K and ln G over the usual ones."""
        return float(np.max(deviations / self._group(members, kind).deviations))

    def usual(self, members: tuple[str, ...], kind: str) -> JointDistribution:
        """The distribution of median spread, about zero."""
        group = self._group(members, kind)
        bulk, shear = np.array(group.deviations) * group.factors
        scales = (float(bulk), float(shear))
        return JointDistribution((0.0, 0.0), scales, group.correlation, group.tail)

    def _group(self, members: tuple[str, ...], kind: str) -> GroupSpread:
        if (members, kind) not in self.groups:
            raise UncertaintyError(
                f"nothing was calibrated for {', '.join(members) or 'the composition alone'} "
                f"and the kind '{kind}'"
            )
        return self.groups[members, kind]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a file."""
        groups = [
            {"members": list(members), "kind": kind} | _rounded(group)
            for (members, kind), group in self.groups.items()
        ]
        return {"groups": groups}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> SpreadTable:
        """What `as_dict` gave."""
        groups = {
            (tuple(row["members"]), row["kind"]): GroupSpread(
                tuple(row["factors"]),
                tuple(row["deviations"]),
                row["correlation"],
                row["tail"],
                row["n"],
            )
            for row in content["groups"]
        }
        return cls(groups)


def _rounded(group: GroupSpread) -> dict[str, Any]:
    return {
        "factors": [round(x, 4) for x in group.factors],
        "deviations": [round(x, 4) for x in group.deviations],
        "correlation": round(group.correlation, 4),
        "tail": group.tail,
        "n": group.n,
    }
