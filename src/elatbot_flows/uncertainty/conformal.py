"""Intervals with a stated coverage, from the errors made on materials with known answers.

Split conformal prediction (Papadopoulos et al., ECML 2002; Lei et al., J. Am. Stat. Assoc. 113,
1094, 2018): if the material asked about and the ``n`` calibration materials are exchangeable, the
interval holds the true value at least as often as stated, whatever the distribution of errors.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.errors import UncertaintyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["conformal_quantile"]


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
