"""Spreads that hold, from estimates of materials that took no part in the fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.uncertainty.joint import posterior
from elatbot_flows.uncertainty.kinds import KINDS
from elatbot_flows.uncertainty.spread import GroupSpread, SpreadTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from elatbot_flows.uncertainty.evidence import Evidence
    from elatbot_flows.uncertainty.joint import ErrorModel

    Array = NDArray[np.float64]

__all__ = ["StatedMoments", "calibrate_spread", "spread_factor", "state_moments", "subsets"]

_TAILS = (2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 50.0)
_WEIGHT = 40.0
"""Materials that the spread of all kinds together counts for in each of them."""
_ITERATIONS = 60


@dataclass(frozen=True)
class StatedMoments:
    """What was stated of materials with known moduli by some members.

    Parameters
    ----------
    rows
        Places of the materials, shape ``(n,)``.
    errors
        True minus stated ln K and ln G, shape ``(n, 2)``.
    covariances
        Stated, shape ``(n, 2, 2)``.
    """

    rows: NDArray[np.int64]
    errors: Array
    covariances: Array


def subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Every choice of members, the empty one included."""
    sizes = range(len(names) + 1)
    return [choice for size in sizes for choice in combinations(names, size)]


def state_moments(
    model: ErrorModel,
    evidence: Evidence,
    truth: Array,
    names: Sequence[str],
    members: Sequence[str],
    rows: NDArray[np.int64],
) -> StatedMoments:
    """Estimate those of the given materials that all of some members have spoken of.

    Parameters
    ----------
    model
        Fitted to other materials.
    evidence, truth
        Of all materials.
    names
        All sources after the composition model.
    members
        Those to use.
    rows
        Places of the materials.
    """
    keep = np.array([1.0, *(float(name in members) for name in names)])
    asked = [1 + place for place, name in enumerate(names) if name in members]
    spoke = np.asarray(_spoke(evidence, model.source)[:, asked].all(axis=1))
    used = rows[spoke[rows]]
    if not len(used):
        return StatedMoments(used, np.empty((0, 2)), np.empty((0, 2, 2)))
    some = evidence.take(used).only(keep, model.source)
    means, covariances = posterior(model, some).moments()
    return StatedMoments(used, truth[used] - means, covariances)


def _spoke(evidence: Evidence, source: NDArray[np.int64]) -> NDArray[np.bool_]:
    given = np.stack(
        [evidence.given[:, source == place].any(axis=1) for place in range(source.max() + 1)], 1
    )
    return np.asarray(given | (evidence.failed > 0))


def calibrate_spread(
    stated: dict[tuple[str, ...], StatedMoments], kinds: NDArray[np.str_]
) -> SpreadTable:
    """Find factors on the stated spreads by members and kind, and tails by members.

    The factor of a kind is drawn to that of all kinds, the more the fewer materials are of it.

    Parameters
    ----------
    stated
        By members; of materials that the errors were not fitted to.
    kinds
        Of all materials.
    """
    groups = {}
    for names, found in stated.items():
        tail = max(_TAILS, key=lambda each, found=found: _score(found, each))  # type: ignore[misc]
        whole = [spread_factor(scaled, tail) for scaled in _scaled(found).T]
        for kind in KINDS:
            groups[names, kind] = _group(_of_kind(found, kinds, kind), found, whole, tail)
    return SpreadTable(groups)


def _group(
    found: StatedMoments, all_kinds: StatedMoments, whole: list[float], tail: float
) -> GroupSpread:
    n = len(found.rows)
    own = [spread_factor(scaled, tail) for scaled in _scaled(found).T] if n else whole
    factors = [_shrunk(factor, n, parent) for factor, parent in zip(own, whole, strict=True)]
    usual = found if n else all_kinds
    deviations = np.sqrt(usual.covariances[:, [0, 1], [0, 1]])
    correlation = np.median(usual.covariances[:, 0, 1] / deviations.prod(axis=1))
    bulk, shear = np.median(deviations, axis=0).tolist()
    return GroupSpread((factors[0], factors[1]), (bulk, shear), float(correlation), tail, n)


def _shrunk(factor: float, n: int, parent: float) -> float:
    share = n / (n + _WEIGHT)
    return float(np.exp(share * np.log(factor) + (1 - share) * np.log(parent)))


def _of_kind(found: StatedMoments, kinds: NDArray[np.str_], kind: str) -> StatedMoments:
    keep = kinds[found.rows] == kind
    return StatedMoments(found.rows[keep], found.errors[keep], found.covariances[keep])


def _scaled(found: StatedMoments) -> Array:
    return np.asarray(found.errors / np.sqrt(found.covariances[:, [0, 1], [0, 1]]))


def spread_factor(scaled: Array, tail: float) -> float:
    """Scale of a t distribution about zero with the highest likelihood.

    Parameters
    ----------
    scaled
        Errors over stated deviations, shape ``(n,)``.
    tail
        Degrees of freedom.
    """
    square = np.maximum(np.asarray(scaled) ** 2, 1e-12)
    variance = float(np.median(square))
    for _ in range(_ITERATIONS):
        variance = float(np.mean((tail + 1) / (tail + square / variance) * square))
    return float(np.sqrt(variance))


def _score(found: StatedMoments, tail: float) -> float:
    """Likelihood of all errors of both moduli at the best factors."""
    from scipy.stats import t

    total = 0.0
    for scaled in _scaled(found).T:
        factor = spread_factor(scaled, tail)
        total += float((t.logpdf(scaled / factor, tail) - np.log(factor)).sum())
    return total
