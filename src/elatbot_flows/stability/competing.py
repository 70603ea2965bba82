"""All phases a crystal competes with, and what could not be had."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from pymatgen.core import Composition

from elatbot_flows.crystals.drafts import Draft, Outlook, drafted, reason_of
from elatbot_flows.errors import StructureError
from elatbot_flows.stability.elements import GASES, element_survey
from elatbot_flows.stability.focus import focused_survey
from elatbot_flows.stability.large_types import untried_types
from elatbot_flows.stability.phases import Survey, relaxed_phase, survey
from elatbot_flows.stability.systems import (
    SIMPLEST,
    probes,
    prototypes,
    simple_formulas,
    system_survey,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from elatbot_flows.crystals import StructureGuess
    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.cache import PhaseCache
    from elatbot_flows.stability.known import KnownCrystal, PhaseSource
    from elatbot_flows.stability.phases import Phase
    from elatbot_flows.stability.settings import HullSettings

__all__ = ["Means", "competing_phases"]


@dataclass(frozen=True)
class Means:
    """What phases are found with.

    Parameters
    ----------
    potential, settings
        How phases are relaxed.
    cache
        What has been relaxed before.
    """

    potential: Potential
    settings: HullSettings
    cache: PhaseCache

    def element(self, symbol: str) -> Survey:
        """The lowest crystal of an element."""
        return self.cache.survey(
            self.potential,
            self.settings,
            ("elements", symbol),
            lambda: element_survey(symbol, self.potential, self.settings),
        )

    def system(self, symbols: tuple[str, ...]) -> Survey:
        """All prototypes of exactly these elements, sorted, that may lie on their hull."""

        def make() -> Survey:
            # Elements and pairs alone, whatever else is known: so the answer is always the same.
            parts = [self.element(symbol) for symbol in symbols]
            parts += [self.system(pair) for pair in combinations(symbols, 2) if pair != symbols]
            below = [phase for part in parts for phase in part.phases]
            return system_survey(simple_formulas(symbols), below, self.potential, self.settings)

        question = ("systems", "-".join(symbols))
        return self.cache.survey(self.potential, self.settings, question, make)

    def around(
        self,
        formula: str,
        systems: Sequence[tuple[str, ...]],
        formulas: Sequence[str],
        below: Sequence[Phase],
    ) -> Survey:
        """Prototypes that a formula may decompose into; see `focused_survey`."""
        return focused_survey(Composition(formula), systems, formulas, below, self)

    def drafted(self, guesses: Sequence[StructureGuess]) -> tuple[list[Draft], dict[str, int]]:
        """Prototypes of one formula as they are, and why some could not be evaluated."""
        fresh: dict[str, Draft] = {}

        def make() -> Survey:
            failures: Counter[str] = Counter()

            def failed(error: Exception) -> None:
                failures[reason_of(error)] += 1

            for draft in drafted(guesses, self.potential, failed):
                fresh[draft.guess.label] = draft
            numbers = {name: (d.energy_per_atom, d.gain) for name, d in fresh.items()}
            return Survey((), len(guesses), dict(failures), numbers)

        found = self._asked("drafts", guesses, make)
        known = [guess for guess in guesses if guess.label in found.drafts]
        drafts = [fresh.get(g.label) or Draft(*found.drafts[g.label], g) for g in known]
        return drafts, found.failures

    def probes(self, pair: tuple[str, ...]) -> Survey:
        """Energies of the commonest prototypes of the simplest formulas of a pair, as built."""

        def make() -> Survey:
            failures: Counter[str] = Counter()

            def failed(error: Exception) -> None:
                failures[reason_of(error)] += 1

            every = [prototypes(f, self.settings) for f in simple_formulas(pair)[:SIMPLEST]]
            chosen = [guess for guesses in every for guess in probes(guesses, self.settings)]
            drafts = drafted(chosen, self.potential, failed) if chosen else []
            numbers = {
                _named(d.guess): (round(d.energy_per_atom, 4), round(d.gain, 4)) for d in drafts
            }
            return Survey((), len(chosen), dict(failures), numbers)

        question = ("probes", "-".join(pair))
        return self.cache.survey(self.potential, self.settings, question, make)

    def outlooks(self, formula: str) -> dict[str, Outlook]:
        """What is known of the commonest prototypes of a formula without evaluating, by label."""
        pair = tuple(sorted(element.symbol for element in Composition(formula)))
        if len(pair) != 2 or not self.keeps("probes", "-".join(pair)):
            return {}
        named = [(name.partition(" "), n) for name, n in self.probes(pair).drafts.items()]
        return {label: Outlook(*numbers) for (own, _, label), numbers in named if own == formula}

    def relaxed(self, draft: Draft, highest: float) -> Survey:
        """A relaxed draft, or why there is none; given up where it ends above an energy."""
        structure, label = draft.guess.structure, draft.guess.label

        def make() -> Survey:
            try:
                phase = relaxed_phase(
                    structure,
                    self.potential,
                    self.settings,
                    "prototypes",
                    label,
                    highest=highest,
                    start=draft.point,
                )
            except StructureError as error:
                if error.reason == "too_high":
                    raise
                return Survey((), 1, {error.reason: 1})
            return Survey((phase,), 1)

        found = self._asked("relaxed", [draft.guess], make)
        if any(phase.energy_per_atom > highest for phase in found.phases):
            raise StructureError("it ends too high to matter", "too_high")
        return found

    def known(self, crystal: KnownCrystal) -> Survey:
        """A known crystal, relaxed."""
        content = json.dumps(crystal.structure.as_dict(), sort_keys=True, default=str)
        question = (crystal.source, hashlib.sha256(content.encode()).hexdigest()[:20])
        given = [(crystal.label, crystal.structure)]
        return self.cache.survey(
            self.potential,
            self.settings,
            question,
            lambda: survey(given, self.potential, self.settings, source=crystal.source, most=1),
        )

    def _asked(
        self, source: str, guesses: Sequence[StructureGuess], make: Callable[[], Survey]
    ) -> Survey:
        """The survey kept of some prototypes."""
        names = [_named(guess) for guess in guesses]
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:20]
        return self.cache.survey(self.potential, self.settings, (source, digest), make)

    def keeps(self, source: str, name: str) -> bool:
        """Whether the answer to a question is at hand."""
        return self.cache.keeps(self.potential, self.settings, (source, name))


def competing_phases(
    formula: str,
    elements: tuple[str, ...],
    means: Means,
    sources: Sequence[PhaseSource],
    phases: Sequence[Phase],
) -> tuple[list[Phase], list[str]]:
    """Phases of a chemical system, and what is missing, in words.

    Parameters
    ----------
    formula
        Reduced formula of the crystal asked about.
    elements
        Its elements, sorted.
    means
        What phases are found with.
    sources
        Sources of known crystals, relaxed anew.
    phases
        Phases with energies of the same potential. If some have the formula of the crystal, no
        prototypes of that formula are tried besides.

    Raises
    ------
    StructureError
        With the reason ``source_failed`` if a source of known crystals does not answer: a hull
        without what was asked for would be another hull.
    """
    within = [phase for phase in phases if _elements(phase) <= set(elements)]
    explored = any(phase.formula == formula for phase in within)
    found = [(f"elements: {symbol}", means.element(symbol)) for symbol in elements]
    for source in sources:
        found += [
            (f"{known.source}: {known.label}", means.known(known))
            for known in _asked(source, elements)
        ]
    if means.settings.prototypes and len(elements) > 1:
        systems = _systems(elements, means.settings)
        kept = [part for part in systems if means.keeps("systems", "-".join(part))]
        found += [(f"prototypes: {'-'.join(part)}", means.system(part)) for part in kept]
        explored = explored or any(formula in map(_reduced, simple_formulas(p)) for p in kept)
        rest = [part for part in systems if part not in kept]
        if rest or not explored:
            below = [*within, *(phase for _, part in found for phase in part.phases)]
            formulas = [] if explored else [formula]
            found.append(("prototypes", means.around(formula, rest, formulas, below)))
    remarks = [*_remarks(found), *_gases(elements)]
    if means.settings.prototypes:
        remarks += untried_types(formula, elements)
    return [*within, *(phase for _, part in found for phase in part.phases)], remarks


def _systems(elements: tuple[str, ...], settings: HullSettings) -> list[tuple[str, ...]]:
    """Systems within some elements that have simple formulas."""
    orders = range(2, min(settings.largest_order, len(elements)) + 1)
    systems = [part for order in orders for part in combinations(elements, order)]
    return [part for part in systems if simple_formulas(part)]


def _named(guess: StructureGuess) -> str:
    return f"{guess.structure.composition.reduced_formula} {guess.label}"


def _reduced(formula: str) -> str:
    return str(Composition(formula).reduced_formula)


def _elements(phase: Phase) -> set[str]:
    return {element.symbol for element in Composition(phase.formula).elements}


def _asked(source: PhaseSource, elements: tuple[str, ...]) -> Iterator[KnownCrystal]:
    try:
        yield from source(elements)
    except Exception as error:
        message = f"a source of known crystals failed ({error}); repair it or leave it out"
        raise StructureError(message, "source_failed") from error


def _remarks(found: list[tuple[str, Survey]]) -> list[str]:
    """What was tried and is not among the phases."""
    remarks = []
    for name, kept in found:
        if kept.failures:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(kept.failures.items()))
            remarks.append(f"{name}: given up {reasons} of {kept.tried}")
        elif not kept.tried:
            remarks.append(f"{name}: none small enough")
    return remarks


def _gases(elements: Sequence[str]) -> list[str]:
    return [
        f"elements: a molecular crystal stands in for gaseous {symbol}2"
        for symbol in elements
        if symbol in GASES
    ]
