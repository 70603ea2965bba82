"""Several estimates of one modulus made into one, by how they erred on known materials.

The estimates of a material, after a transformation in which their errors are alike at all moduli,
are the true value plus biases plus correlated Gaussian errors; now and then one estimate is
far off, by an additional error of its own. For every choice of who is far off the best
combination is generalised least squares (Aitken 1935); the choices are averaged by how well they
explain the material (Bayesian model averaging). An estimate that the others contradict thereby
loses its weight, and the scale of the result grows with the disagreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Combined", "ErrorModel"]

Array = NDArray[np.float64]

_SMALLEST = 1e-300


@dataclass(frozen=True)
class Combined:
    """One estimate out of several, in the transformed scale.

    Parameters
    ----------
    value, sigma
        Mean and standard deviation of the posterior of the true value.
    weights
        Share of each estimate in `value`, shape ``(m,)``, zero for those not given; sums to 1.
    far_off
        Posterior probability that each estimate is far off, shape ``(m,)``; zero for those not
        given.
    """

    value: float
    sigma: float
    weights: Array
    far_off: Array


@dataclass(frozen=True)
class ErrorModel:
    """Distribution of the errors of `m` estimates.

    Parameters
    ----------
    bias
        Mean errors, shape ``(m,)``.
    covariance
        Of the ordinary errors, shape ``(m, m)``.
    rate
        Probability that an estimate is far off, shape ``(m,)``.
    excess
        Standard deviation of the additional error of one that is, shape ``(m,)``.
    """

    bias: Array
    covariance: Array
    rate: Array
    excess: Array

    def __len__(self) -> int:
        return len(self.bias)

    @cached_property
    def patterns(self) -> NDArray[np.bool_]:
        """Every choice of estimates that are far off, shape ``(2**m, m)``."""
        return np.array(list(product([False, True], repeat=len(self))))

    def _covariances(self, scale: Array) -> Array:
        """Covariance of the errors for every pattern, shape ``(2**m, m, m)``."""
        ordinary = self.covariance * np.outer(scale, scale)
        return ordinary + np.eye(len(self)) * (self.patterns * self.excess**2)[:, None, :]

    def combine(self, values: Array, scale: Array | None = None) -> Combined:
        """Combine the estimates of one material.

        Parameters
        ----------
        values
            Estimates, shape ``(m,)``, NaN for those not given; at least one is.
        scale
            Factors on the standard deviations of the ordinary errors; ones if None.
        """
        given = np.flatnonzero(np.isfinite(values))
        scale = np.ones(len(self)) if scale is None else scale
        inverse = np.linalg.inv(self._covariances(scale)[:, given[:, None], given])
        shares = inverse.sum(axis=2)
        precision = shares.sum(axis=1)
        shares = shares / precision[:, None]
        corrected = (values - self.bias)[given]
        means = shares @ corrected
        rest = corrected[None] - means[:, None]
        misfit = np.einsum("ki,kij,kj->k", rest, inverse, rest)
        log_prior = self._log_prior()
        log_likelihood = 0.5 * (np.linalg.slogdet(inverse)[1] - np.log(precision) - misfit)
        log_weight = log_prior + log_likelihood
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        value = float(weight @ means)
        variance = float(weight @ (1 / precision + (means - value) ** 2))
        weights, far_off = np.zeros(len(self)), np.zeros(len(self))
        weights[given] = weight @ shares
        far_off[given] = (weight @ self.patterns)[given]
        return Combined(value, float(np.sqrt(variance)), weights, far_off)

    def _log_prior(self) -> Array:
        chance = np.where(self.patterns, self.rate, 1 - self.rate)
        return np.asarray(np.log(np.maximum(chance, _SMALLEST)).sum(axis=1))

    def log_likelihood(self, errors: Array, scale: Array | None = None) -> Array:
        """Log density of the errors of materials with known answers.

        Parameters
        ----------
        errors
            Estimate minus true value, shape ``(n, m)``, NaN where there is none.
        scale
            As in `combine`, shape ``(n, m)``; ones if None.

        Returns
        -------
        numpy.ndarray
            Shape ``(n,)``; zero for a material without estimates.
        """
        scale = np.ones(errors.shape) if scale is None else scale
        given = np.isfinite(errors)
        result = np.zeros(len(errors))
        for pattern in np.unique(given, axis=0):
            rows = (given == pattern).all(axis=1)
            members = np.flatnonzero(pattern)
            if len(members):
                result[rows] = self._log_density(errors[rows], scale[rows], members)
        return result

    def _log_density(self, errors: Array, scale: Array, members: NDArray[np.intp]) -> Array:
        """Log density for materials that all have the same estimates, shape ``(n,)``."""
        outer = scale[:, members, None] * scale[:, None, members]
        ordinary = self.covariance[np.ix_(members, members)] * outer
        extra = np.eye(len(members)) * (self.patterns * self.excess**2)[:, None, members]
        factors = np.linalg.cholesky(ordinary[:, None] + extra[None])
        rest = np.broadcast_to((errors - self.bias)[:, None, members], factors.shape[:3])
        misfit = (np.linalg.solve(factors, rest[..., None]) ** 2).sum(axis=(2, 3))
        log_det = 2 * np.log(np.diagonal(factors, axis1=2, axis2=3)).sum(axis=2)
        terms = self._log_prior() - 0.5 * (misfit + log_det + len(members) * np.log(2 * np.pi))
        return np.asarray(logsumexp(terms, axis=1))

    def parameters(self) -> Array:
        """The model as a vector without constraints; see `from_parameters`."""
        lower = np.linalg.cholesky(self.covariance)
        diagonal = np.log(np.diag(lower))
        below = lower[np.tril_indices(len(self), -1)]
        odds = np.log(self.rate / (1 - self.rate))
        return np.concatenate([self.bias, diagonal, below, odds, np.log(self.excess)])

    @classmethod
    def from_parameters(cls, vector: Array, m: int) -> Self:
        """The model of `m` estimates from what `parameters` gives."""
        sizes = [m, m, m * (m - 1) // 2, m, m]
        bias, diagonal, below, odds, excess = np.split(vector, np.cumsum(sizes)[:-1])
        lower = np.diag(np.exp(diagonal))
        lower[np.tril_indices(m, -1)] = below
        return cls(bias, lower @ lower.T, 1 / (1 + np.exp(-odds)), np.exp(excess))
