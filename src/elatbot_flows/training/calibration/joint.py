"""Fit the errors of all sources together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.evidence import Evidence
from elatbot_flows.uncertainty.joint import ErrorModel, Mixture, posterior

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["fit_errors", "log_density", "number_layout"]

_FEWEST = 20
_MAD_TO_STD = 1.4826
_STEPS, _RATE = 120, 0.06
_KEPT = 0.75
"""Chance of a source to be kept where evidence is left out at random."""
_START_RATE = -2.5
_START_EXCESS, _START_EXCESS_SHEAR = 0.3, 0.5
_START_FAILED = 0.15
_START_POWER = 0.3


@dataclass(frozen=True)
class _Widths:
    """Standard deviations of the normal priors that keep small effects small."""

    bias: float = 0.1
    spread: float = 0.3
    correlation: float = 1.0
    failed_bias: float = 0.15
    failed_variance: float = 1.0
    shift: float = 0.1
    widening: float = 0.3
    blindness: float = 0.5
    rate: float = 1.0
    excess: float = 0.5
    power: float = 0.3


def number_layout(has_shear: Sequence[bool]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Source of each number and whether it is a shear modulus; the composition gives both."""
    counts = [2, *(2 if shear else 1 for shear in has_shear)]
    source = np.repeat(np.arange(len(counts)), counts)
    return source, np.concatenate([np.arange(count) for count in counts])


def log_density(mixture: Mixture, truth: Any, xp: Any = np) -> Any:
    """Logarithm of the density at the true ln K and ln G, shape ``(n,)``."""
    away = truth[:, None] - mixture.means
    misfit = (away * xp.linalg.solve(mixture.covariances, away[..., None])[..., 0]).sum(-1)
    size = xp.linalg.slogdet(mixture.covariances)[1]
    logs = xp.log(mixture.weights + 1e-300) - 0.5 * (misfit + size) - np.log(2 * np.pi)
    largest = xp.amax(logs, 1)
    return largest + xp.log(xp.exp(logs - largest[:, None]).sum(1))


def fit_errors(
    evidence: Evidence,
    truth: Array,
    has_shear: Sequence[bool],
    *,
    seed: int = 0,
) -> ErrorModel:
    """Fit to materials with known moduli.

    In every step another random subset of the evidence is taken. What is maximised is the
    likelihood of truth and evidence together plus once more that of the truth given the evidence,
    plus the logarithm of normal priors: how the evidence is distributed matters half as much as
    what it says.

    Parameters
    ----------
    evidence
        What is said of them.
    truth
        ln K and ln G (GPa), shape ``(n, 2)``.
    has_shear
        Whether each source after the composition model says anything of the shear modulus.
    seed
        Of the random subsets.

    Raises
    ------
    UncertaintyError
        If a source has spoken of too few materials.
    """
    import torch

    source, shear = number_layout(has_shear)
    start, typical = _start(evidence, truth, source, shear)
    fixed = {
        "source": torch.as_tensor(source),
        "shear": torch.as_tensor(shear),
        "typical": torch.as_tensor(typical),
    }
    first = {name: torch.as_tensor(part) for name, part in start.items()}
    unknown = {name: part.clone().requires_grad_() for name, part in first.items()}
    seen = _torch(evidence)
    known = torch.as_tensor(truth)
    random = torch.Generator().manual_seed(seed)

    def loss() -> Any:
        model = _model(unknown, fixed)
        kept = torch.rand(seen.failed.shape, generator=random) < _KEPT
        kept[:, 0] = True
        found = posterior(model, seen.only(kept.to(known.dtype), fixed["source"]), torch)
        told = 2 * log_density(found, known, torch) + found.log_evidence
        return _penalty(unknown, first) - told.sum()

    _descend(loss, list(unknown.values()))
    best = _model({name: part.detach() for name, part in unknown.items()}, fixed)
    return ErrorModel(**{f.name: getattr(best, f.name).numpy() for f in fields(ErrorModel)})


def _descend(loss: Callable[[], Any], unknown: list[Any]) -> None:
    import torch

    optimizer = torch.optim.Adam(unknown, lr=_RATE)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _STEPS)
    for _ in range(_STEPS):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        slower.step()


def _torch(evidence: Evidence) -> Evidence:
    import torch

    return Evidence(
        **{f.name: torch.as_tensor(getattr(evidence, f.name)) for f in fields(Evidence)}
    )


def _start(
    evidence: Evidence, truth: Array, source: NDArray[np.int64], shear: NDArray[np.int64]
) -> tuple[dict[str, Array], Array]:
    """Robust biases and spreads without any correlation, and typical stated deviations."""
    usable = (evidence.given > 0) & ~(evidence.failed[:, source] > 0)
    if int(usable.sum(axis=0).min()) < _FEWEST:
        raise UncertaintyError(
            f"a source has spoken of fewer than {_FEWEST} materials; evaluate more or leave it out"
        )
    errors = np.where(usable, evidence.values - truth[:, shear], np.nan)
    center = np.nanmedian(errors, axis=0)
    spread = _MAD_TO_STD * np.nanmedian(np.abs(errors - center), axis=0)
    sources, features = evidence.failed.shape[1], evidence.features.shape[1]
    states = np.isfinite(evidence.stated).any(axis=0)
    bias, log_spread = (np.zeros((len(source), features)) for _ in range(2))
    bias[:, 0], log_spread[:, 0] = center, np.log(spread)
    start = {
        "bias": bias,
        "spread": log_spread,
        "correlation": np.zeros((len(source), len(source))),
        "failed_bias": np.zeros(len(source)),
        "failed_variance": np.full(sources, np.log(_START_FAILED)),
        "shift": np.zeros(2),
        "widening": np.zeros(1),
        "blindness": np.zeros(2),
        "rate": np.full(sources, _START_RATE),
        "excess": np.log(_START_EXCESS) + _START_EXCESS_SHEAR * shear,
        "power": np.where(states, _START_POWER, 0.0),
    }
    filled = np.where(states, np.where(np.isfinite(evidence.stated), evidence.stated, np.nan), 0.0)
    return start, np.nanmean(filled, axis=0)


def _model(unknown: dict[str, Any], fixed: dict[str, Any]) -> ErrorModel:
    """From unbounded numbers to an error model."""
    import torch

    source, size = fixed["source"], len(fixed["source"])
    factor = torch.tril(unknown["correlation"], -1) + torch.eye(size)
    factor = factor / factor.norm(dim=1, keepdim=True)
    own = (torch.arange(size) < 2).to(factor.dtype)  # the numbers of the composition model
    both = torch.arange(size).clamp(max=1)
    return ErrorModel(
        **fixed,
        bias=unknown["bias"],
        spread=unknown["spread"],
        correlation=factor @ factor.T,
        failed_bias=unknown["failed_bias"],
        failed_variance=torch.exp(2 * unknown["failed_variance"])[source],
        shift=unknown["shift"][both] * own,
        widening=unknown["widening"] * own,
        blindness=unknown["blindness"][both] * own,
        rate=torch.sigmoid(unknown["rate"]),
        excess=torch.exp(unknown["excess"]),
        power=unknown["power"],
    )


def _penalty(unknown: dict[str, Any], first: dict[str, Any]) -> Any:
    """Negative logarithm of the priors; constants of bias and spread are free."""
    total: Any = 0.0
    widths = _Widths()
    for name, part in unknown.items():
        away = (part - first[name]) / getattr(widths, name)
        free = name in ("bias", "spread")
        total = total + 0.5 * (away[:, 1:] if free else away).pow(2).sum()
    return total
