"""Known crystal types, decorated with the elements of a formula in every inequivalent way."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, permutations
from statistics import pstdev
from typing import TYPE_CHECKING

from elatbot_flows.crystals.aflow import aflow_prototypes
from elatbot_flows.crystals.geometry import (
    OVERLAP,
    atomic_radius,
    elemental_volume,
    minimum_distance_ratio,
    scaled_to_predicted_volume,
)
from elatbot_flows.crystals.guess import StructureGuess, describe_symmetry, same_crystal
from elatbot_flows.crystals.intermetallics import COMMON_TYPES, INTERMETALLICS, common_rank
from elatbot_flows.crystals.question import Question
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from pymatgen.core.composition import Composition
    from pymatgen.core.structure import Structure

__all__ = [
    "LARGEST_PROTOTYPE",
    "Template",
    "decorate",
    "elements_by_slot",
    "likely_crystals",
    "suitable_templates",
    "templates",
]

LARGEST_PROTOTYPE = 16
"""Sites in the primitive cell above which prototypes are not indexed."""

_DECORATIONS = 3
"""Ways to decorate one type that `likely_crystals` takes."""

STAND_INS = ("Li", "Be", "B", "C", "N", "O")
"""Elements that stand for the slots of a template while templates are compared."""


@dataclass(frozen=True)
class Template:
    """A crystal type with numbered slots in place of elements.

    Parameters
    ----------
    source
        ``"aflow"`` or ``"intermetallics"``.
    label
        AFLOW label and common names.
    species
        The prototype's own element in each slot.
    lattice
        Shape (3, 3), rows are vectors of the primitive cell; the size does not matter.
    positions
        Shape (sites, 3), fractional.
    slots
        Slot of each site. Slots are numbered by increasing amount in the formula unit.
    spacegroup_number, crystal_system
        Symmetry of the decorated crystal, the same for every choice of different elements.
    rank
        Position in the list of common types of intermetallics; large if not in it.
    """

    source: str
    label: str
    species: tuple[str, ...]
    lattice: np.ndarray
    positions: np.ndarray
    slots: tuple[int, ...]
    spacegroup_number: int
    crystal_system: str
    rank: int

    def filled(self, elements: tuple[str, ...]) -> Structure:
        """Build the crystal with ``elements[slot]`` on the sites of each slot."""
        from pymatgen.core.structure import Structure

        return Structure(self.lattice, [elements[slot] for slot in self.slots], self.positions)


def suitable_templates(question: Question) -> list[Template]:
    """Templates of the formula type with few enough sites, the best first.

    The crystal system asked for comes before all others; then, if all elements are metals, the
    types common among intermetallics; then small cells; then decorations whose atoms have the same
    relative sizes as those of the type compound. Ties keep the order of the library.
    """
    elements = elements_by_slot(question.composition)

    def preference(template: Template) -> tuple[bool, int, int, float]:
        return (
            template.crystal_system != question.crystal_system,
            template.rank if question.all_metals else 0,
            len(template.slots),
            _size_mismatch(template.species, elements),
        )

    small = [t for t in templates(question.formula_type) if len(t.slots) <= question.max_sites]
    return sorted(small, key=preference)


def likely_crystals(
    formula: str, *, max_sites: int, max_common_sites: int, most: int
) -> list[StructureGuess]:
    """Decorated prototypes that a phase may have, the commonest types first.

    Metals and metalloids get types common among metals, if the formula has any; crystals of metals
    are no larger than their elements. Of a type that can be decorated in many ways, the three
    decorations are taken whose atoms have relative sizes most like those of the type compound.

    Parameters
    ----------
    formula
        Such as ``"Ni3Al"``; there is nothing if it has more atoms than `max_common_sites`.
    max_sites, max_common_sites
        Largest primitive cell; that of a type which is common among metals.
    most
        Largest number of crystals.
    """
    try:
        question = Question.read(formula, "Cubic", max_common_sites)
    except StructureError:
        return []
    found = _likely_templates(question, max_sites)
    guesses = (_dense(decorate(t, question.composition), question) for t in found)
    return list(islice((g for g in guesses if _has_room(g)), most))


def _likely_templates(question: Question, max_sites: int) -> list[Template]:
    elements = elements_by_slot(question.composition)
    every = [t for t in templates(question.formula_type) if len(t.slots) <= question.max_sites]
    metallic = all(e.is_metal or e.is_metalloid for e in question.composition)
    common = [t for t in every if metallic and t.rank < len(COMMON_TYPES)]
    found = common or [t for t in every if len(t.slots) <= max_sites]
    found.sort(key=lambda t: _size_mismatch(t.species, elements))
    taken: Counter[str] = Counter()
    kept = []
    for template in found:
        taken[template.label] += 1
        if taken[template.label] <= _DECORATIONS:
            kept.append(template)
    return sorted(kept, key=lambda t: (t.rank if metallic else 0, len(t.slots)))


def _dense(guess: StructureGuess, question: Question) -> StructureGuess:
    """The crystal of a metal, no larger than its elements: bond lengths mislead in open types."""
    volume = elemental_volume(guess.structure.composition)
    if not question.all_metals or guess.structure.volume <= volume:
        return guess
    smaller = guess.structure.copy()
    smaller.scale_lattice(volume)
    return replace(guess, structure=smaller)


def _has_room(guess: StructureGuess) -> bool:
    return minimum_distance_ratio(guess.structure) >= OVERLAP


def _size_mismatch(own: tuple[str, ...], new: tuple[str, ...]) -> float:
    """Spread of the logarithms of the radius ratios; 0 if all atoms grow alike."""
    pairs = zip(own, new, strict=True)
    ratios = [math.log(atomic_radius(b) / atomic_radius(a)) for a, b in pairs]
    return pstdev(ratios)


def decorate(template: Template, composition: Composition) -> StructureGuess:
    """Build `composition` on `template`, scaled to its predicted volume."""
    elements = elements_by_slot(composition)
    structure = scaled_to_predicted_volume(template.filled(elements))
    pairs = (f"{own}={new}" for own, new in zip(template.species, elements, strict=True))
    return StructureGuess(
        structure=structure,
        source=template.source,
        label=f"{template.label} [{' '.join(pairs)}]",
        crystal_system=template.crystal_system,
        spacegroup_number=template.spacegroup_number,
    )


def elements_by_slot(composition: Composition) -> tuple[str, ...]:
    """Symbols of the elements, the rarest in the formula first: what `Template.filled` wants."""
    order = sorted(composition.items(), key=lambda item: (item[1], item[0].symbol))
    return tuple(element.symbol for element, _ in order)


@lru_cache(maxsize=256)
def templates(anonymous_formula: str) -> tuple[Template, ...]:
    """All inequivalent decorations of the prototypes of one anonymous formula such as ``"AB3"``.

    Prototypes: those of the AFLOW library (Mehl et al., Comput. Mater. Sci. 136, S1 (2017)) that
    pymatgen ships, and the types of `INTERMETALLICS`. A decoration that is the same crystal as an
    earlier one is left out.
    """
    kept: list[Template] = []
    seen: dict[tuple[int, int], list[Structure]] = defaultdict(list)
    for source, label, structure in _prototypes_by_formula().get(anonymous_formula, ()):
        for template in _decorations(source, label, structure):
            crystal = template.filled(STAND_INS)
            earlier = seen[template.spacegroup_number, len(crystal)]
            if not any(same_crystal(crystal, other) for other in earlier):
                earlier.append(crystal)
                kept.append(template)
    return tuple(kept)


def _decorations(source: str, label: str, structure: Structure) -> Iterator[Template]:
    """Every assignment of slots to the species of a prototype that keeps the amounts."""
    amounts = structure.composition.get_el_amt_dict()
    own = sorted(amounts, key=lambda symbol: amounts[symbol])
    wanted = [amounts[symbol] for symbol in own]
    number, system = describe_symmetry(structure)
    for order in permutations(own):
        if [amounts[symbol] for symbol in order] != wanted:
            continue
        slot = {symbol: index for index, symbol in enumerate(order)}
        yield Template(
            source=source,
            label=label,
            species=order,
            lattice=structure.lattice.matrix,
            positions=structure.frac_coords,
            slots=tuple(slot[site.specie.symbol] for site in structure),
            spacegroup_number=number,
            crystal_system=system,
            rank=common_rank(label),
        )


@lru_cache(maxsize=1)
def _prototypes_by_formula() -> dict[str, list[tuple[str, str, Structure]]]:
    """Source, label and primitive cell of every small prototype, by anonymous formula."""
    index: dict[str, list[tuple[str, str, Structure]]] = defaultdict(list)
    aflow = (("aflow", label, structure) for label, structure in aflow_prototypes())
    for source, label, structure in (*aflow, *_intermetallics()):
        if len(structure) <= LARGEST_PROTOTYPE and len(structure.composition) <= len(STAND_INS):
            index[structure.composition.anonymized_formula].append((source, label, structure))
    return index


def _intermetallics() -> Iterator[tuple[str, str, Structure]]:
    for kind in INTERMETALLICS:
        yield "intermetallics", f"{kind.label} ({kind.name})", kind.primitive()
