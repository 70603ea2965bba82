"""How far predicted moduli are from what they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["error_scores"]


def error_scores(expected: NDArray[np.float64], found: NDArray[np.float64]) -> dict[str, float]:
    """Mean and median absolute error (GPa), R2 and Spearman rank correlation.

    Parameters
    ----------
    expected, found
        Labels and predictions, shape ``(n,)``.
    """
    from scipy.stats import spearmanr

    errors = np.abs(found - expected)
    residual = float(((found - expected) ** 2).sum())
    return {
        "mae": float(errors.mean()),
        "median": float(np.median(errors)),
        "r2": 1.0 - residual / float(((expected - expected.mean()) ** 2).sum()),
        "rho": float(spearmanr(expected, found).statistic),
    }
