"""Where the distributions lie, and how wide they are, that turned out to be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.evidence import FEATURES, levels
from elatbot_flows.uncertainty.joint import disagreement, distances, failed_share
from elatbot_flows.uncertainty.joint_estimate import JointDistribution
from elatbot_flows.uncertainty.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from elatbot_flows.uncertainty.evidence import Evidence
    from elatbot_flows.uncertainty.joint import ErrorModel, Mixture

    Array = NDArray[np.float64]

__all__ = ["SPREAD_FEATURES", "SpreadTable", "Stated", "Usual", "spread_features", "stated_by"]

SPREAD_FEATURES = (*FEATURES, "stated", "disagreement", "failed")
"""What the scale over the stated deviation depends on, as a power; see `spread_features`."""
_WIDEST = 2.0
"""Scale beyond which nothing is known anyway: a factor of 7 to either side."""
_NEAR = 0.1
"""Sources pull in proportion to how far away they are up to about this factor, then no more."""


class Stated(NamedTuple):
    """Of ``n`` materials what the error model states.

    Parameters
    ----------
    means, covariances
        Of ln K and ln G, shapes ``(n, 2)`` and ``(n, 2, 2)``.
    disagreement
        See `elatbot_flows.uncertainty.joint.disagreement`, shape ``(n, 2)``.
    failed
        See `elatbot_flows.uncertainty.joint.failed_share`, shape ``(n,)``.
    distances
        See `elatbot_flows.uncertainty.joint.distances`, shape ``(n, 2, s)``.
    ionicity
        As the evidence has it, shape ``(n,)``.
    """

    means: Array
    covariances: Array
    disagreement: Array
    failed: Array
    distances: Array
    ionicity: Array

    @property
    def log_deviations(self) -> Array:
        """Logarithms of the standard deviations, shape ``(n, 2)``."""
        return np.asarray(0.5 * np.log(self.covariances[:, [0, 1], [0, 1]]))

    @property
    def correlations(self) -> Array:
        """Of ln K and ln G, shape ``(n,)``."""
        return np.asarray(self.covariances[:, 0, 1] / np.exp(self.log_deviations.sum(axis=1)))

    @property
    def pulls(self) -> Array:
        """Bounded distances, shape ``(n, 2, s)``: a source that is far off pulls no harder."""
        return np.asarray(_NEAR * np.tanh(self.distances / _NEAR))


def stated_by(model: ErrorModel, evidence: Evidence, mixture: Mixture) -> Stated:
    """What an error model states of materials, from its posterior given the evidence on them."""
    means, covariances = mixture.moments()
    return Stated(
        means,
        covariances,
        disagreement(model, evidence, means),
        failed_share(model, evidence),
        distances(model, evidence, means),
        evidence.features[:, FEATURES.index("ionicity")],
    )


def spread_features(stated: Stated, kinds: Sequence[str]) -> Array:
    """`SPREAD_FEATURES` of materials for K and for G, shape ``(n, 2, 9)``."""
    ones = np.ones(len(stated.means))
    of_kind = [ones * [kind == name for kind in kinds] for name in KINDS[1:]]
    known = (ones, *of_kind, *levels(*stated.means.T), stated.ionicity)
    *of_both, failed = (np.stack([e, e], axis=1) for e in (*known, stated.failed))
    return np.stack([*of_both, stated.log_deviations, stated.disagreement, failed], axis=-1)


class Usual(NamedTuple):
    """Medians over the materials of one kind that the same members spoke of, and their number."""

    scales: tuple[float, float]
    correlation: float
    n: int


@dataclass(frozen=True)
class SpreadTable:
    """From what the error model states to t distributions that held.

    The errors of sources have long tails, for which the error model, Gaussian but for sources that
    are far off, believes them less than most materials deserve: estimates are drawn nearer to them.

    Parameters
    ----------
    weights
        Of `Stated.pulls` for ln K and ln G by source, shape ``(2, s)``, by members in the order of
        the calibration.
    slopes
        Of `SPREAD_FEATURES` for ln K and ln G, shape ``(2, 9)``, by members.
    tail
        Degrees of freedom.
    usual
        By members and kind.
    """

    weights: Mapping[tuple[str, ...], Array]
    slopes: Mapping[tuple[str, ...], Array]
    tail: float
    usual: Mapping[tuple[tuple[str, ...], str], Usual]

    def means(self, members: tuple[str, ...], stated: Stated) -> Array:
        """Medians of ln K and ln G of materials, shape ``(n, 2)``."""
        return np.asarray(stated.means + (stated.pulls * self.weights[members]).sum(axis=-1))

    def scales(self, members: tuple[str, ...], kinds: Sequence[str], stated: Stated) -> Array:
        """Scales of ln K and ln G of materials, shape ``(n, 2)``."""
        slopes = (spread_features(stated, kinds) * self.slopes[members]).sum(axis=-1)
        return np.asarray(np.minimum(np.exp(stated.log_deviations + slopes), _WIDEST))

    def distribution(
        self, members: tuple[str, ...], kind: str, stated: Stated
    ) -> tuple[JointDistribution, float]:
        """Of one material: its distribution, and its spread over the usual one.

        Raises
        ------
        UncertaintyError
            If nothing is known of these members and this kind.
        """
        usual = self.usual_scales(members, kind).log_scales
        bulk, shear = self.scales(members, [kind], stated)[0].tolist()
        mean = self.means(members, stated)[0].tolist()
        correlation = float(stated.correlations[0])
        found = JointDistribution((mean[0], mean[1]), (bulk, shear), correlation, self.tail)
        return found, max(bulk / usual[0], shear / usual[1])

    def usual_scales(self, members: tuple[str, ...], kind: str) -> JointDistribution:
        """The distribution of median spread, about zero.

        Raises
        ------
        UncertaintyError
            If nothing is known of these members and this kind.
        """
        if (members, kind) not in self.usual:
            raise UncertaintyError(
                f"nothing was calibrated for {', '.join(members) or 'the composition alone'} "
                f"and the kind '{kind}'"
            )
        usual = self.usual[members, kind]
        return JointDistribution((0.0, 0.0), usual.scales, usual.correlation, self.tail)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a file."""
        kinds = {
            members: {kind: self.usual[members, kind]._asdict() for kind in KINDS}
            for members in self.slopes
        }
        groups = [
            {
                "members": list(members),
                "weights": self.weights[members].tolist(),
                "slopes": slopes.tolist(),
                "usual": kinds[members],
            }
            for members, slopes in self.slopes.items()
        ]
        return {"tail": self.tail, "groups": groups}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> SpreadTable:
        """What `as_dict` gave."""
        groups = {tuple(group["members"]): group for group in content["groups"]}
        usual = {
            (members, kind): Usual(tuple(row["scales"]), row["correlation"], row["n"])
            for members, group in groups.items()
            for kind, row in group["usual"].items()
        }
        weights, slopes = (
            {members: np.array(group[name]) for members, group in groups.items()}
            for name in ("weights", "slopes")
        )
        return cls(weights, slopes, content["tail"], usual)
