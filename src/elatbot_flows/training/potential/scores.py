"""How good a potential is on crystals with known moduli."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING

from elatbot_flows.documents.tuned import PotentialScores
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.potentials.validation import validate_crystal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import ElasticResult
    from elatbot_flows.potentials import Potential
    from elatbot_flows.training.potential.material import Lesson

__all__ = ["score", "scores_of"]


def score(potential: Potential, lessons: Sequence[Lesson]) -> PotentialScores:
    """Judge crystals with moduli as they are: what the potential calls a saddle has failed.

    Parameters
    ----------
    potential
        The potential.
    lessons
        Crystals with moduli.
    """
    settings = ValidationSettings(follow=0)
    found = [validate_crystal(lesson.structure, potential, settings) for lesson in lessons]
    return scores_of(potential.name, lessons, found)


def scores_of(
    name: str, lessons: Sequence[Lesson], results: Sequence[ElasticResult]
) -> PotentialScores:
    """Scores of results that were computed elsewhere."""
    passed = [
        (lesson, one) for lesson, one in zip(lessons, results, strict=True) if one.bulk_modulus
    ]
    bulk = [abs(float(one.bulk_modulus or 0) - float(le.bulk_modulus or 0)) for le, one in passed]
    pairs = [(float(one.shear_modulus or 0), float(le.shear_modulus or 1)) for le, one in passed]
    residuals = [one.residual for one in results if one.residual is not None]
    return PotentialScores(
        potential=name,
        crystals=len(lessons),
        passed=len(passed),
        reasons=dict(Counter(str(one.reason) for one in results if one.status != "passed")),
        bulk_modulus_mae=statistics.fmean(bulk) if bulk else None,
        shear_modulus_mae=statistics.fmean(abs(a - b) for a, b in pairs) if pairs else None,
        median_shear_ratio=statistics.median(a / b for a, b in pairs) if pairs else None,
        worst_asymmetry=max(residuals, default=None),
    )
