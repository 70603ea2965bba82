"""How many crystals of a reference set were generated for their formulas."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from monty.json import MSONable

from elatbot_flows.evaluation.crystals.rates import Draws, Measured, Rate, measured, rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymatgen.core import Structure

__all__ = ["MatchReport", "MatchSettings", "match_by_formula"]


@dataclass(frozen=True)
class MatchSettings(MSONable):
    """Tolerances of pymatgen's StructureMatcher: those of the published benchmarks.

    Parameters
    ----------
    ltol, stol, angle_tol
        Relative lengths, displacement over (volume/atom)^(1/3), degrees. Volumes are made equal.
    """

    ltol: float = 0.3
    stol: float = 0.5
    angle_tol: float = 10.0


@dataclass(frozen=True)
class MatchReport(MSONable):
    """Reference crystals that were found among the generated ones of their formula.

    Parameters
    ----------
    first, any
        Reference crystals that the first, or any, generated crystal of their formula matches.
    asked
        Reference crystals for whose formula there is a generated crystal.
    rms
        Mean over matched reference crystals of the smallest root mean square displacement, over
        (volume/atom)^(1/3), without unit.
    settings
        Tolerances.
    """

    first: Rate
    any: Rate
    asked: Rate
    rms: Measured
    settings: MatchSettings = field(default_factory=MatchSettings)


def match_by_formula(
    generated: Sequence[Structure],
    reference: Iterable[Structure],
    *,
    settings: MatchSettings | None = None,
    draws: Draws | None = None,
) -> MatchReport:
    """Match generated crystals with the reference crystals of their reduced formula.

    As in the benchmarks of CrystaLLM (Antunes et al., Nat. Commun. 15, 10570 (2024)) and DiffCSP;
    the denominator is the reference set.

    Parameters
    ----------
    generated
        Ordered crystals whose atoms are apart, in the order in which they were generated.
    reference
        What should have been generated.
    settings
        Tolerances; those of the benchmarks if None.
    draws
        The bootstrap of the intervals.
    """
    from pymatgen.analysis.structure_matcher import StructureMatcher

    settings = settings or MatchSettings()
    tolerances = {name: asdict(settings)[name] for name in ("ltol", "stol", "angle_tol")}
    matcher = StructureMatcher(**tolerances)
    by_formula: dict[str, list[Structure]] = defaultdict(list)
    for crystal in generated:
        by_formula[crystal.composition.reduced_formula].append(crystal)
    found = []
    for crystal in reference:
        candidates = by_formula[crystal.composition.reduced_formula]
        rms = [matcher.get_rms_dist(candidate, crystal) for candidate in candidates]
        found.append([np.inf if each is None else float(each[0]) for each in rms])
    best = [min(each) for each in found if each and np.isfinite(min(each))]
    return MatchReport(
        first=rate(sum(bool(e) and np.isfinite(e[0]) for e in found), len(found), draws),
        any=rate(len(best), len(found), draws),
        asked=rate(sum(map(bool, found)), len(found), draws),
        rms=measured(np.mean, [best], draws),
        settings=settings,
    )
