"""K and G of a material given what several sources say of them.

After taking logarithms, what a source says is the truth plus a bias plus an error; the errors of
all sources are correlated and Gaussian, and now and then a source is far off by an additional
error. For every choice of who is far off, generalised least squares (Aitken 1935) gives a
Gaussian for the truth; the choices are averaged by how well they explain the evidence (Bayesian
model averaging). The first source, which is always there, is a regression on the composition, so
that the result is a posterior with a prior and does not believe a number for having been picked.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from elatbot_flows.uncertainty.evidence import Evidence

__all__ = [
    "ErrorModel",
    "Mixture",
    "disagreement",
    "distances",
    "failed_share",
    "patterns",
    "posterior",
]

_MOST_FAR_OFF = 2
_AS_EXPECTED, _MOST_DISAGREEMENT = 4.0, 4.0
_SHARED = 0.5
"""Correlation of the additional errors of K and G of a source that is far off."""


@dataclass(frozen=True)
class ErrorModel:
    """Distribution of the errors of ``p`` numbers by ``s`` sources; arrays of numpy or torch.

    Parameters
    ----------
    source, shear
        Source of each number; one if it is a shear modulus, zero if a bulk modulus; ``(p,)``.
    bias, spread
        Mean error and logarithm of the standard deviation by feature, shape ``(p, f)``.
    correlation
        Of the ordinary errors, shape ``(p, p)``.
    failed_bias, failed_variance
        What is added to a number of a crystal that failed, shape ``(p,)``.
    shift, widening
        What is added to mean and logarithm of the spread of the composition model's errors if
        the crystal failed with any source, shape ``(p,)``, zero for others.
    blindness
        What is added to the latter if the volume is not known, shape ``(p,)``.
    rate
        Probability that a source is far off, shape ``(s,)``.
    excess
        Standard deviation of the additional error of one that is, shape ``(p,)``.
    power, typical
        The spread goes with this power of the stated one over the typical one (a logarithm),
        shape ``(s,)``.
    """

    source: Any
    shear: Any
    bias: Any
    spread: Any
    correlation: Any
    failed_bias: Any
    failed_variance: Any
    shift: Any
    widening: Any
    blindness: Any
    rate: Any
    excess: Any
    power: Any
    typical: Any

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a file."""
        return {name: np.round(np.asarray(a), 5).tolist() for name, a in asdict(self).items()}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> ErrorModel:
        """What `as_dict` gave."""
        arrays = {f.name: np.array(content[f.name], dtype=float) for f in fields(cls)}
        whole = {name: arrays[name].astype(int) for name in ("source", "shear")}
        return cls(**(arrays | whole))


@dataclass(frozen=True)
class Mixture:
    """Gaussian mixtures for (ln K, ln G) of ``n`` materials, one part for every pattern.

    Parameters
    ----------
    weights
        Shape ``(n, k)``.
    means
        Shape ``(n, k, 2)``.
    covariances
        Shape ``(n, k, 2, 2)``.
    log_evidence
        Logarithm of the density of the evidence with nothing known of the truth, up to a
        constant, shape ``(n,)``.
    """

    weights: Any
    means: Any
    covariances: Any
    log_evidence: Any

    def moments(self) -> tuple[Any, Any]:
        """Mean, shape ``(n, 2)``, and covariance, shape ``(n, 2, 2)``."""
        mean = (self.weights[..., None] * self.means).sum(1)
        away = self.means - mean[:, None]
        spread = self.covariances + away[..., :, None] * away[..., None, :]
        return mean, (self.weights[..., None, None] * spread).sum(1)


def patterns(sources: int) -> list[tuple[float, ...]]:
    """No source far off, one of them, or two, as ones and zeros."""
    found = itertools.product((0.0, 1.0), repeat=sources)
    return [choice for choice in found if sum(choice) <= _MOST_FAR_OFF]


def posterior(model: ErrorModel, evidence: Evidence, xp: Any = np) -> Mixture:
    """Distribution of the true moduli given the evidence.

    Parameters
    ----------
    model, evidence
        Arrays of the same library.
    xp
        That library: numpy or torch.
    """
    given = evidence.given
    choices = xp.asarray(patterns(len(model.rate)))
    mean, covariance = _errors(model, evidence, xp)
    covariance = covariance[:, None] + _far_off(model, given, choices, xp)
    inverse = xp.linalg.inv(covariance)
    # Which of K and G a number is of; what is not given has no part in anything.
    rows = xp.stack([1.0 - model.shear, 1.0 * model.shear], -1)[None] * given[:, :, None]
    rest = (evidence.values - mean) * given
    shares = xp.einsum("npa,nkpq->nkaq", rows, inverse)
    precision = xp.einsum("nkaq,nqb->nkab", shares, rows)
    means = xp.linalg.solve(precision, xp.einsum("nkaq,nq->nka", shares, rest)[..., None])[..., 0]
    misfit = xp.einsum("np,nkpq,nq->nk", rest, inverse, rest)
    misfit = misfit - xp.einsum("nka,nkab,nkb->nk", means, precision, means)
    size = xp.linalg.slogdet(covariance)[1] + xp.linalg.slogdet(precision)[1]
    chance = choices * xp.log(model.rate) + (1 - choices) * xp.log(1 - model.rate)
    log_weights = chance.sum(1) - 0.5 * (size + misfit)
    largest = xp.amax(log_weights, 1)
    weights = xp.exp(log_weights - largest[:, None])
    total = weights.sum(1)
    return Mixture(
        weights / total[:, None], means, xp.linalg.inv(precision), largest + xp.log(total)
    )


def disagreement(model: ErrorModel, evidence: Evidence, means: Any) -> Any:
    """By how much the sources differ from estimates, for K and for G.

    Parameters
    ----------
    model, evidence
        As in `posterior`, of numpy.
    means
        Estimates of ln K and ln G, shape ``(n, 2)``.

    Returns
    -------
    numpy.ndarray
        Logarithm of the mean square of what they differ by over their own spreads, drawn to zero
        as if four more had differed by just these, and at most 4, shape ``(n, 2)``.
    """
    expected, covariance = _errors(model, evidence, np)
    away = evidence.values - expected - means[:, model.shear]
    square = away**2 / np.einsum("npp->np", covariance) * evidence.given
    of = np.stack([1 - model.shear, model.shear], -1)
    found = np.log((_AS_EXPECTED + square @ of) / (_AS_EXPECTED + evidence.given @ of))
    return np.minimum(found, _MOST_DISAGREEMENT)


def distances(model: ErrorModel, evidence: Evidence, means: Any) -> Any:
    """How far what the sources say, their usual errors taken off, lies above estimates.

    Parameters
    ----------
    model, evidence
        As in `posterior`, of numpy.
    means
        Estimates of ln K and ln G, shape ``(n, 2)``.

    Returns
    -------
    numpy.ndarray
        Of ln K and ln G by source, shape ``(n, 2, s)``; zero where a source did not say it or
        its crystal failed.
    """
    expected, _ = _errors(model, evidence, np)
    trusted = evidence.given * (1 - evidence.failed[:, model.source])
    found = np.zeros((len(means), 2, len(model.rate)))
    found[:, model.shear, model.source] = trusted * (
        evidence.values - expected - means[:, model.shear]
    )
    return found


def failed_share(model: ErrorModel, evidence: Evidence) -> Any:
    """Share of the sources that look at crystals whose crystal failed, shape ``(n,)``.

    These are the sources that say something of the shear modulus; zero where none of them spoke.

    Parameters
    ----------
    model, evidence
        As in `posterior`, of numpy.
    """
    judges = [
        source for source in range(1, len(model.rate)) if model.shear[model.source == source].any()
    ]
    given = [evidence.given[:, model.source == source].any(axis=1) for source in judges]
    failed = evidence.failed[:, judges]
    spoke = np.reshape(given, (len(judges), -1)).T | (failed > 0)
    return failed.sum(axis=1) / np.maximum(spoke.sum(axis=1), 1)


def _errors(model: ErrorModel, evidence: Evidence, xp: Any) -> tuple[Any, Any]:
    """Mean and covariance of the ordinary errors; ones on the diagonal where not given."""
    failed = evidence.failed[:, model.source]
    any_failed = xp.amax(evidence.failed, 1)[:, None]
    mean = evidence.features @ model.bias.T + failed * model.failed_bias + any_failed * model.shift
    relative = evidence.stated - model.typical
    relative = xp.where(xp.isnan(relative), xp.zeros_like(relative), relative) * model.power
    spread = evidence.features @ model.spread.T + relative[:, model.source]
    spread = spread + any_failed * model.widening + evidence.blind[:, None] * model.blindness
    scale = xp.exp(spread) * evidence.given
    covariance = scale[:, :, None] * model.correlation * scale[:, None, :]
    diagonal = 1 - evidence.given + evidence.given * failed * model.failed_variance
    return mean, covariance + diagonal[:, :, None] * xp.eye(len(model.source))


def _far_off(model: ErrorModel, given: Any, choices: Any, xp: Any) -> Any:
    """Covariance of the additional errors, shape ``(n, k, p, p)``."""
    alike = 1.0 * (model.source[:, None] == model.source[None, :])
    shared = alike * _SHARED + (1 - _SHARED) * xp.eye(len(model.source))
    additional = shared * model.excess[:, None] * model.excess[None, :]
    taken = choices[:, model.source][None] * given[:, None]
    return taken[:, :, :, None] * taken[:, :, None, :] * additional
