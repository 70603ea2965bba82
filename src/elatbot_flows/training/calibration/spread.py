"""Medians and spreads that hold, from estimates of materials that took no part in the fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.uncertainty.joint import disagreement, distances, failed_share, posterior
from elatbot_flows.uncertainty.kinds import KINDS
from elatbot_flows.uncertainty.spread import SpreadTable, Stated, Usual, spread_features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from elatbot_flows.uncertainty.evidence import Evidence
    from elatbot_flows.uncertainty.joint import ErrorModel

    Array = NDArray[np.float64]
    Estimates = Mapping[tuple[str, ...], "Estimated"]

__all__ = ["Estimated", "calibrate_spread", "estimate_with", "subsets"]

_START_TAIL = 4.0
_WIDTHS = {"common": 0.5, "own": 0.3, "tail": 0.7, "pull": 0.3, "own_pull": 0.15}
"""Standard deviations of normal priors: of slopes that all choices of members share, of what those
of one choice differ by, of the logarithm of the tail, and of weights of sources like the slopes."""
_COUNTS = 4.0
"""What a material counts, divided among all choices of members that spoke of it."""
_ITERATIONS = 60


@dataclass(frozen=True)
class Estimated:
    """Estimates of some materials by some members.

    Parameters
    ----------
    rows
        Places of the materials, shape ``(n,)``.
    errors
        True minus stated ln K and ln G, shape ``(n, 2)``.
    stated
        What was stated.
    """

    rows: NDArray[np.int64]
    errors: Array
    stated: Stated


def subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Every choice of members, the empty one included."""
    sizes = range(len(names) + 1)
    return [choice for size in sizes for choice in combinations(names, size)]


def estimate_with(
    members: Sequence[str],
    names: Sequence[str],
    model: ErrorModel,
    evidence: Evidence,
    truth: Array,
    rows: NDArray[np.int64],
) -> Estimated:
    """Estimate those of the given materials that all of some members have spoken of.

    Parameters
    ----------
    members
        Those to use.
    names
        All sources after the composition model.
    model
        Fitted to other materials.
    evidence, truth
        Of all materials.
    rows
        Places of the materials.
    """
    keep = np.array([1.0, *(float(name in members) for name in names)])
    asked = [1 + place for place, name in enumerate(names) if name in members]
    spoke = _spoke(evidence, model.source)[rows][:, asked]
    used = rows[spoke.all(axis=1)]
    some = evidence.take(used).only(keep, model.source)
    means, covariances = posterior(model, some).moments()
    stated = Stated(
        means,
        covariances,
        disagreement(model, some, means),
        failed_share(model, some),
        distances(model, some, means),
    )
    return Estimated(used, truth[used] - means, stated)


def _spoke(evidence: Evidence, source: NDArray[np.int64]) -> NDArray[np.bool_]:
    given = np.stack(
        [evidence.given[:, source == place].any(axis=1) for place in range(source.max() + 1)], 1
    )
    found: NDArray[np.bool_] = given | (evidence.failed > 0)
    return found


def calibrate_spread(found: Estimates, kinds: NDArray[np.str_]) -> SpreadTable:
    """Find what moves and widens what is stated, and the tail, by the highest density.

    Weights and slopes of every choice of members are drawn to those of all; the tail is shared.

    Parameters
    ----------
    found
        By members; of materials that the errors were not fitted to.
    kinds
        Of all materials.
    """
    weights, slopes, tail = _maximise(found, kinds)
    pulled, widened = (dict(zip(found, np.round(e, 4), strict=True)) for e in (weights, slopes))
    table = SpreadTable(pulled, widened, round(tail, 3), {})
    usual = {
        (names, kind): _usual(table, names, each, kinds, kind)
        for names, each in found.items()
        for kind in KINDS
    }
    return replace(table, usual=usual)


def _usual(
    table: SpreadTable, names: tuple[str, ...], each: Estimated, kinds: Any, kind: str
) -> Usual:
    """Of a kind that these members never spoke of, what all materials would have if of it."""
    keep = np.flatnonzero(kinds[each.rows] == kind)
    some = Stated(*(part[keep] for part in each.stated)) if len(keep) else each.stated
    bulk, shear = np.median(table.scales(names, [kind] * len(some.means), some), axis=0)
    scales = (round(float(bulk), 4), round(float(shear), 4))
    return Usual(scales, round(float(np.median(some.correlations)), 4), len(keep))


def _maximise(found: Estimates, kinds: NDArray[np.str_]) -> tuple[Array, Array, float]:
    import torch

    parts = list(found.values())
    rows = np.concatenate([part.rows for part in parts])
    group = np.repeat(np.arange(len(parts)), [len(part.rows) for part in parts])
    stated = Stated(*map(np.concatenate, zip(*(p.stated for p in parts), strict=True)))
    features = torch.as_tensor(spread_features(stated, kinds[rows].tolist()))
    errors = torch.as_tensor(np.concatenate([part.errors for part in parts]))
    pulls = torch.as_tensor(stated.pulls)
    start, correlations = map(torch.as_tensor, (stated.log_deviations, stated.correlations))
    counts = torch.as_tensor(_COUNTS / np.bincount(rows)[rows])
    size, pair = tuple(features.shape[1:]), tuple(pulls.shape[1:])
    shapes = {"constant": (2, 1), "common": size, "own": (len(parts), *size), "tail": ()}
    shapes |= {"pull": pair, "own_pull": (len(parts), *pair)}
    unknown = {n: torch.zeros(s, dtype=errors.dtype, requires_grad=True) for n, s in shapes.items()}

    def fitted() -> tuple[Any, Any, Any]:
        constant = unknown["constant"] * torch.eye(size[1])[0]
        slopes = constant + unknown["common"] + unknown["own"]
        weights = unknown["pull"] + unknown["own_pull"]
        return weights, slopes, _START_TAIL * torch.exp(unknown["tail"])

    def loss() -> Any:
        weights, slopes, tail = fitted()
        scales = torch.exp(start + (features * slopes[group]).sum(-1))
        left = errors - (pulls * weights[group]).sum(-1)
        density = _log_density(left / scales, scales, correlations, tail)
        away = sum((unknown[name] / width).pow(2).sum() for name, width in _WIDTHS.items())
        return 0.5 * away - (counts * density).sum()

    _minimise(loss, list(unknown.values()))
    weights, slopes, tail = (part.detach() for part in fitted())
    return weights.numpy(), slopes.numpy(), float(tail)


def _minimise(loss: Any, unknown: list[Any]) -> None:
    import torch

    optimizer = torch.optim.LBFGS(unknown, max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)


def _log_density(scaled: Any, scales: Any, correlation: Any, tail: Any) -> Any:
    """Of a bivariate t distribution, without the constant."""
    import torch

    left = 1 - correlation**2
    square = (scaled.pow(2).sum(1) - 2 * correlation * scaled.prod(1)) / left
    size = torch.log(scales).sum(1) + 0.5 * torch.log(left)
    tails = torch.lgamma(tail / 2 + 1) - torch.lgamma(tail / 2) - torch.log(tail)
    return tails - size - (tail / 2 + 1) * torch.log1p(square / tail)
