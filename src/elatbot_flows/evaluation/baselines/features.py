"""Numbers that describe a material by its elements, crystal system and temperature."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.evaluation.symmetry import CRYSTAL_SYSTEMS, crystal_system

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from elatbot_flows.evaluation.baselines.rows import Material

    Array = NDArray[np.float64]

__all__ = ["ELEMENT_PROPERTIES", "composition_features", "feature_names"]

ELEMENT_PROPERTIES = (
    "Z", "X", "group", "row", "mendeleev_no", "atomic_mass", "atomic_radius", "molar_volume",
    "melting_point", "bulk_modulus", "youngs_modulus", "ionization_energy",
    "average_ionic_radius",
)  # fmt: skip
"""Properties of elements in pymatgen that are summarised; X is Pauling's electronegativity."""
_BLOCKS = ("s", "p", "d", "f")
_STATISTICS = ("mean", "std", "min", "max", "range")


def feature_names() -> tuple[str, ...]:
    """Names of the columns of `composition_features`, e.g. ``"mean X"``."""
    statistics = (f"{name} {word}" for name in _STATISTICS for word in ELEMENT_PROPERTIES)
    blocks = (f"share of {block} block" for block in _BLOCKS)
    return (*statistics, *blocks, "elements", *CRYSTAL_SYSTEMS, "temperature")


def composition_features(materials: Sequence[Material]) -> Array:
    """Statistics of the elements, crystal system (all zero if unknown) and temperature.

    The mean and standard deviation are weighted by the shares of atoms; elements without a
    property are left out of its statistics. Laue classes are not told apart: data sets differ in
    whether they name more than the system.

    Parameters
    ----------
    materials
        What to describe.

    Returns
    -------
    numpy.ndarray
        Shape (len(materials), len(feature_names())); NaN where no element has the property, and
        for an unknown temperature.
    """
    return np.array([_row(material) for material in materials]).reshape(-1, len(feature_names()))


def _row(material: Material) -> Array:
    shares = np.array([share for _, share in material.percent])
    shares = shares / shares.sum()
    symbols = [symbol for symbol, _ in material.percent]
    statistics = _statistics(np.array([_properties(s) for s in symbols]), shares)
    blocks = [shares[[_block(s) == block for s in symbols]].sum() for block in _BLOCKS]
    system = crystal_system(material.symmetry)
    systems = [float(system == name) for name in CRYSTAL_SYSTEMS]
    temperature = np.nan if material.temperature is None else material.temperature
    return np.concatenate([statistics, blocks, [len(symbols)], systems, [temperature]])


def _statistics(table: Array, shares: Array) -> Array:
    known = ~np.isnan(table)
    weights = np.where(known, shares[:, None], 0.0)
    total = weights.sum(axis=0)
    weights = weights / np.where(total > 0, total, np.nan)
    filled = np.where(known, table, 0.0)
    mean = (weights * filled).sum(axis=0)
    std = np.sqrt((weights * np.where(known, table - mean, 0.0) ** 2).sum(axis=0))
    least = np.where(known, table, np.inf).min(axis=0)
    largest = np.where(known, table, -np.inf).max(axis=0)
    span = np.where(np.isfinite(least), largest - least, np.nan)
    bounds = (np.where(np.isfinite(b), b, np.nan) for b in (least, largest))
    return np.concatenate([mean, std, *bounds, span])


@cache
def _properties(symbol: str) -> tuple[float, ...]:
    from pymatgen.core.periodic_table import Element

    element = Element(symbol)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing property is a fact here, not a fault
        values = [getattr(element, name) for name in ELEMENT_PROPERTIES]
    return tuple(np.nan if value is None else float(value) for value in values)


@cache
def _block(symbol: str) -> str:
    from pymatgen.core.periodic_table import Element

    return str(Element(symbol).block)
