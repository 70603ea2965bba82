"""Errors of predicted elastic tensors, and how many of them are physically possible."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.stability import smallest_eigenvalue
from elatbot_flows.errors import ElatbotError
from elatbot_flows.evaluation.bootstrap import Difference, paired_difference
from elatbot_flows.evaluation.symmetry import (
    CRYSTAL_SYSTEMS,
    crystal_system,
    distance_to_symmetry,
)
from elatbot_flows.evaluation.tensors import ModelPredictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from elatbot_flows.evaluation.tensors import Predictions

    Array = NDArray[np.float64]

__all__ = [
    "ASYMMETRY",
    "BASELINE",
    "SYMMETRY_TOLERANCES",
    "ModelScores",
    "SystemScores",
    "score_predictions",
]

BASELINE = "mean of labels"
"""Name of the model that predicts the mean of all labels for every material."""
ASYMMETRY = 1e-3
"""A tensor is asymmetric if max |C - C^T| exceeds this share of max |C|."""
SYMMETRY_TOLERANCES = (0.01, 0.05)
"""Relative distances from the symmetry of the crystal beyond which tensors are counted."""

_TINY = 1e-50  # what is smaller is zero: its inverse would overflow


@dataclass(frozen=True)
class SystemScores:
    """Scores of one model for the crystals of one system.

    Parameters
    ----------
    n
        Number of crystals.
    k_voigt_mae
        Of the Voigt bulk modulus (GPa).
    """

    n: int
    k_voigt_mae: float


@dataclass(frozen=True)
class ModelScores:
    """Scores of one model; a value that does not exist is None.

    Parameters
    ----------
    n
        Materials with label and readable prediction; all scores are of these.
    missing, unparsable, unparsable_reasons
        Labelled materials without an answer, with an answer that is no tensor, and why.
    mean36_mae, mean36_r2
        Of one number per material, the mean of all 36 entries (GPa).
    k_voigt_mae, k_voigt_r2
        Of the Voigt bulk modulus (GPa).
    elem36_mae
        Mean over materials and all 36 entries (GPa).
    k_vrh_mae, k_vrh_r2, g_vrh_mae, g_vrh_r2, n_vrh
        Of Hill's mean of the bulk and shear modulus (GPa), for the `n_vrh` materials of which
        prediction and label are positive definite.
    not_positive_definite, asymmetric
        Numbers of predictions; eigenvalues are those of the symmetric part.
    n_symmetry, off_symmetry
        Predictions of crystals with known symmetry, and how many of them are farther from it than
        a relative distance, by that distance.
    k_voigt_difference
        MAE of the Voigt bulk modulus compared with the best model's; None for the best.
    by_system
        Scores by crystal system, for those that occur, of crystals whose system is known.
    """

    n: int
    missing: int
    unparsable: int
    unparsable_reasons: dict[str, int]
    mean36_mae: float | None = None
    mean36_r2: float | None = None
    k_voigt_mae: float | None = None
    k_voigt_r2: float | None = None
    elem36_mae: float | None = None
    k_vrh_mae: float | None = None
    k_vrh_r2: float | None = None
    g_vrh_mae: float | None = None
    g_vrh_r2: float | None = None
    n_vrh: int = 0
    not_positive_definite: int = 0
    asymmetric: int = 0
    n_symmetry: int = 0
    off_symmetry: dict[str, int] = field(default_factory=dict)
    k_voigt_difference: Difference | None = None
    by_system: dict[str, SystemScores] = field(default_factory=dict)


def score_predictions(
    predictions: Predictions, *, resamples: int = 2000, seed: int = 0, baseline: bool = False
) -> dict[str, ModelScores]:
    """Score all models.

    Parameters
    ----------
    predictions
        Labels and predictions.
    resamples, seed
        Of the bootstrap; 0 resamples for none.
    baseline
        Also score :data:`BASELINE`, the mean of these very labels.

    Returns
    -------
    dict
        Scores by name, in the order of the models. The best, with which the others are compared,
        has the lowest MAE of the Voigt bulk modulus of those that answered for at least half as
        many materials as the one with most answers.

    Raises
    ------
    ElatbotError
        If a model has the name of the baseline that is asked for.
    """
    models = dict(predictions.models)
    if baseline:
        if BASELINE in models:
            raise ElatbotError(f"a model is already named '{BASELINE}'; rename it")
        mean = predictions.labels.mean(axis=0)
        models[BASELINE] = ModelPredictions(np.broadcast_to(mean, predictions.labels.shape))
    scores = {name: _score(model, predictions) for name, model in models.items()}
    best = _best({name: scores[name] for name in predictions.models})
    if best is None or resamples == 0:
        return scores
    for name, model in models.items():
        both = model.present & models[best].present
        if name != best and both.any():
            errors, reference = (
                np.abs(_voigt(m.tensors[both])[0] - _voigt(predictions.labels[both])[0])
                for m in (model, models[best])
            )
            found = paired_difference(errors, reference, to=best, resamples=resamples, seed=seed)
            scores[name] = replace(scores[name], k_voigt_difference=found)
    return scores


def _best(scores: dict[str, ModelScores]) -> str | None:
    most = max((found.n for found in scores.values()), default=0)
    errors = {
        name: found.k_voigt_mae
        for name, found in scores.items()
        if found.k_voigt_mae is not None and 2 * found.n >= most
    }
    return min(errors, key=lambda name: errors[name], default=None)


def _score(model: ModelPredictions, predictions: Predictions) -> ModelScores:
    present = model.present
    found, labels = model.tensors[present], predictions.labels[present]
    counts = ModelScores(
        n=len(found),
        missing=model.missing,
        unparsable=len(model.unreadable),
        unparsable_reasons=dict(sorted(Counter(u.reason for u in model.unreadable).items())),
    )
    if not len(found):
        return counts
    definite = _definite(found)
    both = definite & _definite(labels)
    predicted, true = _hill(found[both]), _hill(labels[both])
    symmetries = list(np.array(predictions.symmetries, dtype=object)[present])
    distances = [
        distance_to_symmetry(tensor, symmetry)
        for tensor, symmetry in zip(found, symmetries, strict=True)
        if symmetry is not None
    ]
    mean36_mae, mean36_r2 = _errors(found.mean(axis=(1, 2)), labels.mean(axis=(1, 2)))
    k_voigt_mae, k_voigt_r2 = _errors(_voigt(found)[0], _voigt(labels)[0])
    k_vrh_mae, k_vrh_r2 = _errors(predicted[0], true[0])
    g_vrh_mae, g_vrh_r2 = _errors(predicted[1], true[1])
    return replace(
        counts,
        mean36_mae=mean36_mae,
        mean36_r2=mean36_r2,
        k_voigt_mae=k_voigt_mae,
        k_voigt_r2=k_voigt_r2,
        elem36_mae=float(np.abs(found - labels).mean()),
        k_vrh_mae=k_vrh_mae,
        k_vrh_r2=k_vrh_r2,
        g_vrh_mae=g_vrh_mae,
        g_vrh_r2=g_vrh_r2,
        n_vrh=int(both.sum()),
        not_positive_definite=int((~definite).sum()),
        asymmetric=int(_asymmetric(found).sum()),
        n_symmetry=len(distances),
        off_symmetry={f"{t:g}": sum(d > t for d in distances) for t in SYMMETRY_TOLERANCES},
        by_system=_by_system(np.abs(_voigt(found)[0] - _voigt(labels)[0]), symmetries),
    )


def _by_system(errors: Array, symmetries: list[str | None]) -> dict[str, SystemScores]:
    """Mean errors by crystal system, from high to low symmetry."""
    systems = [crystal_system(symmetry) for symmetry in symmetries]
    found = {}
    for name in CRYSTAL_SYSTEMS:
        here = errors[[system == name for system in systems]]
        if here.size:
            found[name] = SystemScores(here.size, float(here.mean()))
    return found


def _errors(found: Array, truth: Array) -> tuple[float | None, float | None]:
    """Mean absolute error and coefficient of determination, where they exist."""
    if not found.size:
        return None, None
    total = float(((truth - truth.mean()) ** 2).sum())
    # Rounding leaves a little variance to labels that are all the same.
    varied = total > max(truth.size * (1e-12 * float(np.abs(truth).max())) ** 2, _TINY)
    r2 = 1.0 - float(((found - truth) ** 2).sum()) / total if varied else None
    return float(np.abs(found - truth).mean()), r2


def _definite(tensors: Array) -> NDArray[np.bool_]:
    """Which tensors are positive definite beyond rounding, so that they have a compliance."""
    lowest = [smallest_eigenvalue(t) > max(1e-10 * np.abs(t).max(), _TINY) for t in tensors]
    return np.array(lowest, dtype=bool)


def _asymmetric(tensors: Array) -> NDArray[np.bool_]:
    gaps = np.abs(tensors - tensors.transpose(0, 2, 1)).max(axis=(1, 2))
    return np.asarray(gaps > ASYMMETRY * np.abs(tensors).max(axis=(1, 2)))


def _voigt(tensors: Array) -> tuple[Array, Array]:
    """Voigt's averages of bulk and shear modulus of many tensors, each of shape (n,)."""
    axial = np.trace(tensors[:, :3, :3], axis1=1, axis2=2)
    block = tensors[:, :3, :3].sum(axis=(1, 2))
    shear = np.trace(tensors[:, 3:, 3:], axis1=1, axis2=2)
    return block / 9, (axial - (block - axial) / 2 + 3 * shear) / 15


def _hill(tensors: Array) -> tuple[Array, Array]:
    """Hill's averages of bulk and shear modulus of positive definite tensors."""
    symmetric = 0.5 * (tensors + tensors.transpose(0, 2, 1))
    compliance = np.linalg.inv(symmetric)
    axial = np.trace(compliance[:, :3, :3], axis1=1, axis2=2)
    block = compliance[:, :3, :3].sum(axis=(1, 2))
    shear = np.trace(compliance[:, 3:, 3:], axis1=1, axis2=2)
    bulk_voigt, shear_voigt = _voigt(symmetric)
    shear_reuss = 15 / (4 * axial - 2 * (block - axial) + 3 * shear)
    return (bulk_voigt + 1 / block) / 2, (shear_voigt + shear_reuss) / 2
