"""Fit the whole calibration from known materials and what was said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.training.calibration.composition import (
    Hyperparameters,
    KnownComposition,
    fit_composition,
    fit_hyperparameters,
)
from elatbot_flows.training.calibration.joint import fit_errors
from elatbot_flows.training.calibration.spread import (
    Estimated,
    calibrate_spread,
    estimate_with,
    subsets,
)
from elatbot_flows.uncertainty.calibration import Calibration
from elatbot_flows.uncertainty.elements import ionicity_of
from elatbot_flows.uncertainty.evidence import Prior, gather, prior_of
from elatbot_flows.uncertainty.kinds import material_kind
from elatbot_flows.uncertainty.spread import Stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from elatbot_flows.uncertainty.evidence import Evidence
    from elatbot_flows.uncertainty.opinions import Member, Opinion

__all__ = ["JudgedMaterial", "fit_calibration", "folds_of", "priors_out_of_fold"]

_COMPOSITION_FOLDS, _FOLDS = 10, 6
_BLIND_SHARE = 0.2
"""Share of materials whose volume is withheld, so that its absence is calibrated too."""


@dataclass(frozen=True)
class JudgedMaterial:
    """A material with known moduli and what was said of it.

    Parameters
    ----------
    formula
        Reduced formula; materials that share it are left out together.
    shares
        Shares of atoms by symbol.
    volume_per_atom
        Of the crystal as a judge relaxed it, A^3.
    bulk_modulus, shear_modulus
        GPa.
    opinions
        By member.
    """

    formula: str
    shares: dict[str, float]
    volume_per_atom: float
    bulk_modulus: float
    shear_modulus: float
    opinions: dict[str, Opinion] = field(default_factory=dict)


def folds_of(formulas: Sequence[str], number: int, seed: int = 0) -> NDArray[np.int64]:
    """A fold for each, the same for the same formula."""
    names = sorted(set(formulas))
    places = np.random.default_rng(seed).permutation(len(names)) % number
    by_name = dict(zip(names, places.tolist(), strict=True))
    return np.array([by_name[formula] for formula in formulas])


def priors_out_of_fold(
    known: Sequence[KnownComposition],
    chosen: Hyperparameters,
    materials: Sequence[JudgedMaterial],
    speakers: Sequence[str] = (),
    seed: int = 0,
) -> list[Prior]:
    """What a composition model without their formula says of materials, and of some speakers.

    Every fifth does not get its volume.
    """
    errors = shear_errors(known, materials, speakers)
    formulas = [row.formula for row in known] + [m.formula for m in materials]
    folds = folds_of(formulas, _COMPOSITION_FOLDS, seed)
    blind = np.random.default_rng(seed).random(len(materials)) < _BLIND_SHARE
    priors: list[Prior | None] = [None] * len(materials)
    for fold in range(_COMPOSITION_FOLDS):
        rest = np.flatnonzero(folds[: len(known)] != fold).tolist()
        asked = np.flatnonzero(folds[len(known) :] == fold).tolist()
        model = fit_composition([known[i] for i in rest], chosen, errors[rest])
        volumes = [None if blind[i] else materials[i].volume_per_atom for i in asked]
        means, deviations = model.predict([materials[i].shares for i in asked], volumes)
        for place, mean, deviation in zip(asked, means, deviations, strict=True):
            priors[place] = prior_of(
                mean,
                float(deviation),
                with_volume=not blind[place],
                ionicity=ionicity_of(materials[place].shares),
            )
    return [prior for prior in priors if prior is not None]


def shear_errors(
    known: Sequence[KnownComposition],
    materials: Sequence[JudgedMaterial],
    speakers: Sequence[str],
) -> NDArray[np.float64]:
    """Errors of ln G by speakers, each at the known row of the same formula and nearest volume.

    NaN where a speaker said nothing, shape ``(len(known), len(speakers))``.
    """
    places: dict[str, list[int]] = {}
    for place, row in enumerate(known):
        places.setdefault(row.formula, []).append(place)
    errors = np.full((len(known), len(speakers)), np.nan)
    for material in (m for m in materials if m.formula in places):
        away = [
            abs(known[i].volume_per_atom - material.volume_per_atom)
            for i in places[material.formula]
        ]
        place = places[material.formula][int(np.argmin(away))]
        for column, name in enumerate(speakers):
            if name in material.opinions:
                said = material.opinions[name].log_shear
                errors[place, column] = said - np.log(material.shear_modulus)
    return errors


def fit_calibration(
    known: Sequence[KnownComposition],
    materials: Sequence[JudgedMaterial],
    members: Sequence[Member],
    has_shear: Sequence[bool],
    provenance: dict[str, Any],
    seed: int = 0,
) -> Calibration:
    """Fit composition model, errors and spreads.

    Parameters
    ----------
    known
        What the composition model learns from.
    materials
        What errors and spreads are fitted to; estimates of them are made without their formula.
    members
        Sources of opinions.
    has_shear
        Whether each says anything of the shear modulus.
    provenance
        Kept with the calibration.
    seed
        Of folds and random subsets.
    """
    chosen = fit_hyperparameters(known, seed=seed)
    names = [member.name for member in members]
    speakers = [name for name, shear in zip(names, has_shear, strict=True) if shear]
    priors = priors_out_of_fold(known, chosen, materials, speakers, seed)
    kinds = np.array([material_kind(material.shares) for material in materials])
    pairs = zip(priors, kinds.tolist(), materials, strict=True)
    evidence = gather(
        [(prior, kind, m.opinions) for prior, kind, m in pairs],
        dict(zip(names, has_shear, strict=True)),
    )
    truth = np.log([[m.bulk_modulus, m.shear_modulus] for m in materials])
    folds = folds_of([m.formula for m in materials], _FOLDS, seed + 1)
    found = _out_of_fold(evidence, truth, names, has_shear, folds)
    return Calibration(
        tuple(members),
        tuple(has_shear),
        fit_errors(evidence, truth, has_shear, seed=seed),
        calibrate_spread(found, kinds),
        fit_composition(known, chosen, shear_errors(known, materials, speakers)),
        provenance,
    )


def _out_of_fold(
    evidence: Evidence,
    truth: NDArray[np.float64],
    names: Sequence[str],
    has_shear: Sequence[bool],
    folds: NDArray[np.int64],
) -> dict[tuple[str, ...], Estimated]:
    """Estimates of materials that the errors were not fitted to, by choices of members."""
    parts: dict[tuple[str, ...], list[Estimated]] = {each: [] for each in subsets(names)}
    for fold in range(int(folds.max()) + 1):
        rest = np.flatnonzero(folds != fold)
        model = fit_errors(evidence.take(rest), truth[rest], has_shear, seed=fold)
        rows = np.flatnonzero(folds == fold)
        for members, found in parts.items():
            found.append(estimate_with(members, names, model, evidence, truth, rows))
    joined = {members: _joined(found) for members, found in parts.items()}
    return {members: found for members, found in joined.items() if len(found.rows)}


def _joined(parts: Sequence[Estimated]) -> Estimated:
    rows, errors = (np.concatenate([getattr(p, n) for p in parts]) for n in ("rows", "errors"))
    stated = zip(*(part.stated for part in parts), strict=True)
    return Estimated(rows, errors, Stated(*(np.concatenate(each) for each in stated)))
