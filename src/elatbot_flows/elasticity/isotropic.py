"""What intervals of some elastic constants of an isotropic solid leave for its bulk modulus."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["feasible_bulk_modulus"]

Bounds = tuple[float, float]
_ROUNDING = 1e-9


def feasible_bulk_modulus(bounds: Mapping[str, Bounds]) -> Bounds | None:
    """Bulk moduli (GPa) of the isotropic solids whose constants all lie in given bounds.

    At a Poisson ratio nu, G = K 3 (1 - 2 nu) / (2 (1 + nu)) and E = K 3 (1 - 2 nu). Each pair of
    bounded constants bounds nu, and at the smallest and largest nu that all pairs allow lie the
    smallest and largest K.

    Parameters
    ----------
    bounds
        Bounds by property name, within what a solid can have; any subset of the properties of a
        target. The upper one may be infinite.

    Returns
    -------
    tuple of float, or None
        Lowest and highest K, the latter infinite if there is no such bound; None if any K will do.

    Raises
    ------
    ValueError
        If no solid is within all bounds.
    """
    bulk, shear, youngs = (bounds.get(name, (0.0, math.inf)) for name in _MODULI)
    low, high = _poisson_bounds(bounds, bulk, shear, youngs)
    if low > high + _ROUNDING:
        raise ValueError("no isotropic solid is within all bounds")
    high = max(low, high)
    least = max(bulk[0], _over(shear[0], _shear_per_bulk(low)), _over(youngs[0], 3 - 6 * low))
    most = min(bulk[1], _over(shear[1], _shear_per_bulk(high)), _over(youngs[1], 3 - 6 * high))
    if math.isinf(most) and least <= 0:
        return None
    if least > most * (1 + _ROUNDING):
        raise ValueError("no isotropic solid is within all bounds")
    return min(least, most), max(least, most)


_MODULI = ("bulk_modulus", "shear_modulus", "youngs_modulus")


def _poisson_bounds(
    bounds: Mapping[str, Bounds], bulk: Bounds, shear: Bounds, youngs: Bounds
) -> Bounds:
    """The Poisson ratios that every pair of bounds allows."""
    found = [(-1.0, 0.5), bounds.get("poisson_ratio", (-1.0, 0.5))]
    if pugh := bounds.get("pugh_ratio"):
        found.append((_from_shear(_over(1.0, pugh[0])), _from_shear(_over(1.0, pugh[1]))))
    found += [
        (_from_shear(_over(shear[1], bulk[0])), _from_shear(_over(shear[0], bulk[1]))),
        ((3 - _over(youngs[1], bulk[0])) / 6, (3 - _over(youngs[0], bulk[1])) / 6),
        (_over(youngs[0], shear[1]) / 2 - 1, _over(youngs[1], shear[0]) / 2 - 1),
    ]
    return max(low for low, _ in found), min(high for _, high in found)


def _from_shear(ratio: float) -> float:
    """Poisson ratio of a solid with this G/K."""
    return -1.0 if math.isinf(ratio) else (3 - 2 * ratio) / (6 + 2 * ratio)


def _shear_per_bulk(poisson: float) -> float:
    """G/K of a solid with this Poisson ratio."""
    return math.inf if poisson <= -1 else 3 * (1 - 2 * poisson) / (2 * (1 + poisson))


def _over(numerator: float, denominator: float) -> float:
    """A quotient of numbers that are not negative, where nothing over nothing says nothing."""
    if math.isinf(numerator):
        return math.inf
    if math.isinf(denominator):
        return 0.0
    return numerator / denominator if denominator > 0 else math.inf
