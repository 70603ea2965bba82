"""From a formula and a crystal system to crystals worth relaxing."""

from __future__ import annotations

import math
from importlib.util import find_spec
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from elatbot_flows.errors import StructureError
from elatbot_flows.structures.geometry import OVERLAP, minimum_distance_ratio
from elatbot_flows.structures.guess import StructureGuess, without_duplicates
from elatbot_flows.structures.materials_project import find_api_key, search_summary, substituted
from elatbot_flows.structures.prototypes import decorate, preference, suitable_templates
from elatbot_flows.structures.random_crystals import random_crystals
from elatbot_flows.targets import CRYSTAL_SYSTEMS

if TYPE_CHECKING:
    from pymatgen.core import Composition

    from elatbot_flows.structures.materials_project import Search
    from elatbot_flows.structures.prototypes import Template

__all__ = ["PROTOTYPE_SOURCES", "SOURCES", "build_structures"]

PROTOTYPE_SOURCES = ("aflow", "intermetallics")
SOURCES = (*PROTOTYPE_SOURCES, "materials_project", "random")
"""Where crystals come from."""


def build_structures(
    formula: str,
    crystal_system: str,
    *,
    max_sites: int = 16,
    seed: int = 0,
    sources: tuple[str, ...] = SOURCES,
    max_guesses: int = 24,
    n_random: int = 6,
    same_system_only: bool = False,
    mp_api_key: str | None = None,
    search: Search | None = None,
) -> list[StructureGuess]:
    """Ordered, unrelaxed crystals that `formula` may stand for, best guess first.

    Crystals of the crystal system asked for come before all others; within it prototypes, then
    substituted materials, then random crystals. Prototypes of other systems are used only if
    there is none of the system asked for. All are primitive cells, scaled to a predicted volume,
    without overlapping atoms and without duplicates. Equal arguments give equal crystals.

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
        Which of `SOURCES` to ask.
    max_guesses
        Largest number of crystals returned. Prototypes beyond it are cut; up to `n_random`
        random ones and the substituted ones keep their place.
    n_random
        Number of random crystals wanted.
    same_system_only
        Never fall back to prototypes of another crystal system.
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
    composition = _parse_formula(formula, max_sites)
    system = _parse_system(crystal_system)
    _check_sources(sources)
    why_not: list[str] = []
    templates = _templates(composition, system, max_sites, sources, why_not)
    if same_system_only:
        templates = [t for t in templates if t.crystal_system == system]
    others: list[StructureGuess] = []
    if "materials_project" in sources:
        search = search or _default_search(mp_api_key, why_not)
        if search:
            others += _substituted(composition, system, max_sites, search, why_not)
    if "random" in sources and n_random > 0:
        others += _random(composition, system, max_sites, seed, n_random, why_not)
    guesses = _merge(templates, composition, system, others, max_guesses)
    if not guesses:
        raise StructureError(
            f"no crystal for {formula} ({system}, at most {max_sites} sites): {'; '.join(why_not)}. "
            "Raise max_sites, add a source or ask for another crystal system."
        )
    return guesses


def _merge(
    templates: list[Template],
    composition: Composition,
    system: str,
    others: list[StructureGuess],
    max_guesses: int,
) -> list[StructureGuess]:
    """Prototypes of the right system, then `others`, then prototypes of other systems."""
    right_system = bool(templates) and templates[0].crystal_system == system
    others = without_duplicates([g for g in others if not _overlapping(g)])[:max_guesses]
    made = (decorate(template, composition) for template in templates)
    sane = (guess for guess in made if not _overlapping(guess))
    if right_system:
        sane = takewhile(lambda guess: guess.crystal_system == system, sane)
    known = list(islice(sane, max_guesses - len(others)))
    return without_duplicates([*known, *others] if right_system else [*others, *known])


def _overlapping(guess: StructureGuess) -> bool:
    return minimum_distance_ratio(guess.structure) < OVERLAP


def _templates(
    composition: Composition,
    system: str,
    max_sites: int,
    sources: tuple[str, ...],
    why_not: list[str],
) -> list[Template]:
    """Prototypes for this formula, those of the crystal system first."""
    found: list[Template] = []
    for source in PROTOTYPE_SOURCES:
        if source in sources:
            of_source = suitable_templates(composition, system, max_sites, source)
            found += of_source
            if not of_source:
                kind = composition.anonymized_formula
                why_not.append(f"{source}: no prototype of formula type {kind} is small enough")
    return sorted(found, key=lambda t: preference(t, composition, system))


def _default_search(mp_api_key: str | None, why_not: list[str]) -> Search | None:
    """A search of the Materials Project if there is a key for it and the client is installed."""
    key = find_api_key(mp_api_key)
    if key is None:
        why_not.append("materials_project: skipped, no key (set MP_API_KEY)")
    elif find_spec("mp_api") is None:
        why_not.append('materials_project: skipped, install it with "elatbot_flows[mp]"')
    else:
        return search_summary(key)
    return None


def _substituted(
    composition: Composition, system: str, max_sites: int, search: Search, why_not: list[str]
) -> list[StructureGuess]:
    found = substituted(composition, system, max_sites=max_sites, search=search)
    if not found:
        kind = composition.anonymized_formula
        why_not.append(f"materials_project: no {system} material of formula type {kind}")
    return found


def _random(
    composition: Composition,
    system: str,
    max_sites: int,
    seed: int,
    count: int,
    why_not: list[str],
) -> list[StructureGuess]:
    found = random_crystals(composition, system, max_sites=max_sites, seed=seed, count=count)
    if not found:
        why_not.append(f"random: no {system} space group could hold the atoms without overlap")
    return found


def _parse_formula(formula: str, max_sites: int) -> Composition:
    """The reduced composition of `formula`, with whole amounts of real elements."""
    from pymatgen.core import Composition, Element

    try:
        composition = Composition(formula)
    except ValueError as error:
        raise StructureError(
            f"'{formula}' is not a formula ({error}); write it like Ni3Al", "unparsable_formula"
        ) from error
    whole = all(float(amount).is_integer() for amount in composition.values())
    if not composition or not whole or not all(isinstance(e, Element) for e in composition):
        raise StructureError(
            f"'{formula}' is not a formula of whole numbers of elements; write it like Ni3Al",
            "unparsable_formula",
        )
    divisor = math.gcd(*(int(amount) for amount in composition.values()))
    composition = Composition({e: int(n) // divisor for e, n in composition.items()})
    if composition.num_atoms > max_sites:
        raise StructureError(
            f"one formula unit of {formula} has {composition.num_atoms:g} atoms, more than "
            f"{max_sites}; raise max_sites",
            "too_many_sites",
        )
    return composition


def _parse_system(crystal_system: str) -> str:
    system = crystal_system.strip().capitalize()
    if system not in CRYSTAL_SYSTEMS:
        raise StructureError(
            f"'{crystal_system}' is not a crystal system; write one of "
            f"{', '.join(CRYSTAL_SYSTEMS)}",
            "unknown_crystal_system",
        )
    return system


def _check_sources(sources: tuple[str, ...]) -> None:
    unknown = [source for source in sources if source not in SOURCES]
    if unknown:
        raise StructureError(
            f"{', '.join(unknown)}: no such source of crystals; choose from {', '.join(SOURCES)}",
            "unknown_source",
        )
