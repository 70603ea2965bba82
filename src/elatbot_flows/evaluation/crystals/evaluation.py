"""Everything that is told of a set of generated crystals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from monty.json import MSONable

from elatbot_flows.crystals.matching import DisorderedMatcher
from elatbot_flows.evaluation.crystals.coverage import (
    Coverage,
    Distance,
    coverage,
    differences,
)
from elatbot_flows.evaluation.crystals.fingerprints import fingerprints
from elatbot_flows.evaluation.crystals.matches import MatchReport, match_by_formula
from elatbot_flows.evaluation.crystals.rates import Draws, Rate, rate
from elatbot_flows.evaluation.crystals.steps import Step, examined, funnel
from elatbot_flows.evaluation.crystals.validity import CHECKS, all_metals, balanced
from elatbot_flows.evaluation.sun import SunReport, sun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pymatgen.core import Structure

    from elatbot_flows.evaluation.crystals.generated import GeneratedCrystal
    from elatbot_flows.evaluation.crystals.outcomes import Outcome
    from elatbot_flows.evaluation.crystals.steps import Examined

__all__ = ["CrystalEvaluation", "evaluate_crystals"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class CrystalEvaluation(MSONable):
    """Rates of a set of generated crystals; what was not asked for is None or empty.

    Parameters
    ----------
    submitted
        Everything that was tried: the first denominator.
    steps
        The funnel by name of the step.
    checks
        Those of `CHECKS` that applied to some crystal: share that passed of those it applied to.
    all_metals
        Crystals of metals alone, of those parsed with a structure.
    charges
        Share of the same whose oxidation states can balance by smact, which says nothing of
        crystals of metals alone.
    unique
        Materials among valid crystals: ordered variants of one alloy are one.
    novel, unique_novel
        Valid crystals that match no known one, and materials among them, of valid crystals.
    sun
        Counts of stable, unique and novel materials, of relaxed crystals, by those submitted.
    matches, coverage, differences
        Against the reference set; see their classes.
    crystals
        One line for each try.
    """

    submitted: int
    steps: dict[str, Step]
    checks: dict[str, Rate]
    all_metals: Rate
    charges: Rate | None
    unique: Rate
    novel: Rate | None = None
    unique_novel: Rate | None = None
    sun: SunReport | None = None
    matches: MatchReport | None = None
    coverage: Coverage | None = None
    differences: dict[str, Distance] = field(default_factory=dict)
    crystals: tuple[dict[str, Any], ...] = ()


def evaluate_crystals(
    generated: Sequence[GeneratedCrystal],
    *,
    reference: Sequence[Structure] = (),
    known: Sequence[Structure] = (),
    outcomes: Mapping[str, Outcome] | None = None,
    charges: bool = False,
    with_coverage: bool = True,
    tell: Callable[[int, int], None] | None = None,
    draws: Draws | None = None,
) -> CrystalEvaluation:
    """Tell how many generated crystals are valid, unique, novel, relaxed, stable and on target.

    Parameters
    ----------
    generated
        Every try, those that failed included.
    reference
        What should have been generated, such as crystals of a test set: match rate by formula,
        coverage and distributions are told if there are some.
    known
        Crystals that are not new, such as those of the training set.
    outcomes
        What physics says, by source of the crystal; None if it was not asked.
    charges
        Also test oxidation states, by smact.
    with_coverage
        Whether to make fingerprints, which need matminer and most of the time.
    tell
        Called with how much work is done, and of how much.
    draws
        The bootstrap of the intervals.

    Raises
    ------
    ElatbotError
        If there is nothing to evaluate, or a package is not installed.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from elatbot_flows.evaluation.crystals import GeneratedCrystal, evaluate_crystals
    >>> nial = Structure(Lattice.cubic(2.89), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    >>> tries = [GeneratedCrystal("a", nial), GeneratedCrystal("b", reason="cut_off")]
    >>> found = evaluate_crystals(tries, known=[nial])
    >>> found.steps["valid"].of_all.value, found.novel.count
    (0.5, 0)
    """
    rounds = 2 if reference and with_coverage else 1
    work = _Work((len(generated) + len(reference)) * rounds, tell)
    said = outcomes or {}
    tries = [examined(crystal, said.get(crystal.source)) for crystal in work.over(generated)]
    apart = [each for each in tries if each.apart]
    valid = [each for each in tries if each.valid]
    groups = DisorderedMatcher().group([each.there for each in valid])
    old = DisorderedMatcher().among([each.there for each in valid], known) if known else None
    comparable = [each.there for each in apart if each.there.is_ordered]
    read = [each.there.composition for each in tries if each.crystal.structure is not None]
    return CrystalEvaluation(
        submitted=len(tries),
        steps=funnel(tries, physics=outcomes is not None, draws=draws),
        checks=_checks(tries, draws),
        all_metals=rate(sum(map(all_metals, read)), len(read), draws),
        charges=rate(sum(map(balanced, read)), len(read), draws) if charges else None,
        unique=rate(len(groups), len(valid), draws),
        **_novelty(groups, old, draws),
        sun=_sun(tries, known) if outcomes is not None and known else None,
        matches=match_by_formula(comparable, work.over(reference), draws=draws)
        if reference
        else None,
        coverage=coverage(
            fingerprints(work.over(comparable)),
            fingerprints(work.over(reference)),
            submitted=len(tries),
            draws=draws,
        )
        if reference and with_coverage
        else None,
        differences=differences([e.there for e in valid], reference, draws) if reference else {},
        crystals=_lines(tries, valid, groups, old),
    )


class _Work:
    """Counts what is done; nothing where nobody listens."""

    def __init__(self, total: int, tell: Callable[[int, int], None] | None) -> None:
        self._total = total
        self._tell = tell
        self._done = 0

    def over(self, items: Sequence[_T]) -> Iterator[_T]:
        """The items, each counted when it is done."""
        for item in items:
            yield item
            self._done += 1
            if self._tell is not None:
                self._tell(self._done, self._total)


def _checks(tries: Sequence[Examined], draws: Draws | None) -> dict[str, Rate]:
    found = {name: [t.checks[name] for t in tries if name in t.checks] for name in CHECKS}
    return {name: rate(sum(each), len(each), draws) for name, each in found.items() if each}


def _novelty(
    groups: list[list[int]], old: list[bool] | None, draws: Draws | None
) -> dict[str, Rate | None]:
    if old is None:
        return {"novel": None, "unique_novel": None}
    new = sum(any(not old[place] for place in group) for group in groups)
    return {
        "novel": rate(old.count(False), len(old), draws),
        "unique_novel": rate(new, len(old), draws),
    }


def _sun(tries: Sequence[Examined], known: Sequence[Structure]) -> SunReport:
    """Of crystals that passed, as they were relaxed; all others count as failed."""
    passed = [t.outcome if t.outcome is not None and t.outcome.passed else None for t in tries]
    hits = [outcome is not None and outcome.hit is True for outcome in passed]
    targeted = any(t.outcome is not None and t.outcome.hit is not None for t in tries)
    return sun(
        [None if outcome is None else outcome.structure for outcome in passed],
        known,
        [None if outcome is None else _Placed(outcome.status or "unknown") for outcome in passed],
        hits=hits if targeted else None,
    )


@dataclass(frozen=True)
class _Placed:
    """A status as `sun` asks for it."""

    status: str


def _lines(
    tries: Sequence[Examined],
    valid: Sequence[Examined],
    groups: list[list[int]],
    old: list[bool] | None,
) -> tuple[dict[str, Any], ...]:
    """What is told of every try."""
    material = {id(valid[place]): n for n, group in enumerate(groups, 1) for place in group}
    novel = {} if old is None else {id(v): not o for v, o in zip(valid, old, strict=True)}
    return tuple(
        each.line() | {"material": material.get(id(each)), "novel": novel.get(id(each))}
        for each in tries
    )
