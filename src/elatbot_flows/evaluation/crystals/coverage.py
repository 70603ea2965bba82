"""Whether generated crystals are like those of a reference set, and of all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from monty.json import MSONable

from elatbot_flows.evaluation.crystals.rates import Draws, Rate, rate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.evaluation.crystals.fingerprints import Fingerprints

    Array = NDArray[np.float64]

__all__ = [
    "COMPOSITION_CUTOFF",
    "STRUCTURE_CUTOFF",
    "Coverage",
    "Distance",
    "coverage",
    "differences",
]

STRUCTURE_CUTOFF, COMPOSITION_CUTOFF = 0.4, 10.0
"""Distances of fingerprints within which crystals are alike: CDVAE's for MP-20."""


@dataclass(frozen=True)
class Coverage(MSONable):
    """How many crystals have a like one in the other set, in structure and in composition.

    Parameters
    ----------
    recall
        Of the reference crystals.
    precision
        Of the generated crystals that were compared.
    precision_of_all
        Of everything submitted.
    """

    recall: Rate
    precision: Rate
    precision_of_all: Rate


def coverage(
    made: Fingerprints, known: Fingerprints, *, submitted: int, draws: Draws | None = None
) -> Coverage:
    """Coverage as in CDVAE (Xie et al., ICLR 2022), within its cutoffs for MP-20.

    The nearest in structure and the nearest in composition have to be near; they may be two
    crystals. Properties of elements are scaled by their mean and standard deviation in the
    reference set, as CDVAE's stored ones are those of another. A crystal without a fingerprint is
    like none.

    Parameters
    ----------
    made, known
        Of the generated crystals whose atoms are apart, and of the reference set.
    submitted
        Everything that was tried.
    draws
        The bootstrap of the intervals.
    """
    shift, scale = _scales(known.composition)
    structure = _nearest(made.structure, known.structure)
    composition = _nearest((made.composition - shift) / scale, (known.composition - shift) / scale)
    of_made, of_known = (
        int(np.sum((s <= STRUCTURE_CUTOFF) & (c <= COMPOSITION_CUTOFF)))
        for s, c in zip(structure, composition, strict=True)
    )
    return Coverage(
        recall=rate(of_known, len(known.structure), draws),
        precision=rate(of_made, len(made.structure), draws),
        precision_of_all=rate(of_made, submitted, draws),
    )


def _scales(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each column; 1 for what does not vary."""
    present = values[~np.isnan(values).any(axis=1)]
    if not len(present):
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    spread = present.std(axis=0)
    return present.mean(axis=0), np.where(spread > 0, spread, 1.0)


def _nearest(first: Array, second: Array) -> tuple[Array, Array]:
    """Distance of every row to the nearest of the other array; infinite for rows of NaN."""
    from scipy.spatial.distance import cdist

    if not len(first) or not len(second):
        return np.full(len(first), np.inf), np.full(len(second), np.inf)
    distances = np.nan_to_num(cdist(first, second), nan=np.inf)
    return distances.min(axis=1), distances.min(axis=0)


@dataclass(frozen=True)
class Distance(MSONable):
    """How far the distributions of a property are from each other.

    Parameters
    ----------
    value
        Wasserstein distance, in the unit of the property; None without crystals.
    low, high
        Ends of the 95 % interval: 1.96 standard deviations of the bootstrap to either side, but not
        below 0. Percentiles would lie too high, as draws are further apart than what they are of.
    floor
        Mean distance of as many draws of the reference set from it: what is no difference.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    floor: float | None = None


def differences(
    generated: Sequence[Structure], reference: Sequence[Structure], draws: Draws | None = None
) -> dict[str, Distance]:
    """Distances between distributions of properties, as CDVAE has them.

    Parameters
    ----------
    generated, reference
        Crystals.
    draws
        The bootstrap of the intervals.

    Returns
    -------
    dict
        ``density`` (g/cm^3), ``elements`` (number of them) and ``volume_per_atom`` (A^3/atom).
    """
    return {
        name: _distance(
            np.array([of(one) for one in generated]),
            np.array([of(one) for one in reference]),
            draws or Draws(),
        )
        for name, of in _PROPERTIES.items()
    }


_PROPERTIES: dict[str, Callable[[Structure], float]] = {
    "density": lambda crystal: float(crystal.density),
    "elements": lambda crystal: len(crystal.composition.elements),
    "volume_per_atom": lambda crystal: crystal.volume / len(crystal),
}


def _distance(made: Array, known: Array, draws: Draws) -> Distance:
    from scipy.stats import wasserstein_distance

    if not made.size or not known.size:
        return Distance(None)
    value = float(wasserstein_distance(made, known))
    if not draws.resamples:
        return Distance(value)
    rng = np.random.default_rng(draws.seed)
    made, known = np.sort(made), np.sort(known)  # the order of crystals does not matter
    drawn, same = np.empty(draws.resamples), np.empty(draws.resamples)
    for number in range(draws.resamples):
        again = rng.choice(known, known.size)
        drawn[number] = wasserstein_distance(rng.choice(made, made.size), again)
        same[number] = wasserstein_distance(rng.choice(known, made.size), known)
    width = 1.96 * float(drawn.std())
    return Distance(value, max(0.0, value - width), value + width, float(same.mean()))
