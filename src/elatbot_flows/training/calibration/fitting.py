"""Maximum likelihood for the distribution of the errors of several estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty.combination import ErrorModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fit_error_model"]

_FEWEST = 10
_MAD_TO_STD = 1.4826
_START_RATE, _START_EXCESS = 0.1, 3.0
_PULL = 1.0
"""Weight, in materials, of the prior that keeps rates away from 0 and 1 and scales bounded."""
_REACH = 3.0
"""Largest change from the start, in units of the spread or of the logarithm."""


def fit_error_model(
    errors: NDArray[np.float64], scale: NDArray[np.float64] | None = None
) -> ErrorModel:
    """Fit the model to the errors on materials with known answers.

    Parameters
    ----------
    errors
        Estimate minus true value, shape ``(n, m)``, NaN where there is none.
    scale
        Factors on the standard deviations of the ordinary errors, shape ``(n, m)``; ones if None.

    Raises
    ------
    UncertaintyError
        If a pair of estimates has too few materials, or the fit fails.
    """
    from scipy.optimize import minimize

    _check_counts(errors)
    scale = np.ones(errors.shape) if scale is None else scale
    spread = _MAD_TO_STD * np.nanmedian(np.abs(errors - np.nanmedian(errors, axis=0)), axis=0)
    scaled, m = errors / spread, errors.shape[1]
    first = _start(np.nanmedian(scaled, axis=0), np.nanmedian(scale, axis=0)).parameters()

    def loss(vector: NDArray[np.float64]) -> float:
        model = ErrorModel.from_parameters(vector, m)
        prior = 0.5 * _PULL * float(((vector - first)[-2 * m :] ** 2).sum())
        return prior - float(model.log_likelihood(scaled, scale).sum())

    bounds = list(zip(first - _REACH, first + _REACH, strict=True))
    found = minimize(loss, first, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200})
    if not np.isfinite(found.fun):
        raise UncertaintyError("the errors cannot be fitted; look for values that make no sense")
    best = ErrorModel.from_parameters(found.x, m)
    return ErrorModel(
        best.bias * spread,
        best.covariance * np.outer(spread, spread),
        best.rate,
        best.excess * spread,
    )


def _check_counts(errors: NDArray[np.float64]) -> None:
    given = np.isfinite(errors).astype(float)
    fewest = int((given.T @ given).min())
    if fewest < _FEWEST:
        raise UncertaintyError(
            f"only {fewest} materials have both of a pair of estimates, {_FEWEST} are needed; "
            "evaluate more materials or leave a member out"
        )


def _start(bias: NDArray[np.float64], scale: NDArray[np.float64]) -> ErrorModel:
    """Independent errors of unit spread, a tenth of them far off."""
    m = len(bias)
    rate, excess = np.full(m, _START_RATE), np.full(m, _START_EXCESS)
    return ErrorModel(bias, np.diag(1 / scale**2), rate, excess)
