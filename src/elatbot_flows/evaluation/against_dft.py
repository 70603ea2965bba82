"""Stated and true: estimates and verdicts of candidates that a density functional judged later."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.documents import (
    AgainstDFT,
    AgainstDFTScores,
    DFTVerdict,
    Estimate,
    HitRates,
    Refit,
    SourceScores,
)
from elatbot_flows.targets import PROPERTIES
from elatbot_flows.uncertainty.joint_estimate import distribution_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from elatbot_flows.uncertainty.joint_estimate import JointDistribution

    Entry = Mapping[str, Any]

__all__ = ["refit_of", "scores_against_dft"]

_WEIGHT = 10.0
"""Materials that the estimates' own calibration counts as, against those of the store."""
_FEWEST = 2


def scores_against_dft(entries: Iterable[Entry]) -> AgainstDFTScores:
    """Compare what was stated before with what a density functional says.

    Parameters
    ----------
    entries
        Plain documents of candidates with `dft`, such as those of the collection.
    """
    asked = [(entry, DFTVerdict.model_validate(entry["dft"])) for entry in entries]
    judged = [pair for pair in asked if pair[1].status != "failed"]
    estimates = [found.estimate_before for _, found in judged if found.estimate_before]
    return AgainstDFTScores(
        asked=len(asked),
        failed=len(asked) - len(judged),
        coverage=estimates[0].coverage if estimates else None,
        sources=_sources([found for _, found in judged]),
        rates=_rates(judged),
        refit=refit_of([found for _, found in judged]),
    )


def _sources(judged: Sequence[DFTVerdict]) -> list[SourceScores]:
    rows: dict[str, list[AgainstDFT]] = defaultdict(list)
    for found in judged:
        for row in found.sources:
            rows[row.source].append(row)
    return [_scored(source, said) for source, said in sorted(rows.items())]


def _scored(source: str, said: Sequence[AgainstDFT]) -> SourceScores:
    bulk, shear = (
        [math.log1p(d) for row in said if (d := getattr(row, name)) is not None and d > -1]
        for name in ("bulk_deviation", "shear_deviation")
    )
    return SourceScores(
        source=source,
        number=len(bulk),
        bulk_bias=_mean(bulk),
        bulk_spread=_root(bulk),
        shear_bias=_mean(shear),
        shear_spread=_root(shear),
        bulk_held=_mean([row.bulk_held for row in said if row.bulk_held is not None]),
        shear_held=_mean([row.shear_held for row in said if row.shear_held is not None]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _root(values: Sequence[float]) -> float | None:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else None


def _rates(judged: Sequence[tuple[Entry, DFTVerdict]]) -> list[HitRates]:
    told = [
        (entry, found)
        for entry, found in judged
        if found.probability_before is not None and entry.get("probability") is not None
    ]
    again = [_refitted(told, place) for place in range(len(told))]
    groups: dict[str, list[int]] = {"all": list(range(len(told)))}
    for place, (_, found) in enumerate(told):
        kind = found.estimate_before.kind if found.estimate_before else "unknown"
        groups.setdefault(f"{found.verdict_before} before", []).append(place)
        groups.setdefault(kind, []).append(place)
    return [
        _rate(name, [told[k] for k in g], [again[k] for k in g]) for name, g in groups.items() if g
    ]


def _rate(
    group: str, told: Sequence[tuple[Entry, DFTVerdict]], again: Sequence[float | None]
) -> HitRates:
    known = [one for one in again if one is not None]
    return HitRates(
        group=group,
        number=len(told),
        stated=float(np.mean([found.probability_before for _, found in told])),
        by_dft=float(np.mean([entry["probability"] for entry, _ in told])),
        refitted=_mean(known) if len(known) == len(told) else None,
    )


def _refitted(told: Sequence[tuple[Entry, DFTVerdict]], place: int) -> float | None:
    """The probability of a material by the refit to all the others."""
    entry, found = told[place]
    others = refit_of([one for k, (_, one) in enumerate(told) if k != place])
    target = entry.get("target") or {}
    intervals = {name: _edges(target[name]) for name in PROPERTIES if target.get(name)}
    if others is None or found.estimate_before is None or not intervals:
        return None
    after = _as_calibrated(found.estimate_before).refitted(others)
    return float(after.probabilities(intervals)[0])


def _edges(plain: Sequence[float | None]) -> tuple[float, float]:
    low, high = plain
    return (-math.inf if low is None else low, math.inf if high is None else high)


def refit_of(judged: Sequence[DFTVerdict]) -> Refit | None:
    """One shift of ln K, one of ln G and one factor of the spread, from estimates and DFT.

    The calibration of the estimates counts as ten materials without a shift and with a factor of
    one, so that few materials change little.

    Parameters
    ----------
    judged
        Those with moduli by DFT and an estimate before count.

    Returns
    -------
    Refit or None
        None with fewer than two.
    """
    known = [_errors(one, one.estimate_before) for one in judged if one.estimate_before]
    rows = np.array([row for row in known if row is not None])
    if len(rows) < _FEWEST:
        return None
    errors, scales = rows[:, 0], rows[:, 1]
    weights = 1 / scales**2
    shifts = (errors * weights).sum(axis=0) / (weights.sum(axis=0) + _WEIGHT * weights.mean(axis=0))
    squares = (((errors - shifts) / scales) ** 2).mean(axis=1)
    factor = math.sqrt((_WEIGHT + squares.sum()) / (_WEIGHT + len(rows)))
    return Refit(
        number=len(rows),
        bulk_shift=float(shifts[0]),
        shear_shift=float(shifts[1]),
        spread_factor=factor,
    )


def _errors(found: DFTVerdict, before: Estimate) -> list[list[float]] | None:
    """Logarithms of DFT over the estimate, and the standard deviations that were stated."""
    if not found.bulk_modulus or not found.shear_modulus:
        return None
    truth = np.log([found.bulk_modulus, found.shear_modulus])
    stated = _as_calibrated(before)
    wider = math.sqrt(stated.tail / (stated.tail - 2)) if stated.tail > 2 else 1.0
    return [(truth - stated.log_means).tolist(), (wider * np.array(stated.log_scales)).tolist()]


def _as_calibrated(stated: Estimate) -> JointDistribution:
    """The distribution without a refit that was in force already: one is found, not two added."""
    used = stated.refit
    if used is None:
        return distribution_of(stated)
    back = used.model_copy(
        update={
            "bulk_shift": -used.bulk_shift,
            "shear_shift": -used.shear_shift,
            "spread_factor": 1 / used.spread_factor,
        }
    )
    return distribution_of(stated).refitted(back)
