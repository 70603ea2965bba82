"""From a formula and a crystal system to crystals worth relaxing."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from elatbot_flows.crystals.geometry import OVERLAP, minimum_distance_ratio
from elatbot_flows.crystals.guess import StructureGuess, without_duplicates
from elatbot_flows.crystals.materials_project import find_api_key, search_summary, substituted
from elatbot_flows.crystals.prototypes import decorate, suitable_templates
from elatbot_flows.crystals.question import Question
from elatbot_flows.crystals.random_crystals import random_crystals
from elatbot_flows.crystals.ranking import SOURCE as LEARNED
from elatbot_flows.crystals.ranking import likely_guesses
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elatbot_flows.crystals.materials_project import Search
    from elatbot_flows.crystals.prototypes import Template

__all__ = ["PROTOTYPE_SOURCES", "SOURCES", "build_structures"]

PROTOTYPE_SOURCES = ("aflow", "intermetallics")
UNRANKED = (*PROTOTYPE_SOURCES, "materials_project", "random")
"""Where crystals come from, without the types that were learned."""
SOURCES = (LEARNED, *UNRANKED)
"""Where crystals come from."""
_RESIZED = 0.5
"""Relative difference in volume within which crystals relax into the same one."""
_BESIDE = 2
"""Prototypes beside so many learned types that none would fit in."""


def build_structures(
    formula: str,
    crystal_system: str,
    *,
    max_sites: int = 16,
    seed: int = 0,
    sources: tuple[str, ...] = UNRANKED,
    max_guesses: int = 24,
    max_likely: int = 8,
    n_random: int = 6,
    other_systems: int | None = None,
    mp_api_key: str | None = None,
    search: Search | None = None,
) -> list[StructureGuess]:
    """Ordered, unrelaxed crystals that `formula` may stand for, best guess first.

    Types that were learned, where they are asked for and enough was learned, come first, the most
    probable before the others; with more than two elements prototypes stand beside them, at most as
    many as they leave of `max_likely`, or two. Substituted materials follow. Else crystals of the
    crystal system asked for come before all others; within it prototypes, then substituted
    materials, then random crystals. Prototypes of other systems come last. All are primitive cells,
    scaled to a predicted volume, without overlapping atoms and without duplicates. Equal arguments
    give equal crystals.

    Parameters
    ----------
    formula
        Such as ``"Ni3Al"``; reduced first.
    crystal_system
        One of `CRYSTAL_SYSTEMS`, in any case.
    max_sites
        Largest number of atoms in the primitive cell.
    seed
        Of the random crystals.
    sources
        Which of `SOURCES` to ask; by default all but the types that were learned.
    max_guesses
        Largest number of crystals returned. If there are more, prototypes are cut before
        substituted and random crystals.
    max_likely
        Largest number of crystals in types that were learned.
    n_random
        Number of random crystals tried for; those that repeat another guess are dropped.
    other_systems
        Prototypes of other crystal systems to add: that many, or, if None, only where there is
        none of the system asked for.
    mp_api_key
        Key for the Materials Project; the environment variable ``MP_API_KEY`` if not given.
    search
        Other means of looking known materials up, instead of the Materials Project.

    Raises
    ------
    StructureError
        If the question makes no sense or no source has an answer; ``reason`` says which:
        ``unparsable_formula``, ``unknown_crystal_system``, ``unknown_source``,
        ``too_many_sites``, ``unknown_element_size`` or ``no_structure``.

    Examples
    --------
    >>> build_structures("Ni3Al", "Cubic", sources=("aflow",))[0].label
    'AB3_cP4_221_a_c (L1_2) [Au=Al Cu=Ni]'
    """
    question = Question.read(formula, crystal_system, max_sites)
    _check_sources(sources)
    likely: list[StructureGuess] = []
    most = min(max_likely, max_guesses)
    if LEARNED in sources:
        likely = likely_guesses(question, most)
    why_not: list[str] = []
    others: list[StructureGuess] = []
    if "materials_project" in sources:
        others += _from_known_materials(
            question, search or _default_search(mp_api_key, why_not), why_not
        )
    if likely:
        if len(question.composition) > 2:
            likely += _beside(likely, question, sources, most, other_systems)
        return [*likely, *without_duplicates(others, besides=likely)][:max_guesses]
    if "random" in sources and n_random > 0:
        others += _from_chance(question, seed, n_random, why_not)
    guesses = _unranked(question, sources, others, max_guesses, other_systems, why_not)
    if not guesses:
        raise StructureError(
            f"no crystal for {formula} ({question.crystal_system}, at most {max_sites} sites): "
            f"{'; '.join(why_not) or 'atoms overlap in all prototypes'}. "
            "Raise max_sites, add a source or ask for another crystal system."
        )
    return guesses


def _beside(
    likely: list[StructureGuess],
    question: Question,
    sources: tuple[str, ...],
    most: int,
    other_systems: int | None,
) -> list[StructureGuess]:
    """Of the first prototypes those that are none of the learned types: `most` with these, or two.

    Fewer where learned types are among the first prototypes.
    """
    wanted = max(most - len(likely), _BESIDE)
    others = _unranked(question, sources, [], len(likely) + wanted, other_systems, [])
    return without_duplicates(others, besides=likely, volume_tolerance=_RESIZED)[:wanted]


def _unranked(
    question: Question,
    sources: tuple[str, ...],
    others: list[StructureGuess],
    most: int,
    other_systems: int | None,
    why_not: list[str],
) -> list[StructureGuess]:
    """Prototypes of the crystal system, `others`, and prototypes of other systems."""
    templates = _templates(question, sources, why_not)
    right = [t for t in templates if t.crystal_system == question.crystal_system]
    guesses = _joined(_decorated(right, question), without_duplicates(others), most)
    wrong = [t for t in templates if t.crystal_system != question.crystal_system]
    if other_systems is None:
        found = any(guess.source in PROTOTYPE_SOURCES for guess in guesses)
        other_systems = 0 if found else most - len(guesses)
    instead = f", instead of {question.crystal_system}"
    strangers = [
        replace(guess, label=guess.label + instead)
        for guess in islice(_decorated(wrong, question), other_systems)
    ]
    return [*guesses[: most - len(strangers)], *strangers]


def _templates(question: Question, sources: tuple[str, ...], why_not: list[str]) -> list[Template]:
    """Prototypes of this formula type, the best first."""
    found = [t for t in suitable_templates(question) if t.source in sources]
    for source in PROTOTYPE_SOURCES:
        systems = {t.crystal_system for t in found if t.source == source}
        if source in sources and question.crystal_system not in systems:
            others = f" (there are {', '.join(sorted(systems))} ones)" if systems else ""
            why_not.append(
                f"{source}: no {question.crystal_system} prototype of formula type "
                f"{question.formula_type} with so few sites{others}"
            )
    return found


def _decorated(templates: list[Template], question: Question) -> Iterator[StructureGuess]:
    """Crystals on `templates` whose atoms do not overlap."""
    for template in templates:
        guess = decorate(template, question.composition)
        if minimum_distance_ratio(guess.structure) >= OVERLAP:
            yield guess


def _joined(
    known: Iterator[StructureGuess], others: list[StructureGuess], most: int
) -> list[StructureGuess]:
    """Prototypes and then those `others` that differ from them, `most` altogether."""
    guesses = list(islice(known, most))
    others = without_duplicates(others, besides=guesses)[:most]
    return [*guesses[: most - len(others)], *others]


def _from_known_materials(
    question: Question, search: Search | None, why_not: list[str]
) -> list[StructureGuess]:
    if search is None:
        return []
    found = [
        guess
        for guess in substituted(question, search=search)
        if minimum_distance_ratio(guess.structure) >= OVERLAP
    ]
    if not found:
        why_not.append(
            f"materials_project: no {question.crystal_system} material of formula type "
            f"{question.formula_type} to substitute in"
        )
    return found


def _default_search(mp_api_key: str | None, why_not: list[str]) -> Search | None:
    """Make a search of the Materials Project if there is a key for it."""
    key = find_api_key(mp_api_key)
    if key is None:
        why_not.append("materials_project: skipped, no key (set MP_API_KEY)")
        return None
    return search_summary(key)


def _from_chance(
    question: Question, seed: int, count: int, why_not: list[str]
) -> list[StructureGuess]:
    found = random_crystals(question, seed=seed, count=count)
    if not found:
        why_not.append(
            f"random: no {question.crystal_system} space group held the atoms without overlap"
        )
    return found


def _check_sources(sources: tuple[str, ...]) -> None:
    unknown = [source for source in sources if source not in SOURCES]
    if unknown:
        raise StructureError(
            f"{', '.join(unknown)}: no such source of crystals; choose from {', '.join(SOURCES)}",
            "unknown_source",
        )
