"""Medians and spreads that hold, from estimates of materials that took no part in the fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.uncertainty.joint import posterior
from elatbot_flows.uncertainty.kinds import KINDS
from elatbot_flows.uncertainty.spread import SpreadTable, Stated, Usual, spread_features, stated_by

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
    stated = stated_by(model, some, posterior(model, some))
    return Estimated(used, truth[used] - stated.means, stated)


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


@dataclass(frozen=True)
class _Told:
    """All estimates one below the other, as tensors; `group` is the choice of members of each."""

    group: Any
    features: Any
    pulls: Any
    errors: Any
    log_deviations: Any
    correlations: Any
    counts: Any


def _told(found: Estimates, kinds: NDArray[np.str_]) -> _Told:
    import torch

    parts = list(found.values())
    rows = np.concatenate([part.rows for part in parts])
    stated = Stated(*map(np.concatenate, zip(*(p.stated for p in parts), strict=True)))
    arrays = (
        np.repeat(np.arange(len(parts)), [len(part.rows) for part in parts]),
        spread_features(stated, kinds[rows].tolist()),
        stated.pulls,
        np.concatenate([part.errors for part in parts]),
        stated.log_deviations,
        stated.correlations,
        _COUNTS / np.bincount(rows)[rows],
    )
    return _Told(*map(torch.as_tensor, arrays))


def _maximise(found: Estimates, kinds: NDArray[np.str_]) -> tuple[Array, Array, float]:
    import torch

    told = _told(found, kinds)
    size, pair = tuple(told.features.shape[1:]), tuple(told.pulls.shape[1:])
    shapes = {"constant": (2, 1), "common": size, "own": (len(found), *size), "tail": ()}
    shapes |= {"pull": pair, "own_pull": (len(found), *pair)}
    options = {"dtype": told.errors.dtype, "requires_grad": True}
    unknown = {name: torch.zeros(shape, **options) for name, shape in shapes.items()}
    _minimise(lambda: _loss(told, unknown), list(unknown.values()))
    weights, slopes, tail = (part.detach() for part in _fitted(unknown))
    return weights.numpy(), slopes.numpy(), float(tail)


def _fitted(unknown: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Weights and slopes by choice of members, and the tail."""
    import torch

    constant = unknown["constant"] * torch.eye(unknown["common"].shape[1])[0]
    slopes = constant + unknown["common"] + unknown["own"]
    weights = unknown["pull"] + unknown["own_pull"]
    return weights, slopes, _START_TAIL * torch.exp(unknown["tail"])


def _loss(told: _Told, unknown: dict[str, Any]) -> Any:
    """Negative logarithm of density and priors."""
    import torch

    weights, slopes, tail = _fitted(unknown)
    scales = torch.exp(told.log_deviations + (told.features * slopes[told.group]).sum(-1))
    left = told.errors - (told.pulls * weights[told.group]).sum(-1)
    density = _log_density(left / scales, scales, told.correlations, tail)
    away = sum((unknown[name] / width).pow(2).sum() for name, width in _WIDTHS.items())
    return 0.5 * away - (told.counts * density).sum()


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
