"""Phases of one chemical system that could matter for a hull, from decorated prototypes."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING

from elatbot_flows.crystals.drafts import drafted, reason_of
from elatbot_flows.crystals.prototypes import likely_crystals
from elatbot_flows.stability.mixtures import lowest_mixture
from elatbot_flows.stability.phases import Survey, relaxed_phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.crystals import StructureGuess
    from elatbot_flows.crystals.drafts import Draft
    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.phases import Phase
    from elatbot_flows.stability.settings import HullSettings

__all__ = ["SIMPLEST", "probes", "prototypes", "simple_formulas", "system_survey"]

_AMOUNTS = {
    2: ((1, 1), (1, 2), (1, 3), (2, 3), (3, 5), (1, 4), (1, 5)),
    3: ((1, 1, 1), (1, 1, 2)),
}
"""Stoichiometries of binary and ternary prototypes, in every order."""
_PROBES = 4
"""Prototypes of a formula that tell whether its others are worth evaluating."""
SIMPLEST = 5
"""Formulas of a pair, AB to A3B, that tell how deep the others can lie."""
_MARGIN = 0.005
"""A crystal is relaxed if it might come this near to the hull, eV/atom."""


def simple_formulas(elements: Sequence[str]) -> list[str]:
    """Formulas of two or three elements that have prototypes.

    AB, AB2, AB3, A2B3, A3B5, AB4, AB5 of two, ABC and A2BC of three elements, in every order.

    Parameters
    ----------
    elements
        Two or three chemical symbols; there are none for other numbers.

    Examples
    --------
    >>> simple_formulas(["Ni", "Al"])[:5]
    ['AlNi', 'Al2Ni', 'AlNi2', 'Al3Ni', 'AlNi3']
    """
    symbols = sorted(elements)
    formulas = []
    for amounts in _AMOUNTS.get(len(symbols), ()):
        arranged = sorted(set(permutations(amounts)), reverse=True)
        formulas += [_written(symbols, numbers) for numbers in arranged]
    return formulas


def _written(symbols: Sequence[str], amounts: Sequence[int]) -> str:
    pairs = zip(symbols, amounts, strict=True)
    return "".join(symbol if n == 1 else f"{symbol}{n}" for symbol, n in pairs)


def prototypes(formula: str, settings: HullSettings) -> list[StructureGuess]:
    """Decorated prototypes that a formula may have, the commonest first.

    Parameters
    ----------
    formula
        Of two or more elements.
    settings
        How many, and how large.
    """
    from pymatgen.core import Composition

    most, binary = settings.max_guesses, len(Composition(formula)) == 2
    return likely_crystals(
        formula,
        max_sites=settings.max_sites,
        max_common_sites=settings.max_common_sites,
        most=most if binary else most // 2,
    )


def probes(guesses: Sequence[StructureGuess], settings: HullSettings) -> list[StructureGuess]:
    """Those that tell whether the other prototypes of their formula are worth evaluating.

    Parameters
    ----------
    guesses
        What `prototypes` gave.
    settings
        How large they may be.
    """
    return _small(guesses, settings)[:_PROBES]


def _small(guesses: Sequence[StructureGuess], settings: HullSettings) -> list[StructureGuess]:
    """Prototypes in small cells, all if there are only large ones."""
    return [g for g in guesses if len(g.structure) <= settings.max_sites] or list(guesses)


def system_survey(
    formulas: Sequence[str], below: Sequence[Phase], potential: Potential, settings: HullSettings
) -> Survey:
    """Relax those prototypes of some formulas of one system that might lie on its hull.

    Prototypes are evaluated as built: the commonest ones of the first five formulas; if one of
    these comes near the hull of `below`, all others of up to eight atoms; then larger ones of the
    formulas that came near the hull. Relaxed, the most promising first, is what could end lower
    than everything relaxed so far: on the hull, or on the hull without one of its formulas, which
    is what the distance of a crystal on the hull is measured from.

    Parameters
    ----------
    formulas
        Of one chemical system, the simplest first.
    below
        Phases of its elements and smaller systems.
    potential
        The potential.
    settings
        Thresholds.

    Raises
    ------
    StructureError
        ``missing_element`` if there is no phase of an element.
    """
    search = _Search(formulas, below, potential, settings)
    if search.probe():
        search.relax(search.small())
        search.relax(search.large())
    phases = tuple(sorted(search.found, key=lambda phase: phase.energy_per_atom))
    return Survey(phases, search.tried, dict(search.failures))


class _Search:
    """What is known of one chemical system so far."""

    def __init__(
        self,
        formulas: Sequence[str],
        below: Sequence[Phase],
        potential: Potential,
        settings: HullSettings,
    ) -> None:
        from pymatgen.core import Composition

        self.below, self.potential, self.settings = list(below), potential, settings
        self.found: list[Phase] = []
        self.failures: Counter[str] = Counter()
        self.tried = 0
        self._own = {Composition(f).reduced_formula: Composition(f) for f in formulas}
        self._base = {f: lowest_mixture(own, self.below)[0] for f, own in self._own.items()}
        self._guesses = {formula: prototypes(formula, settings) for formula in self._own}
        self._lowest: dict[str, float] = {}
        self._relaxed: Counter[str] = Counter()
        self._limits: dict[str, float] = {}
        self._waiting: list[Draft] = []

    def probe(self) -> bool:
        """Whether a common prototype of a simple formula comes near the hull of `below`."""
        formulas = list(self._own)[:SIMPLEST]
        for formula in formulas:
            self._draft(formula, probes(self._guesses[formula], self.settings))
        return any(map(self._is_hopeful, formulas))

    def small(self) -> list[Draft]:
        """Small prototypes but those of formulas whose commonest ones are hopeless."""
        for number, formula in enumerate(self._own):
            if number >= SIMPLEST:
                self._draft(formula, self._small(formula))
            elif self._is_hopeful(formula):
                self._draft(formula, self._small(formula)[_PROBES:])
        return self._waiting

    def large(self) -> list[Draft]:
        """Large prototypes of formulas of which something came near the hull without them."""
        self._waiting = []
        self._relaxed.clear()
        for formula, guesses in self._guesses.items():
            reach = self._without(formula) + self.settings.reach
            if self._lowest.get(formula, reach) <= reach:
                small = self._small(formula)
                self._draft(formula, [guess for guess in guesses if guess not in small])
        return self._waiting

    def relax(self, drafts: Sequence[Draft]) -> None:
        """Relax what could matter, the most promising first."""
        for draft in sorted(drafts, key=lambda d: d.expected - self._base[_formula(d)]):
            formula = _formula(draft)
            limit = self._limit(formula) + _MARGIN
            if draft.lowest <= limit and self._relaxed[formula] < self.settings.max_relaxed:
                self._relax(draft, formula, limit)

    def _relax(self, draft: Draft, formula: str, limit: float) -> None:
        guess = draft.guess
        try:
            phase = relaxed_phase(
                guess.structure,
                self.potential,
                self.settings,
                "prototypes",
                guess.label,
                highest=limit,
                start=draft.point,
            )
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
            if (reason := reason_of(error)) != "too_high":
                self.failures[reason] += 1
            return
        self.found.append(phase)
        self._relaxed[formula] += 1
        self._lowest[formula] = min(self._lowest[formula], phase.energy_per_atom)
        self._limits.clear()

    def _draft(self, formula: str, guesses: Sequence[StructureGuess]) -> None:
        drafts = drafted(guesses, self.potential, self._failed) if guesses else []
        self.tried += len(guesses)
        self._waiting += drafts
        lowest = [self._lowest.get(formula, math.inf), *(d.expected for d in drafts)]
        self._lowest[formula] = min(lowest)

    def _failed(self, error: Exception) -> None:
        self.failures[reason_of(error)] += 1

    def _small(self, formula: str) -> list[StructureGuess]:
        return _small(self._guesses[formula], self.settings)

    def _is_hopeful(self, formula: str) -> bool:
        return self._lowest[formula] <= self._base[formula] + self.settings.reach

    def _limit(self, formula: str) -> float:
        """Energy above which a crystal of this formula is of no consequence, eV/atom."""
        if formula not in self._limits:
            own = [p.energy_per_atom for p in self.found if p.formula == formula]
            self._limits[formula] = min(own) if own else self._without(formula)
        return self._limits[formula]

    def _without(self, formula: str) -> float:
        """The hull without a formula and, where that is higher, without one of its products."""
        phases = [p for p in (*self.below, *self.found) if p.formula != formula]
        energy, products = lowest_mixture(self._own[formula], phases)
        for product in {p.formula for p, _ in products if not p.is_element}:
            rest = [phase for phase in phases if phase.formula != product]
            energy = max(energy, lowest_mixture(self._own[formula], rest)[0])
        return energy


def _formula(draft: Draft) -> str:
    return str(draft.guess.structure.composition.reduced_formula)
