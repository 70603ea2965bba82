"""Spreads that hold, from estimates of materials that took no part in the fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
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
"""Materials that the spread of all groups together counts for in each of them."""
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
    spoke = _spoke(evidence, model.source)[:, asked].all(axis=1)
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
    """Find factors on the stated spreads by members and kind, and the tail of all.

    Parameters
    ----------
    stated
        By members; of materials that the errors were not fitted to.
    kinds
        Of all materials.
    """
    tail = max(_TAILS, key=lambda each: _score(stated, each))
    whole = [spread_factor(_pooled(stated.values(), place), tail) for place in (0, 1)]
    groups = {}
    for kind in KINDS:
        of_kind = {names: _of_kind(found, kinds, kind) for names, found in stated.items()}
        count = len({row for found in of_kind.values() for row in found.rows.tolist()})
        parent = [
            _shrunk(spread_factor(_pooled(of_kind.values(), p), tail), count, whole[p])
            for p in (0, 1)
        ]
        for names, found in of_kind.items():
            groups[names, kind] = _group(found, stated[names], parent, tail)
    return SpreadTable(groups, tail)


def _group(
    found: StatedMoments, all_kinds: StatedMoments, parent: list[float], tail: float
) -> GroupSpread:
    n = len(found.rows)
    factors = [
        _shrunk(spread_factor(_scaled(found)[:, p], tail) if n else 1.0, n, parent[p])
        for p in (0, 1)
    ]
    usual = found if n else all_kinds
    deviations = np.sqrt(usual.covariances[:, [0, 1], [0, 1]])
    correlation = usual.covariances[:, 0, 1] / deviations.prod(axis=1)
    bulk, shear = np.median(deviations, axis=0).tolist()
    return GroupSpread((factors[0], factors[1]), (bulk, shear), float(np.median(correlation)), n)


def _shrunk(factor: float, n: int, parent: float) -> float:
    share = n / (n + _WEIGHT)
    return float(np.exp(share * np.log(factor) + (1 - share) * np.log(parent)))


def _of_kind(found: StatedMoments, kinds: NDArray[np.str_], kind: str) -> StatedMoments:
    keep = kinds[found.rows] == kind
    return StatedMoments(found.rows[keep], found.errors[keep], found.covariances[keep])


def _scaled(found: StatedMoments) -> Array:
    return np.asarray(found.errors / np.sqrt(found.covariances[:, [0, 1], [0, 1]]))


def _pooled(parts: object, place: int) -> Array:
    return np.concatenate([_scaled(part)[:, place] for part in parts])  # type: ignore[attr-defined]


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


def _score(stated: dict[tuple[str, ...], StatedMoments], tail: float) -> float:
    """Likelihood of all errors of both properties at the best factors by members."""
    from scipy.stats import t

    total = 0.0
    for found, place in product(stated.values(), (0, 1)):
        if len(found.rows):
            scaled = _scaled(found)[:, place]
            factor = spread_factor(scaled, tail)
            total += float((t.logpdf(scaled / factor, tail) - np.log(factor)).sum())
    return total
