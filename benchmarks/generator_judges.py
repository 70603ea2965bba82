"""Judges of proposals that share nothing with the generator but their data source."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.formula import element_symbols, formula_counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.training.data.bulk_modulus import BulkModulusRow

PROPERTIES = (
    "Z",
    "X",
    "group",
    "row",
    "atomic_mass",
    "atomic_radius",
    "mendeleev_no",
    "molar_volume",
    "melting_point",
    "bulk_modulus",
    "youngs_modulus",
)


@cache
def element_table() -> np.ndarray:
    """Properties of the elements as pymatgen tabulates them; gaps hold the median."""
    from pymatgen.core.periodic_table import Element

    table = np.full((len(element_symbols()), len(PROPERTIES)), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, symbol in enumerate(element_symbols()):
            for j, name in enumerate(PROPERTIES):
                value = getattr(Element(symbol), name)
                table[i, j] = np.nan if value is None else float(value)
    return np.where(np.isnan(table), np.nanmedian(table, axis=0), table)


@cache
def fractions(formula: str) -> tuple[float, ...]:
    amounts = np.zeros(len(element_symbols()))
    for symbol, number in formula_counts(formula):
        amounts[element_symbols().index(symbol)] = number
    return tuple(amounts / amounts.sum())


def rich_features(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """Element fractions, system, and mean, spread, least and largest of elemental properties."""
    amounts = np.array([fractions(formula) for formula, _ in pairs])
    systems = np.array([[s == system for s in CRYSTAL_SYSTEMS] for _, system in pairs])
    table = element_table()
    mean = amounts @ table
    spread = np.sqrt(np.maximum(amounts @ table**2 - mean**2, 0))
    present = amounts > 0
    least = np.array([table[row].min(axis=0) for row in present])
    largest = np.array([table[row].max(axis=0) for row in present])
    return np.hstack([amounts, systems, mean, spread, least, largest])


def pairs_of(rows: Sequence[BulkModulusRow]) -> list[tuple[str, str]]:
    return [(row.formula, row.crystal_system) for row in rows]


def moduli_of(rows: Sequence[BulkModulusRow]) -> np.ndarray:
    return np.array([row.bulk_modulus for row in rows])


class Judge:
    """Mean of ExtraTrees and histogram gradient boosting on `rich_features`."""

    def fit(self, rows: Sequence[BulkModulusRow]) -> Judge:
        """Train on `rows`."""
        from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor

        features, moduli = rich_features(pairs_of(rows)), moduli_of(rows)
        self._models = (
            ExtraTreesRegressor(200, max_features=0.5, random_state=0, n_jobs=1),
            HistGradientBoostingRegressor(max_iter=400, learning_rate=0.06, random_state=0),
        )
        for model in self._models:
            model.fit(features, moduli)
        return self

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Predict bulk moduli in GPa."""
        features = rich_features(pairs)
        return np.mean([model.predict(features) for model in self._models], axis=0)
