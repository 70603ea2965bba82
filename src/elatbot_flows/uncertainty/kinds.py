"""Kinds of materials whose errors differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "material_kind"]

KINDS = ("metal", "other", "magnetic")
"""Kinds that the joint calibration tells apart; see `material_kind`."""
_MAGNETIC = frozenset({"Cr", "Mn", "Fe", "Co", "Ni"})
_MAGNETIC_SHARE = 0.25


def material_kind(shares: Mapping[str, float]) -> str:
    """One of `KINDS`.

    ``"magnetic"`` if at least a quarter of the atoms are Cr, Mn, Fe, Co or Ni; else ``"metal"``
    if pymatgen counts every element among the metals; else ``"other"``.

    Parameters
    ----------
    shares
        Shares of atoms by chemical symbol; they sum to 1.
    """
    from pymatgen.core import Element

    if sum(share for symbol, share in shares.items() if symbol in _MAGNETIC) >= _MAGNETIC_SHARE:
        return "magnetic"
    return "metal" if all(Element(symbol).is_metal for symbol in shares) else "other"
