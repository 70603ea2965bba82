"""Random crystals of a given crystal system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Composition

from elatbot_flows.structures.geometry import (
    OVERLAP,
    atomic_radius,
    elemental_volume,
    minimum_distance_ratio,
    scaled_to_predicted_volume,
)
from elatbot_flows.structures.guess import StructureGuess, describe_symmetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

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


@dataclass(frozen=True)
class _Trial:
    """One attempt: a space group, a number of formula units and the seed of its generator."""

    spacegroup: int
    amounts: tuple[int, ...]
    seed: tuple[int, ...]


def random_crystals(
    composition: Composition,
    crystal_system: str,
    *,
    max_sites: int,
    seed: int,
    count: int = 6,
    max_trials: int = 40,
) -> list[StructureGuess]:
    """Random crystals of `composition`, space groups of high symmetry first.

    Made with PyXtal (Fredericks et al., Comput. Phys. Commun. 261, 107810 (2021)), scaled to their
    predicted volumes. Equal arguments give equal crystals.

    Parameters
    ----------
    composition
        A reduced formula.
    crystal_system
        One of the seven, capitalised; every crystal returned has it.
    max_sites
        Largest number of atoms in the primitive cell.
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
    symbols = [element.symbol for element in composition]
    for number, trial in enumerate(_trials(composition, crystal_system, max_sites, seed)):
        if len(found) == count or number == max_trials:
            break
        structure = _attempt(trial, symbols)
        if structure is None or len(structure) > max_sites:
            continue
        spacegroup, system = describe_symmetry(structure)
        if system == crystal_system:
            label = f"space group {spacegroup}, seed {seed}, trial {number}"
            found.append(StructureGuess(structure, "random", label, system, spacegroup))
    return found


def _trials(
    composition: Composition, crystal_system: str, max_sites: int, seed: int
) -> Iterator[_Trial]:
    """Attempts in order: every compatible space group once, then again with other random numbers."""
    first, last = SPACEGROUPS[crystal_system]
    unit = tuple(int(amount) for amount in composition.values())
    cells = [
        tuple(z * amount for amount in unit) for z in range(1, max_sites // sum(unit) + 1)
    ][:4]
    for repeat in range(4):
        for amounts in cells:
            for spacegroup in range(last, first - 1, -1):
                if _compatible(spacegroup, amounts):
                    yield _Trial(spacegroup, amounts, (seed, spacegroup, sum(amounts), repeat))


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
    from pyxtal import pyxtal
    from pyxtal.lattice import Lattice

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
            lattice=Lattice(group.lattice_type, volume, random_state=generator),
            tm=_tolerances(tuple(symbols)),
            max_count=1,
            random_state=generator,
        )
    except RuntimeError:  # no placement without overlap in the attempts PyXtal allows itself
        return None
    primitive = crystal.to_pymatgen().get_primitive_structure()
    structure = scaled_to_predicted_volume(primitive)
    return structure if minimum_distance_ratio(structure) >= OVERLAP else None


@lru_cache(maxsize=64)
def _tolerances(symbols: tuple[str, ...]) -> Any:
    """Smallest distances (A) between the elements for PyXtal."""
    from pyxtal.tolerance import Tol_matrix

    pairs = (
        (a, b, PLACING_TOLERANCE * (atomic_radius(a) + atomic_radius(b)))
        for a, b in combinations_with_replacement(symbols, 2)
    )
    return Tol_matrix(*pairs)
