"""Simple models of the elastic tensor, fitted to rows of formula, symmetry and tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ElatbotError
from elatbot_flows.evaluation.baselines.distance import composition_distances
from elatbot_flows.evaluation.baselines.features import composition_features
from elatbot_flows.evaluation.symmetry import crystal_system, nearest_symmetric

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from elatbot_flows.evaluation.baselines.rows import Material

    Array = NDArray[np.float64]
    Answer = Callable[[Sequence[Material]], Array]

__all__ = ["KINDS", "FittedBaseline", "fit_baseline"]

_UPPER = np.triu_indices(6)
_OTHER_SYSTEM = 1e-6  # decides between equal compositions only


@dataclass(frozen=True)
class FittedBaseline:
    """A baseline that has seen its rows.

    Parameters
    ----------
    kind
        One of `KINDS`.
    n_rows
        Number of rows it was fitted to.
    project
        Whether predictions are replaced by the nearest tensor of the symmetry, where known.
    answer
        Gives the 21 entries on and above the diagonal for each material.
    """

    kind: str
    n_rows: int
    project: bool
    answer: Answer

    def predict(self, materials: Sequence[Material]) -> Array:
        """Tensors in GPa, symmetric, shape (len(materials), 6, 6)."""
        found = np.zeros((len(materials), 6, 6))
        if not materials:
            return found
        found[:, _UPPER[0], _UPPER[1]] = self.answer(materials)
        found[:, _UPPER[1], _UPPER[0]] = found[:, _UPPER[0], _UPPER[1]]
        if self.project:
            for place, material in enumerate(materials):
                if material.symmetry is not None:
                    found[place] = nearest_symmetric(found[place], material.symmetry)
        return found


def fit_baseline(
    kind: str, rows: Sequence[Material], *, seed: int = 0, project: bool = True
) -> FittedBaseline:
    """Fit a baseline.

    Parameters
    ----------
    kind
        ``"mean"`` of all tensors; ``"nearest"``: the tensor of the nearest composition
        (`composition_distances`; of several equally near ones that of the same crystal system,
        then the first); ``"random_forest"``: scikit-learn's with its defaults on
        `composition_features`; ``"composition"``: mean of extremely randomised trees and a
        kernel ridge regression (Laplacian kernel, O(n^2) memory) on the same.
    rows
        What to learn from, all with tensors.
    seed
        Of the random numbers of the trees.
    project
        Replace predictions by the nearest tensor of the symmetry, where it is known.

    Raises
    ------
    ElatbotError
        If the kind is unknown, a row has no tensor, there is no row, or scikit-learn is missing.
    """
    if kind not in _FIT:
        raise ElatbotError(f"there is no baseline '{kind}'; choose one of {', '.join(KINDS)}")
    tensors = [row.tensor for row in rows if row.tensor is not None]
    if not rows or len(tensors) != len(rows):
        raise ElatbotError("a baseline needs rows to learn from, each with an elastic tensor")
    entries = np.array(tensors)[:, _UPPER[0], _UPPER[1]]
    return FittedBaseline(kind, len(rows), project, _FIT[kind](rows, entries, seed))


def _mean(_rows: Sequence[Material], entries: Array, _seed: int) -> Answer:
    mean = entries.mean(axis=0)
    return lambda materials: np.broadcast_to(mean, (len(materials), mean.size))


def _nearest(rows: Sequence[Material], entries: Array, _seed: int) -> Answer:
    percent = [row.percent for row in rows]
    systems = np.array([crystal_system(row.symmetry) or "" for row in rows])

    def answer(materials: Sequence[Material]) -> Array:
        distances = composition_distances([m.percent for m in materials], percent)
        asked = np.array([crystal_system(m.symmetry) or "" for m in materials])
        distances = distances + _OTHER_SYSTEM * (asked[:, None] != systems[None, :])
        return np.asarray(entries[distances.argmin(axis=1)])

    return answer


def _random_forest(rows: Sequence[Material], entries: Array, seed: int) -> Answer:
    ensemble = _sklearn("ensemble")
    return _on_features(ensemble.RandomForestRegressor(random_state=seed, n_jobs=1), rows, entries)


def _composition(rows: Sequence[Material], entries: Array, seed: int) -> Answer:
    trees = _sklearn("ensemble").ExtraTreesRegressor(
        200, max_features=0.5, random_state=seed, n_jobs=1
    )
    kernel = _sklearn("kernel_ridge").KernelRidge(alpha=0.05, kernel="laplacian")
    scaled = _sklearn("pipeline").make_pipeline(_sklearn("preprocessing").StandardScaler(), kernel)
    mean = entries.mean(axis=0)
    first = _on_features(trees, rows, entries)
    second = _on_features(scaled, rows, entries - mean)
    return lambda materials: (first(materials) + second(materials) + mean) / 2


def _on_features(regressor: Any, rows: Sequence[Material], entries: Array) -> Answer:
    """Gaps hold the median of the rows that are learned from, never of those that are asked."""
    imputer = _sklearn("impute").SimpleImputer(strategy="median", keep_empty_features=True)
    model = _sklearn("pipeline").make_pipeline(imputer, regressor)
    model.fit(composition_features(rows), entries)
    return lambda materials: np.asarray(model.predict(composition_features(materials)))


def _sklearn(part: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"sklearn.{part}")
    except ImportError as error:
        raise ElatbotError(
            "this baseline needs scikit-learn; install it with pip install 'elatbot_flows[train]'"
        ) from error


_FIT = {
    "random_forest": _random_forest,
    "composition": _composition,
    "nearest": _nearest,
    "mean": _mean,
}
KINDS = tuple(_FIT)
"""Names of the baselines that answer for any composition."""
