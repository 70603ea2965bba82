"""Fit the Gaussian process of moduli over compositions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.uncertainty.composition import CompositionModel, kernel
from elatbot_flows.uncertainty.elements import describe, element_table, feature_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Hyperparameters", "KnownComposition", "fit_composition", "fit_hyperparameters"]

_START, _START_NOISE, _TIGHTNESS = -1.2, -3.5, 0.5
_STEPS, _RATE = 60, 0.1
_MOST_ROWS = 1000
_MOST_CHOSEN = 400
_BLIND_NOISE = 2.0
"""Factor on the variance of the noise if the volume is not known."""
_ERROR_SHARE, _ERROR_NOISE = 0.1, 0.09
"""Variance of the errors of ln G by a source over that of ln G, and that of their noise."""


@dataclass(frozen=True)
class KnownComposition:
    """A crystal with known moduli.

    Parameters
    ----------
    formula
        Reduced formula; rows that share it are left out together.
    shares
        Shares of atoms by symbol.
    volume_per_atom
        A^3.
    bulk_modulus, shear_modulus
        GPa.
    """

    formula: str
    shares: dict[str, float]
    volume_per_atom: float
    bulk_modulus: float
    shear_modulus: float


@dataclass(frozen=True)
class Hyperparameters:
    """Of the processes of ln K and ln G.

    Parameters
    ----------
    lengths
        Logarithms of the inverse length scales, shape ``(2, d)``.
    parameters
        Of `kernel`, shape ``(2, 4)``.
    noise
        Logarithms of the variance of the labels about the process, shape ``(2,)``.
    """

    lengths: Array
    parameters: Array
    noise: Array


def _standardised(rows: Sequence[KnownComposition]) -> tuple[Array, Array, Array, Array]:
    """Features, their centre and scale, and labels."""
    symbols, table = element_table()
    known = dict(zip(symbols, table, strict=True))
    raw = np.array([describe(row.shares, row.volume_per_atom, known) for row in rows])
    scale = raw.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)  # a feature that never varies says nothing
    center = raw.mean(axis=0)
    labels = np.log([[row.bulk_modulus, row.shear_modulus] for row in rows])
    return (raw - center) / scale, center, scale, labels


def fit_hyperparameters(rows: Sequence[KnownComposition], *, seed: int = 0) -> Hyperparameters:
    """Choose length scales, variances and noise by the marginal likelihood.

    A length scale is a factor of its statistic times one of its column, and both are kept near
    their start by a normal prior. At most 1000 rows, drawn at random, are used.
    """
    features, _, _, labels = _standardised(rows)
    some = np.random.default_rng(seed).permutation(len(rows))[:_MOST_ROWS]
    found = [_maximise(features[some], labels[some, place]) for place in (0, 1)]
    return Hyperparameters(*(np.array(part) for part in zip(*found, strict=True)))


def _maximise(features: Array, labels: Array) -> tuple[Array, Array, float]:
    import torch

    statistic, column = (torch.as_tensor(group) for group in feature_groups())
    first = [torch.full((int(group.max()) + 1,), _START) for group in (statistic, column)]
    start = [*first, torch.tensor([0.0, -1.0, -3.0, 0.0]), torch.tensor(_START_NOISE)]
    unknown = [part.to(torch.float64).requires_grad_() for part in start]
    x = torch.as_tensor(features)
    y = torch.as_tensor(labels - labels.mean())
    optimizer = torch.optim.Adam(unknown, lr=_RATE)
    for _ in range(_STEPS):
        optimizer.zero_grad()
        loss = _loss(x, y, unknown, (statistic, column))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    by_statistic, by_column, parameters, noise = (part.detach().numpy() for part in unknown)
    groups = feature_groups()
    return by_statistic[groups[0]] + by_column[groups[1]], parameters, float(noise)


def _loss(x: Any, y: Any, unknown: list[Any], groups: tuple[Any, Any]) -> Any:
    """Negative logarithm of marginal likelihood and prior."""
    import torch

    by_statistic, by_column, parameters, noise = unknown
    scaled = x * torch.exp(by_statistic[groups[0]] + by_column[groups[1]])
    covariance = kernel(scaled, scaled, parameters, torch)
    covariance = covariance + torch.exp(noise) * torch.eye(len(y), dtype=y.dtype)
    factor = torch.linalg.cholesky(covariance)
    fit = 0.5 * y @ torch.cholesky_solve(y[:, None], factor)[:, 0]
    away = ((by_statistic - _START) ** 2).sum() + ((by_column - _START) ** 2).sum()
    return fit + torch.log(torch.diagonal(factor)).sum() + 0.5 * _TIGHTNESS * away


def fit_composition(
    rows: Sequence[KnownComposition], chosen: Hyperparameters, errors: Array | None = None
) -> CompositionModel:
    """Fit the weights of all rows for given hyperparameters.

    Parameters
    ----------
    rows
        What to learn from.
    chosen
        The hyperparameters.
    errors
        Errors of ln G by sources, NaN where a source did not speak of a row, shape ``(n, s)``.
    """
    features, center, scale, labels = _standardised(rows)
    mean = labels.mean(axis=0)
    errors = np.empty((len(rows), 0)) if errors is None else errors - np.nanmedian(errors, axis=0)
    pairs = [(bool(blind), place) for blind in (0, 1) for place in (0, 1)]
    covariances = {pair: _covariance(features, chosen, pair[1], blind=pair[0]) for pair in pairs}
    weights = np.zeros((2, 2 + errors.shape[1], len(rows)))
    for blind in (False, True):
        factor = _BLIND_NOISE if blind else 1.0
        for place in (0, 1):
            noise = factor * np.exp(chosen.noise[place])
            weights[int(blind), place] = _weights(
                covariances[blind, place], noise, labels[:, place] - mean[place]
            )
        for place, error in enumerate(errors.T, start=2):
            covariance = _ERROR_SHARE * covariances[blind, 1]
            found = _weights(covariance, factor * _ERROR_NOISE, error)
            weights[int(blind), place] = _ERROR_SHARE * found
    covariance = covariances[False, 0]
    least = float(np.exp(chosen.noise[0]))
    few = _spread_out(covariance, min(_MOST_CHOSEN, len(rows)))
    symbols, table = element_table()
    return CompositionModel(
        symbols=np.array(symbols),
        table=table,
        center=center,
        scale=scale,
        rows=features,
        lengths=chosen.lengths,
        parameters=chosen.parameters,
        mean=np.r_[mean, np.zeros(errors.shape[1])],
        weights=weights,
        chosen=few,
        precision=_precision(covariance, few, least),
        noise=np.array(least),
    )


def _weights(covariance: Array, noise: float, values: Array) -> Array:
    """Of the rows with a value; zeros for the others."""
    known = np.flatnonzero(np.isfinite(values))
    found = np.zeros(len(values))
    among = covariance[np.ix_(known, known)] + noise * np.eye(len(known))
    found[known] = np.linalg.solve(among, values[known])
    return found


def _covariance(features: Array, chosen: Hyperparameters, place: int, *, blind: bool) -> Array:
    lengths = np.exp(chosen.lengths[place])
    lengths[-2:] *= not blind
    scaled = features * lengths
    return np.asarray(kernel(scaled, scaled, chosen.parameters[place]))


def _spread_out(covariance: Array, number: int) -> NDArray[np.int64]:
    """Rows that leave the least variance unexplained, one after the other (pivoted Cholesky)."""
    left = np.diag(covariance).copy()
    factor = np.zeros((number, len(covariance)))
    found: list[int] = []
    for step in range(number):
        pivot = int(left.argmax())
        found.append(pivot)
        told = factor[:step].T @ factor[:step, pivot]
        factor[step] = (covariance[pivot] - told) / np.sqrt(left[pivot])
        left = np.maximum(left - factor[step] ** 2, 1e-12)
        left[found] = 0.0
    return np.array(found, dtype=np.int64)


def _precision(covariance: Array, few: NDArray[np.int64], noise: float) -> Array:
    """Of the variance of a process that was seen at all rows, through these few."""
    among = covariance[np.ix_(few, few)] + 1e-6 * np.eye(len(few))
    across = covariance[few]
    return np.linalg.inv(among) - np.linalg.inv(among + across @ across.T / noise)
