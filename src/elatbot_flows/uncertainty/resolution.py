"""What the judges can tell apart at best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.joint_estimate import edges_of
from elatbot_flows.uncertainty.kinds import KINDS
from elatbot_flows.uncertainty.moduli_samples import isotropic_properties
from elatbot_flows.uncertainty.verdict import HIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from elatbot_flows.uncertainty.calibration import Calibration
    from elatbot_flows.uncertainty.joint_estimate import JointDistribution

    Array = NDArray[np.float64]

__all__ = ["best_probability", "too_narrow"]

_POINTS = 512
_GRID = 41
_REFINEMENTS = 3
_BULK, _SHEAR = (1.0, 700.0), (0.5, 600.0)
"""GPa; where the best place of an estimate is looked for."""


def best_probability(
    calibration: Calibration,
    intervals: Mapping[str, Any],
    members: Iterable[str],
    kind: str | None = None,
) -> float:
    """The highest probability that these members usually state for these intervals.

    It is that of an estimate of median spread at the best place.

    Parameters
    ----------
    calibration
        The calibration.
    intervals
        By property name, as for `elatbot_flows.uncertainty.verdict.judge`.
    members
        Names of the members that will be asked.
    kind
        Kind of material; None for the one that is known best.

    Raises
    ------
    UncertaintyError
        If there is no interval, or the kind is unknown.
    """
    if not intervals:
        raise UncertaintyError("there is no interval to state a probability for; give one")
    names = tuple(members)
    edges = {name: edges_of(bounds) for name, bounds in intervals.items()}
    kinds = KINDS if kind is None else (kind,)
    return max(_best(calibration.usual(names, each), edges) for each in kinds)


def _best(usual: JointDistribution, edges: Mapping[str, tuple[float, float]]) -> float:
    bulk, shear = (np.log(bounds) for bounds in (_BULK, _SHEAR))
    best = 0.0
    for _ in range(_REFINEMENTS):
        first, second = (np.linspace(low, high, _GRID) for low, high in (bulk, shear))
        chances = _chances(usual, first, second, edges)
        best = max(best, float(chances.max()))
        # the middle of all places that are as good as the best one
        places = np.argwhere(chances >= chances.max() - 1e-9).mean(axis=0)
        (i, j), steps = places, (first[1] - first[0], second[1] - second[0])
        middle = (bulk[0] + i * steps[0], shear[0] + j * steps[1])
        bulk, shear = (
            np.array([m - 3 * step, m + 3 * step]) for m, step in zip(middle, steps, strict=True)
        )
    return best


def _chances(
    usual: JointDistribution,
    bulk: Array,
    shear: Array,
    edges: Mapping[str, tuple[float, float]],
) -> Array:
    """Probability for estimates at all places, shape ``(len(bulk), len(shear))``."""
    first, second = usual.sample(_POINTS)
    values = isotropic_properties(
        bulk[:, None, None] + first[None, None], shear[None, :, None] + second[None, None]
    )
    inside = np.ones((len(bulk), len(shear), _POINTS), dtype=bool)
    for name, (low, high) in edges.items():
        inside &= (low <= values[name]) & (values[name] <= high)
    return np.asarray(inside.mean(axis=-1))


def too_narrow(
    calibration: Calibration,
    intervals: Mapping[str, Any],
    members: Iterable[str],
    kind: str | None = None,
) -> str | None:
    """For people: that no estimate can be called a hit, if so.

    Parameters are those of `best_probability`, and so are the errors raised.
    """
    names = tuple(members)
    best = best_probability(calibration, intervals, names, kind)
    if best >= HIT:
        return None
    known = [meant for name in names if (meant := calibration.member(name))]
    return (
        f"the intervals are narrower than {' and '.join(known) or 'the composition alone'} can "
        f"tell: even an estimate in their middle would usually have a probability of {best:.2f}, "
        f"below the {HIT} of a hit; widen them or ask more judges"
    )
