"""Phases that one composition may decompose into, from decorated prototypes.

A crystal only cares about the few phases that it would decompose into. What lies above the plane
through the energies of these is of no consequence, however low it lies in a system of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pymatgen.core import Composition

from elatbot_flows.crystals.drafts import Draft, Outlook, reason_of
from elatbot_flows.stability.mixtures import chemical_potentials, lowest_mixture
from elatbot_flows.stability.phases import Survey
from elatbot_flows.stability.systems import SIMPLEST, probes, prototypes, simple_formulas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.crystals import StructureGuess
    from elatbot_flows.stability.phases import Phase
    from elatbot_flows.stability.settings import HullSettings


__all__ = ["focused_survey"]

_MARGIN = 0.01
"""A crystal is relaxed if it is expected at most this far above the plane, eV/atom."""
_DEEP, _SHALLOW = 0.4, 0.06
"""How far a formula may lie below a mixture of what is known of its system, eV/atom: AB2 to A3B
once AB is known, and ternary ones; all other binary ones. Of 197 formulas AB2 to A3B relaxed in
surveys of 59 whole pairs two were deeper, by 0.01; of 150 other binary ones none. For ternary
ones it is a guess."""


def focused_survey(
    asked: Composition,
    systems: Sequence[Sequence[str]],
    formulas: Sequence[str],
    below: Sequence[Phase],
    means: Means,
) -> Survey:
    """Relax those prototypes of some systems that a composition might decompose into.

    Prototypes are evaluated as built and relaxed, the most promising first, if they could end below
    the plane through the phases that the composition decomposes into so far, which every phase
    found below it lowers. Formulas are looked at the simplest first, and those are passed over that
    lie far above the plane by all that is known of their system.

    Parameters
    ----------
    asked
        The composition; phases of it are no products.
    systems
        Systems of two or three elements whose simple formulas are tried, but for that of `asked`.
    formulas
        Further formulas to try, such as that one.
    below
        Phases that are known, the elements among them.
    means
        How prototypes are evaluated and relaxed.

    Raises
    ------
    StructureError
        ``missing_element`` if there is no phase of an element.
    """
    search = _Search(asked, below, means)
    own = asked.reduced_formula
    named = [[f for f in map(_reduced, simple_formulas(s)) if f != own] for s in systems]
    pairs = [part for part, system in zip(named, systems, strict=True) if len(system) == 2]
    others = [f for part in named if part not in pairs for f in part]
    others += map(_reduced, formulas)
    done = -1
    while search.tried > done:  # what lay far above the plane may not after it has turned
        done = search.tried
        search.look_at([f for part in pairs for f in part[:1]], math.inf)
        search.look_at([f for part in pairs for f in part[1:SIMPLEST]], _DEEP)
        search.look_at(others, _DEEP)
        search.look_at_large(others, 2 * means.settings.reach)
        search.look_at([f for part in pairs for f in part[SIMPLEST:]], _SHALLOW)
        search.look_at_large([f for part in pairs for f in part], means.settings.reach)
    phases = tuple(sorted(search.found, key=lambda phase: phase.energy_per_atom))
    return Survey(phases, search.tried, dict(search.failures))


class Means(Protocol):
    """How prototypes are evaluated and relaxed."""

    @property
    def settings(self) -> HullSettings:
        """Thresholds."""

    def outlooks(self, formula: str) -> dict[str, Outlook]:
        """What is known of the commonest prototypes of a formula without evaluating, by label."""

    def drafted(self, guesses: Sequence[StructureGuess]) -> tuple[list[Draft], dict[str, int]]:
        """Prototypes of one formula as they are, and why some could not be evaluated."""

    def relaxed(self, draft: Draft, highest: float) -> Survey:
        """A relaxed draft, or why there is none; given up where it ends above an energy."""


@dataclass(frozen=True)
class _Unbuilt(Outlook):
    """A prototype whose energy is known, and which is only built if it may matter."""

    formula: str
    label: str


class _Search:
    """What is known around one composition so far."""

    def __init__(self, asked: Composition, below: Sequence[Phase], means: Means) -> None:
        self.means, self.settings = means, means.settings
        self.found: list[Phase] = []
        self.failures: Counter[str] = Counter()
        self.tried = 0
        self._asked, self._below = asked, list(below)
        self._guesses: dict[str, list[StructureGuess]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._lowest: dict[str, float] = {}
        self._drafts: list[Draft | _Unbuilt] = []
        self._plane = self._lowered_plane()

    def look_at(self, formulas: Sequence[str], depth: float) -> None:
        """Try small prototypes of formulas: the commonest, and all if one comes near the plane."""
        for formula in formulas:
            if self._above_plane(formula, self._mixed(formula)) <= depth:
                self._probe(formula)
        self._relax_promising()
        self._draft_all(formulas, self.settings.reach, self.settings.max_sites)

    def look_at_large(self, formulas: Sequence[str], reach: float) -> None:
        """Try large prototypes of formulas that came near the plane without them."""
        self._draft_all(formulas, reach, self.settings.max_common_sites)

    def _draft_all(self, formulas: Sequence[str], reach: float, max_sites: int) -> None:
        for formula in formulas:
            if self._above_plane(formula, self._lowest.get(formula, math.inf)) <= reach:
                guesses = self._likely(formula)
                sizes = [len(guess.structure) for guess in guesses]
                largest = max(max_sites, min(sizes, default=0))
                self._draft(
                    formula, [g for g, size in zip(guesses, sizes, strict=True) if size <= largest]
                )
        self._relax_promising()

    def _probe(self, formula: str) -> None:
        """The commonest prototypes, from what is at hand if it is."""
        if formula in self._lowest:
            return
        if not (known := self.means.outlooks(formula)):
            self._draft(formula, probes(self._likely(formula), self.settings))
            return
        self._seen |= {(formula, label) for label in known}
        self.tried += len(known)
        self._drafts += [
            _Unbuilt(o.energy_per_atom, o.gain, formula, label) for label, o in known.items()
        ]
        self._lowest[formula] = min(o.expected for o in known.values())

    def _draft(self, formula: str, guesses: Sequence[StructureGuess]) -> None:
        """Evaluate those guesses that were not evaluated before."""
        new = [guess for guess in guesses if (formula, guess.label) not in self._seen]
        self._seen |= {(formula, guess.label) for guess in new}
        drafts, failures = self.means.drafted(new) if new else ([], {})
        self.failures.update(failures)
        self.tried += len(new)
        self._drafts += drafts
        lowest = [self._lowest.get(formula, math.inf), *(d.expected for d in drafts)]
        self._lowest[formula] = min(lowest)

    def _likely(self, formula: str) -> list[StructureGuess]:
        if formula not in self._guesses:
            self._guesses[formula] = prototypes(formula, self.settings)
        return self._guesses[formula]

    def _built(self, draft: Draft | _Unbuilt) -> Draft | None:
        """The draft with its crystal; None if the library does not have that prototype any more."""
        if isinstance(draft, Draft):
            return draft
        guesses = [g for g in self._likely(draft.formula) if g.label == draft.label]
        return Draft(draft.energy_per_atom, draft.gain, guesses[0]) if guesses else None

    def _relax_promising(self) -> None:
        """Relax what could end below the plane, and turn the plane down to it."""
        while hopeful := [draft for draft in self._drafts if self._is_hopeful(draft)]:
            draft = min(hopeful, key=lambda d: self._above_plane(_formula(d), d.expected))
            self._drafts = [other for other in self._drafts if other is not draft]
            if (built := self._built(draft)) is None:
                self.failures["unknown_prototype"] += 1
            else:
                self._relax(built, _formula(draft))

    def _is_hopeful(self, draft: Draft | _Unbuilt) -> bool:
        level = self._level(_formula(draft))
        return draft.lowest <= level and draft.expected <= level + _MARGIN

    def _relax(self, draft: Draft, formula: str) -> None:
        try:
            relaxed = self.means.relaxed(draft, self._level(formula))
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
            if (reason := reason_of(error)) != "too_high":
                self.failures[reason] += 1
            return
        self.failures.update(relaxed.failures)
        for phase in relaxed.phases:
            self.found.append(phase)
            self._lowest[formula] = min(self._lowest[formula], phase.energy_per_atom)
        self._plane = self._lowered_plane()

    def _mixed(self, formula: str) -> float:
        """Energy of a mixture of all that is known of the system of a formula, eV/atom."""
        return lowest_mixture(Composition(formula), [*self._below, *self.found])[0]

    def _above_plane(self, formula: str, energy: float) -> float:
        return energy - self._level(formula)

    def _level(self, formula: str) -> float:
        """Energy of the plane at a formula, eV/atom."""
        amounts = Composition(formula).fractional_composition.get_el_amt_dict()
        return sum(self._plane[symbol] * amount for symbol, amount in amounts.items())

    def _lowered_plane(self) -> dict[str, float]:
        own = self._asked.reduced_formula
        phases = [p for p in (*self._below, *self.found) if p.formula != own]
        return chemical_potentials(self._asked, phases)


def _formula(draft: Draft | _Unbuilt) -> str:
    if isinstance(draft, _Unbuilt):
        return draft.formula
    return str(draft.guess.structure.composition.reduced_formula)


def _reduced(formula: str) -> str:
    return str(Composition(formula).reduced_formula)
