"""Random crystals of a given crystal system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.crystals.geometry import (
    OVERLAP,
    atomic_radius,
    elemental_volume,
    minimum_distance_ratio,
    scaled_to_predicted_volume,
)
from elatbot_flows.crystals.guess import StructureGuess, describe_symmetry, without_duplicates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core.structure import Structure

    from elatbot_flows.crystals.question import Question

__all__ = ["SPACEGROUPS", "random_crystals"]

SPACEGROUPS = {
    "Triclinic": (1, 2),
    "Monoclinic": (3, 15),
    "Orthorhombic": (16, 74),
    "Tetragonal": (75, 142),
    "Trigonal": (143, 167),
    "Hexagonal": (168, 194),
    "Cubic": (195, 230),
}
"""First and last space-group number of each crystal system."""

PLACING_TOLERANCE = 0.7
"""Smallest distance while atoms are placed, in sums of atomic radii."""

MOST_FORMULA_UNITS = 4
"""Formula units per primitive cell."""

REPEATS = 4
"""Attempts per space group and number of formula units, `max_trials` permitting."""

LATTICE_SHAPES = 1
"""Random shapes of the cell per attempt."""


@dataclass(frozen=True)
class _Trial:
    """One attempt: a space group, a number of formula units and the seed of its generator."""

    spacegroup: int
    amounts: tuple[int, ...]
    seed: tuple[int, ...]


def random_crystals(
    question: Question, *, seed: int, count: int = 6, max_trials: int = 24
) -> list[StructureGuess]:
    """Random crystals of the formula and crystal system asked for, high symmetry first.

    Made with PyXtal (Fredericks et al., Comput. Phys. Commun. 261, 107810 (2021)), scaled to their
    predicted volumes. Equal arguments give equal crystals.

    Parameters
    ----------
    question
        What is wanted; every crystal returned has its crystal system.
    seed
        Of all random numbers.
    count
        How many crystals are wanted.
    max_trials
        Attempts to place atoms after which the search ends, whatever was found.

    Returns
    -------
    list of StructureGuess
        At most `count`; empty if no attempt succeeded.
    """
    found: list[StructureGuess] = []
    symbols = [element.symbol for element in question.composition]
    trials = islice(_trials(question, seed), max_trials)
    for number, trial in enumerate(trials):
        structure = _attempt(trial, symbols)
        if structure is None or len(structure) > question.max_sites:
            continue
        spacegroup, system = describe_symmetry(structure)
        if system == question.crystal_system:
            label = f"space group {spacegroup}, seed {seed}, trial {number}"
            guess = StructureGuess(structure, "random", label, system, spacegroup)
            found = without_duplicates([*found, guess])
        if len(found) == count:
            break
    return found


def _trials(question: Question, seed: int) -> Iterator[_Trial]:
    """List attempts: every compatible space group once, then again with other random numbers."""
    first, last = SPACEGROUPS[question.crystal_system]
    unit = [int(amount) for amount in question.composition.values()]
    most_units = min(MOST_FORMULA_UNITS, question.max_sites // sum(unit))
    for repeat in range(REPEATS):
        for units in range(1, most_units + 1):
            amounts = tuple(units * amount for amount in unit)
            for spacegroup in range(last, first - 1, -1):
                if _compatible(spacegroup, amounts):
                    yield _Trial(spacegroup, amounts, (seed, spacegroup, units, repeat))


@lru_cache(maxsize=230)
def _group(spacegroup: int) -> Any:
    from pyxtal.symmetry import Group

    return Group(spacegroup)


@lru_cache(maxsize=8192)
def _compatible(spacegroup: int, amounts: tuple[int, ...]) -> bool:
    """Whether Wyckoff positions of `spacegroup` can hold `amounts` atoms per primitive cell."""
    group = _group(spacegroup)
    return bool(group.check_compatible(np.array(amounts) * group.cellsize())[0])


def _attempt(trial: _Trial, symbols: list[str]) -> Structure | None:
    """One crystal with random lattice and free coordinates, or None if its atoms overlap."""
    from pymatgen.core.composition import Composition
    from pyxtal import operations, pyxtal

    # For each position it asks for distances of all elements anew, which takes half of all time,
    # and never looks at them.
    operations.Tol_matrix = _usual_tolerances
    group = _group(trial.spacegroup)
    contents = dict(zip(symbols, trial.amounts, strict=True))
    volume = elemental_volume(Composition(contents)) * group.cellsize()
    generator = np.random.default_rng(trial.seed)
    crystal = pyxtal()
    try:
        crystal.from_random(
            dim=3,
            group=group,
            species=symbols,
            numIons=list(trial.amounts),
            conventional=False,
            lattice=_lattice(group.lattice_type, volume, generator),
            tm=_tolerances(tuple(symbols)),
            max_count=1,
            random_state=generator,
        )
    except RuntimeError:  # no placement without overlap in the attempts allowed
        return None
    primitive = crystal.to_pymatgen().get_primitive_structure()
    structure = scaled_to_predicted_volume(primitive)
    return structure if minimum_distance_ratio(structure) >= OVERLAP else None


def _lattice(kind: str, volume: float, generator: np.random.Generator) -> Any:
    """Make a random lattice that gives up after `LATTICE_SHAPES` shapes.

    PyXtal tries 40 shapes on its own, which takes seconds where no placement exists.
    """
    from pyxtal.lattice import Lattice

    class ImpatientLattice(Lattice):  # type: ignore[misc]
        shapes = 0

        def reset_matrix(self) -> None:
            self.shapes += 1
            if self.shapes > LATTICE_SHAPES:
                raise RuntimeError("no placement without overlap")
            super().reset_matrix()

    return ImpatientLattice(kind, volume, random_state=generator)


@lru_cache(maxsize=4)
def _usual_tolerances(prototype: str) -> Any:
    from pyxtal.tolerance import Tol_matrix

    return Tol_matrix(prototype=prototype)


@lru_cache(maxsize=64)
def _tolerances(symbols: tuple[str, ...]) -> Any:
    """Smallest distances (A) between the elements for PyXtal."""
    from pyxtal.tolerance import Tol_matrix

    pairs = (
        (a, b, PLACING_TOLERANCE * (atomic_radius(a) + atomic_radius(b)))
        for a, b in combinations_with_replacement(symbols, 2)
    )
    return Tol_matrix(*pairs)
