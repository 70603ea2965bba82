"""All phases a crystal competes with, and what could not be had."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from elatbot_flows.errors import StructureError
from elatbot_flows.stability.elements import GASES, element_survey
from elatbot_flows.stability.phases import Survey, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.cache import PhaseCache
    from elatbot_flows.stability.known import KnownCrystal, PhaseSource
    from elatbot_flows.stability.phases import Phase
    from elatbot_flows.stability.settings import HullSettings

__all__ = ["competing_phases", "simple_formulas"]

_AMOUNTS = {2: ((1, 1), (1, 2), (1, 3)), 3: ((1, 1, 1), (1, 1, 2))}
"""Stoichiometries of binary and ternary prototypes, in every order."""


def simple_formulas(elements: Sequence[str], largest_order: int) -> list[str]:
    """Formulas AB, AB2, A2B, AB3, A3B of every pair, ABC and A2BC of every triple of elements.

    Parameters
    ----------
    elements
        Chemical symbols.
    largest_order
        Most elements in a formula.

    Examples
    --------
    >>> simple_formulas(["Ni", "Al"], 2)
    ['AlNi', 'Al2Ni', 'AlNi2', 'Al3Ni', 'AlNi3']
    """
    formulas = []
    for order in range(2, min(largest_order, len(elements)) + 1):
        for symbols in combinations(sorted(elements), order):
            for amounts in _AMOUNTS.get(order, ()):
                arranged = sorted(set(permutations(amounts)), reverse=True)
                formulas += [_written(symbols, numbers) for numbers in arranged]
    return formulas


def _written(symbols: Sequence[str], amounts: Sequence[int]) -> str:
    pairs = zip(symbols, amounts, strict=True)
    return "".join(symbol if n == 1 else f"{symbol}{n}" for symbol, n in pairs)


def competing_phases(
    formula: str,
    elements: tuple[str, ...],
    potential: Potential,
    settings: HullSettings,
    sources: Sequence[PhaseSource],
    cache: PhaseCache,
) -> tuple[list[Phase], list[str]]:
    """Phases of a chemical system, and what is missing, in words.

    Parameters
    ----------
    formula
        Reduced formula of the crystal asked about.
    elements
        Its elements, sorted.
    potential, settings
        How phases are relaxed.
    sources
        Sources of known crystals.
    cache
        What has been relaxed before.

    Raises
    ------
    StructureError
        With the reason ``source_failed`` if a source of known crystals does not answer: a hull
        without what was asked for would be another hull.
    """

    def kept(source: str, name: str, make: Callable[..., Survey]) -> tuple[str, Survey]:
        found = cache.survey(
            potential, settings, (source, name), lambda: make(name, potential, settings)
        )
        return f"{source}: {name}", found

    found = [kept("elements", symbol, element_survey) for symbol in elements]
    if settings.prototypes and len(elements) > 1:
        formulas = _with_own(simple_formulas(elements, settings.largest_order), formula)
        found += [kept("prototypes", written, _prototypes) for written in formulas]
    for source in sources:
        found += [
            (f"{known.source}: {known.label}", _known(known, potential, settings, cache))
            for known in _asked(source, elements)
        ]
    phases = [phase for _, part in found for phase in part.phases]
    return phases, [*_remarks(found), *_gases(elements)]


def _with_own(formulas: list[str], own: str) -> list[str]:
    """`formulas` and the formula of the crystal itself, once each."""
    from pymatgen.core import Composition

    wanted = Composition(own)
    known = any(Composition(formula) == wanted for formula in formulas)
    return formulas if known else [*formulas, own]


def _prototypes(formula: str, potential: Potential, settings: HullSettings) -> Survey:
    from elatbot_flows.crystals import build_structures
    from elatbot_flows.crystals.build import PROTOTYPE_SOURCES

    guesses = []
    # More atoms in the formula than in the largest cell, or no prototype: nothing to relax.
    with suppress(StructureError):
        guesses = build_structures(
            formula,
            "Cubic",
            sources=PROTOTYPE_SOURCES,
            max_sites=settings.max_sites,
            max_guesses=settings.max_guesses,
            other_systems=2 * settings.max_guesses // 3,
        )
    crystals = [(guess.label, guess.structure) for guess in guesses]
    return survey(crystals, potential, settings, source="prototypes", most=settings.max_relaxed)


def _asked(source: PhaseSource, elements: tuple[str, ...]) -> Iterator[KnownCrystal]:
    try:
        yield from source(elements)
    except Exception as error:
        message = f"a source of known crystals failed ({error}); repair it or leave it out"
        raise StructureError(message, "source_failed") from error


def _known(
    crystal: KnownCrystal, potential: Potential, settings: HullSettings, cache: PhaseCache
) -> Survey:
    structure = crystal.structure
    content = json.dumps(structure.as_dict(), sort_keys=True, default=str)
    name = (crystal.source, hashlib.sha256(content.encode()).hexdigest()[:20])

    def make() -> Survey:
        given = [(crystal.label, structure)]
        return survey(given, potential, settings, source=crystal.source, most=1)

    return cache.survey(potential, settings, name, make)


def _remarks(found: list[tuple[str, Survey]]) -> list[str]:
    """What was tried and is not among the phases."""
    remarks = []
    for name, kept in found:
        if kept.failures:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(kept.failures.items()))
            remarks.append(f"{name}: given up {reasons} of {kept.tried}")
        elif not kept.phases:
            remarks.append(f"{name}: none small enough")
    return remarks


def _gases(elements: Sequence[str]) -> list[str]:
    return [
        f"elements: a molecular crystal stands in for gaseous {symbol}2"
        for symbol in elements
        if symbol in GASES
    ]
