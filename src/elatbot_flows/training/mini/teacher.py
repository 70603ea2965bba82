"""A regression on elemental properties that guesses moduli of formulas nobody computed.

Its guesses teach the small model what follows from the properties of elements, on many more
formulas than there are rows. It learns from training rows alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ElatbotError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.uncertainty.elements import describe, element_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Named = tuple[tuple[tuple[str, int], ...], str]

__all__ = ["Teacher", "features"]


def features(materials: Sequence[Named]) -> Array:
    """Statistics of the elements' properties, shares of atoms, number of elements, crystal system.

    Parameters
    ----------
    materials
        Counts by element, and crystal system.
    """
    symbols, table = element_table()
    rows = dict(zip(symbols, table, strict=True))
    found = []
    for counts, system in materials:
        total = sum(number for _, number in counts)
        shares = {symbol: number / total for symbol, number in counts}
        found.append(
            [
                *describe(shares, None, rows)[:-2],
                *(shares.get(symbol, 0.0) for symbol in symbols),
                len(counts),
                *(float(system == name) for name in CRYSTAL_SYSTEMS),
            ]
        )
    return np.array(found)


class Teacher:
    """Mean of extremely randomised trees and a kernel ridge regression on logarithms of moduli.

    Parameters
    ----------
    materials, moduli
        What to learn from, GPa.
    beside
        A further number for each material that is known when it is asked for, such as another
        modulus in GPa; None for none.
    seed
        Of the trees.
    """

    def __init__(
        self,
        materials: Sequence[Named],
        moduli: Sequence[float],
        beside: Sequence[float] | None = None,
        seed: int = 0,
    ) -> None:
        trees = _sklearn("ensemble").ExtraTreesRegressor(
            150, max_features=0.4, min_samples_leaf=1, random_state=seed, n_jobs=1
        )
        kernel = _sklearn("kernel_ridge").KernelRidge(alpha=0.03, gamma=0.004, kernel="laplacian")
        scaled = _sklearn("pipeline").make_pipeline(
            _sklearn("preprocessing").StandardScaler(), kernel
        )
        self._models: list[Any] = [trees, scaled]
        logs = np.log(np.asarray(moduli))
        self._mean = float(logs.mean())
        inputs = _with(features(materials), beside)
        for model in self._models:
            model.fit(inputs, logs - self._mean)

    def each(self, materials: Sequence[Named], beside: Sequence[float] | None = None) -> Array:
        """Logarithms by model, shape ``(models, len(materials))``."""
        inputs = _with(features(materials), beside)
        return np.array([model.predict(inputs) for model in self._models]) + self._mean

    def __call__(self, materials: Sequence[Named], beside: Sequence[float] | None = None) -> Array:
        """Moduli, GPa."""
        return np.asarray(np.exp(self.each(materials, beside).mean(axis=0)))


def _with(inputs: Array, beside: Sequence[float] | None) -> Array:
    if beside is None:
        return inputs
    # Repeated, so that it counts among some two hundred others.
    column = np.log(np.asarray(beside))[:, None]
    return np.hstack([inputs, np.repeat(column, 8, axis=1)])


def _sklearn(part: str) -> Any:
    try:
        return import_module(f"sklearn.{part}")
    except ImportError as error:
        raise ElatbotError(
            "making training texts needs scikit-learn: pip install 'elatbot_flows[train]'"
        ) from error
