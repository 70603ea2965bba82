"""Properties of an isotropic solid from a heavy-tailed distribution of ln K and ln G."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["isotropic_properties", "standard_points"]

_STEPS = (0.7548776662466927, 0.5698402909980532)
"""Powers of the inverse of the plastic number: the additive sequence of lowest discrepancy in
the plane that is known (M. Roberts, 2018)."""


@cache
def standard_points(tail: float, number: int) -> Array:
    """Points that stand for a bivariate t distribution with unit scales, always the same.

    The squared radius of such a distribution over 2 is distributed as F(2, tail), whose quantiles
    are a closed expression. Every point comes with its reflection, so that medians are exact.

    Parameters
    ----------
    tail
        Degrees of freedom.
    number
        Number of points, even.

    Returns
    -------
    numpy.ndarray
        Shape ``(number, 2)``.
    """
    places = np.arange(1, number // 2 + 1)[:, None] * np.array(_STEPS)
    chance, turn = (0.5 + places).T % 1.0
    radius = np.sqrt(tail * ((1 - chance) ** (-2 / tail) - 1))
    angle = np.pi * turn
    half = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    points = np.concatenate([half, -half])
    points.flags.writeable = False
    return np.asarray(points)


def isotropic_properties(log_bulk: Array, log_shear: Array) -> dict[str, Array]:
    """All five properties of solids with given ln K and ln G (GPa); moduli in GPa."""
    bulk, shear = np.exp(log_bulk), np.exp(log_shear)
    youngs = 9 * bulk * shear / (3 * bulk + shear)
    return {
        "bulk_modulus": bulk,
        "shear_modulus": shear,
        "youngs_modulus": youngs,
        "poisson_ratio": (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear)),
        "pugh_ratio": bulk / shear,
    }
