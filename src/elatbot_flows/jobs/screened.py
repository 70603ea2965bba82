"""Who goes on to the judges: how promising a candidate is after the cheap relaxation."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from elatbot_flows.documents import ElasticResult, MethodRecord

if TYPE_CHECKING:
    from elatbot_flows.documents import CandidateDocument, Refit
    from elatbot_flows.potentials import Potential
    from elatbot_flows.targets import DesignTarget

__all__ = ["screening_score"]

_SAFE = 0.15
"""A screening estimate this far inside the interval, relative to its edge, cannot be bettered."""


def screening_score(
    candidate: CandidateDocument,
    target: DesignTarget | None,
    potential: Potential,
    refit: Refit | None = None,
) -> float:
    """How promising a candidate is; the larger, the earlier it goes on.

    The probability that the target is met, by all that is known before the judges: its
    composition, the text model's opinion and the screening estimate of the bulk modulus of its
    lowest crystal. Where the potential is not calibrated it is how far that estimate lies inside
    the interval, GPa, at most safely inside.

    Parameters
    ----------
    candidate
        With crystals, or rejected.
    target
        What is asked for.
    potential
        The potential of the screening.
    refit
        By what estimates are shifted and widened after their calibration.
    """
    from elatbot_flows.uncertainty.calibration import load_calibration

    estimate = candidate.polymorphs[0].bulk_modulus if candidate.polymorphs else None
    if target is None or estimate is None:
        return 0.0
    names = [name for name in (potential.name, potential.weights_sha256) if name]
    if any(load_calibration().member(name) for name in names):
        return _chance(candidate, target, potential, refit)
    interval = target.implied_bulk_modulus()
    if interval is None:
        return 0.0
    edge = min(abs(edge) for edge in (interval.low, interval.high) if isfinite(edge))
    return min(interval.margin(estimate), _SAFE * edge)


def _chance(
    candidate: CandidateDocument,
    target: DesignTarget,
    potential: Potential,
    refit: Refit | None,
) -> float:
    """Probability that the target is met; zero where nobody can say."""
    from elatbot_flows.uncertainty.calibration import load_calibration

    lowest = candidate.polymorphs[0]
    screened = ElasticResult(
        formula=candidate.formula,
        status="passed",
        bulk_modulus=lowest.bulk_modulus,
        method="screening",
        judge=MethodRecord(**potential.record()),
    )
    said = [*(one.result for one in candidate.evidence if one.polymorph is None), screened]
    volume = lowest.structure.volume / len(lowest.structure)
    calibration = load_calibration().refitted(refit)
    found = calibration.estimate(said, str(candidate.formula), volume)
    return 0.0 if found is None else found.probabilities(target.intervals())[0]
