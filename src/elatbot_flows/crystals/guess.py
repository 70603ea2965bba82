"""A crystal that might be the one a formula stands for, and how to keep one of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monty.json import MSONable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymatgen.core.structure import Structure

__all__ = ["StructureGuess", "describe_symmetry", "same_crystal", "without_duplicates"]

SYMPREC = 0.01
"""Tolerance (A) of symmetry analysis: guesses are exact up to rounding."""


@dataclass(frozen=True)
class StructureGuess(MSONable):
    """An ordered, unrelaxed crystal and where it comes from.

    Parameters
    ----------
    structure
        Primitive cell, scaled to a predicted volume.
    source
        ``"learned"``, ``"aflow"``, ``"intermetallics"``, ``"materials_project"`` or ``"random"``.
    label
        Space group and positions, prototype with the decoration, identifier of the substituted
        material, or space group and seed.
    crystal_system
        Of `structure` itself; it may differ from the one that was asked for.
    spacegroup_number
        International number of the space group of `structure`.
    probability
        Of its structure type, for types that were learned; None for others.
    """

    structure: Structure
    source: str
    label: str
    crystal_system: str
    spacegroup_number: int
    probability: float | None = None


def describe_symmetry(structure: Structure) -> tuple[int, str]:
    """Space-group number and crystal system (``"Cubic"``, ...) of `structure`."""
    from elatbot_flows.elasticity.symmetry import spacegroup_analyzer

    analyzer = spacegroup_analyzer(structure, SYMPREC)
    return analyzer.get_space_group_number(), analyzer.get_crystal_system().capitalize()


def same_crystal(first: Structure, second: Structure) -> bool:
    """Whether two primitive cells are the same crystal up to size and small distortions."""
    from pymatgen.core.structure_matcher import StructureMatcher

    if len(first) != len(second):
        return False
    return StructureMatcher(primitive_cell=False, scale=True).fit(first, second)


def without_duplicates(
    guesses: Iterable[StructureGuess],
    *,
    besides: Iterable[StructureGuess] = (),
    volume_tolerance: float = 0.1,
) -> list[StructureGuess]:
    """Keep the first of guesses that are the same crystal.

    Only guesses of equal space group and number of sites whose volumes agree are compared site by
    site, as that is what costs time.

    Parameters
    ----------
    guesses
        In order of preference.
    besides
        Others that are kept anyhow: guesses like them are left out.
    volume_tolerance
        Largest relative difference of the volumes of guesses that may be the same.
    """
    kept: list[StructureGuess] = []
    others = list(besides)
    for guess in guesses:
        if not any(_alike(guess, other, volume_tolerance) for other in [*others, *kept]):
            kept.append(guess)
    return kept


def _alike(guess: StructureGuess, other: StructureGuess, tolerance: float) -> bool:
    if guess.spacegroup_number != other.spacegroup_number:
        return False
    ratio = guess.structure.volume / other.structure.volume
    return abs(ratio - 1) <= tolerance and same_crystal(guess.structure, other.structure)
