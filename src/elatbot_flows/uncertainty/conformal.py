"""Intervals with a stated coverage, from the errors made on materials with known answers.

Split conformal prediction (Papadopoulos et al., ECML 2002; Lei et al., J. Am. Stat. Assoc. 113,
1094, 2018): if the material asked about and the ``n`` calibration materials are exchangeable, the
interval holds the true value at least as often as stated, whatever the distribution of errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.errors import UncertaintyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calibration", "conformal_quantile"]


def conformal_quantile(scores: NDArray[np.float64], coverage: float) -> float:
    """The finite-sample quantile of conformal prediction.

    Parameters
    ----------
    scores
        Non-negative scores of the calibration materials, shape ``(n,)``.
    coverage
        Wanted probability, 0 < coverage < 1.

    Returns
    -------
    float
        The ``ceil((n + 1) coverage)``-th smallest score; infinite if there are too few scores for
        this coverage.

    Raises
    ------
    UncertaintyError
        If `coverage` is out of range.
    """
    if not 0 < coverage < 1:
        raise UncertaintyError(f"coverage is {coverage}: give a number between 0 and 1")
    # Without rounding, 0.9 * 10 = 9.000000000000002 would ask for one score more.
    rank = math.ceil(round((len(scores) + 1) * coverage, 9))
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else math.inf


@dataclass(frozen=True)
class Calibration:
    """Errors on the calibration materials, each over its own estimated scale.

    Parameters
    ----------
    residuals
        ``(true value - estimate) / sigma``, sorted, shape ``(n,)``.
    """

    residuals: NDArray[np.float64]

    @classmethod
    def from_errors(cls, errors: NDArray[np.float64], sigmas: NDArray[np.float64]) -> Calibration:
        """From errors ``true - estimate`` and their positive scales, both of shape ``(n,)``."""
        return cls(np.sort(np.asarray(errors, dtype=float) / np.asarray(sigmas, dtype=float)))

    def __len__(self) -> int:
        return len(self.residuals)

    def interval(self, center: float, sigma: float, coverage: float) -> tuple[float, float]:
        """The interval around an estimate that holds the true value with this coverage.

        Parameters
        ----------
        center, sigma
            Estimate and its scale, in the unit of the errors.
        coverage
            Wanted probability.

        Returns
        -------
        (float, float)
            Edges; infinite if the calibration set is too small for the coverage.

        Raises
        ------
        UncertaintyError
            If `coverage` is out of range.
        """
        half = conformal_quantile(np.abs(self.residuals), coverage) * sigma
        return center - half, center + half
