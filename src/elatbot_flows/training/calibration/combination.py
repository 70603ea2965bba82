"""Fit and calibrate a combination on materials with known moduli."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.training.calibration.fitting import fit_error_model
from elatbot_flows.uncertainty.conformal import Calibration
from elatbot_flows.uncertainty.scale import Scale, stated_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from elatbot_flows.uncertainty.scale import Opinion

__all__ = ["KnownMaterial", "calibrate", "choose_scale", "fit_scale", "predictive_score"]

_FOLDS = 5


@dataclass(frozen=True)
class KnownMaterial:
    """A material with a known modulus and what the members say of it.

    Parameters
    ----------
    formula
        Reduced formula; materials that share it are left out together.
    truth
        The modulus, GPa.
    kind
        What kind of material it is, see `elatbot_flows.uncertainty.kinds`.
    opinions
        By member, as `elatbot_flows.uncertainty.scale.Opinion`; absent if there is none.
    """

    formula: str
    truth: float
    kind: str
    opinions: dict[str, Opinion]


def fit_scale(
    materials: Sequence[KnownMaterial],
    members: tuple[str, ...],
    *,
    offset: float = 0.0,
    power: float = 0.0,
) -> Scale:
    """Fit the errors of the members for a given transformation.

    Parameters
    ----------
    materials
        What to fit to.
    members
        Names, in the order wanted.
    offset, power
        See `Scale`.

    Raises
    ------
    UncertaintyError
        If a pair of members has too few materials in common.
    """
    values = np.full((len(materials), len(members)), math.nan)
    relative = np.full(values.shape, math.nan)
    for row, column in product(range(len(materials)), range(len(members))):
        opinion = materials[row].opinions.get(members[column])
        if opinion is not None:
            values[row, column] = Scale.number(opinion)
            if isinstance(opinion, tuple):
                relative[row, column] = opinion[1] / (opinion[0] + offset)
    stated = np.isfinite(relative).any(axis=0)
    typical = {
        name: float(np.nanmedian(relative[:, i])) for i, name in enumerate(members) if stated[i]
    }
    scale = np.ones(values.shape)
    for row, column in np.argwhere(np.isfinite(relative)):
        modulus = values[row, column]
        deviation = relative[row, column] * (modulus + offset)
        scale[row, column] = stated_factor(
            modulus, deviation, offset, typical[members[column]], power
        )
    truths = np.array([material.truth for material in materials])
    errors = np.log(values + offset) - np.log(truths + offset)[:, None]
    return Scale(members, offset, power, typical, fit_error_model(errors, scale))


def choose_scale(
    materials: Sequence[KnownMaterial],
    members: tuple[str, ...],
    *,
    offsets: Sequence[float],
    powers: Sequence[float],
) -> tuple[Scale, list[tuple[float, float, float]]]:
    """Fit the transformation that predicts left-out materials best.

    Parameters
    ----------
    materials
        What to fit to; a fifth of the formulas is left out in turn.
    members
        Names, in the order wanted.
    offsets, powers
        What to choose from.

    Returns
    -------
    (Scale, list of (float, float, float))
        The best one, fitted to all materials, and offset, power and score of all that were tried.
    """
    formulas = sorted({material.formula for material in materials})
    fold_of = {formula: place % _FOLDS for place, formula in enumerate(formulas)}
    tried = []
    for offset, power in product(offsets, powers):
        score = 0.0
        for fold in range(_FOLDS):
            left_out = [m for m in materials if fold_of[m.formula] == fold]
            rest = [m for m in materials if fold_of[m.formula] != fold]
            fitted = fit_scale(rest, members, offset=offset, power=power)
            score += predictive_score(fitted, left_out)
        tried.append((offset, power, score / len(materials)))
    offset, power, _ = max(tried, key=lambda row: row[2])
    return fit_scale(materials, members, offset=offset, power=power), tried


def predictive_score(scale: Scale, materials: Sequence[KnownMaterial]) -> float:
    """Sum of the logarithms of the predicted density (1/GPa) at the true moduli.

    The density is a normal one in the unit of `scale`.
    """
    total = 0.0
    for material in materials:
        found = scale.combine(material.opinions)
        error = (scale.forward(material.truth) - found.value) / found.sigma
        total -= 0.5 * error**2 + math.log(found.sigma * (material.truth + scale.offset))
    return total - 0.5 * math.log(2 * math.pi) * len(materials)


def calibrate(
    scale: Scale, materials: Sequence[KnownMaterial]
) -> dict[tuple[str, ...], dict[str, Calibration]]:
    """Errors of the combination on materials it was not fitted to.

    Parameters
    ----------
    scale
        The fitted combination.
    materials
        Materials that are exchangeable with those the combination will be asked about.

    Returns
    -------
    dict
        For every choice of members and every kind of material. All materials that have the
        members are used, and only those members.
    """
    kinds = sorted({material.kind for material in materials})
    choices = [
        names
        for size in range(1, len(scale.members) + 1)
        for names in combinations(scale.members, size)
    ]
    return {
        names: {
            kind: _errors(scale, [m for m in materials if m.kind == kind], names) for kind in kinds
        }
        for names in choices
    }


def _errors(
    scale: Scale, materials: Sequence[KnownMaterial], names: tuple[str, ...]
) -> Calibration:
    """Errors of the combination of some members where they all have an opinion."""
    complete = [m for m in materials if set(names) <= set(m.opinions)]
    results = [scale.combine({n: m.opinions[n] for n in names}) for m in complete]
    errors: NDArray[np.float64] = np.array(
        [scale.forward(m.truth) - r.value for m, r in zip(complete, results, strict=True)]
    )
    return Calibration.from_errors(errors, np.array([r.sigma for r in results]))
