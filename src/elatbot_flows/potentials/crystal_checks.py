"""Crystals that no potential should be asked about, and elements it should be asked with care."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = [
    "MAGNETIC_ELEMENTS",
    "NOBLE_GASES",
    "check_crystal",
    "check_distances",
    "magnetic_elements",
    "nearest_distance_ratios",
]

NOBLE_GASES = frozenset({"He", "Ne", "Ar", "Kr", "Xe", "Rn"})
"""Held together by dispersion, which the functionals behind the potentials leave out."""

MAGNETIC_ELEMENTS = frozenset({"Cr", "Mn", "Fe", "Co", "Ni"})
"""Metals that order magnetically. A potential of energies and forces alone does not know which
order its labels had, and is less right about their crystals."""


def magnetic_elements(symbols: Iterable[str]) -> list[str]:
    """Those of some elements that order magnetically (`MAGNETIC_ELEMENTS`), sorted."""
    return sorted(MAGNETIC_ELEMENTS.intersection(symbols))


def check_crystal(structure: Structure, potential: Potential, settings: ValidationSettings) -> None:
    """Refuse what no potential should be asked about.

    Raises
    ------
    StructureError
        With the reason ``"disordered"``, ``"unsupported_element"``, ``"atoms_overlap"`` or
        ``"isolated_atoms"``.
    """
    if not structure.is_ordered:
        raise StructureError("sites are partly occupied; give an ordered crystal", "disordered")
    symbols = {site.specie.symbol for site in structure}
    unknown = sorted(symbols - set(potential.elements))
    if unknown:
        message = f"potential {potential.name} does not know {', '.join(unknown)}"
        raise StructureError(message, "unsupported_element")
    if noble := sorted(symbols & NOBLE_GASES):
        message = f"{', '.join(noble)}: the potential leaves out the forces that bind noble gases"
        raise StructureError(message, "unsupported_element")
    check_distances(structure, settings)


def check_distances(structure: Structure, settings: ValidationSettings) -> None:
    """Refuse atoms that overlap or have no neighbours.

    Raises
    ------
    StructureError
        With the reason ``"atoms_overlap"`` or ``"isolated_atoms"``.
    """
    nearest = nearest_distance_ratios(structure)
    if nearest.min() < settings.closest:
        message = f"two atoms are at {nearest.min():.2f} of the sum of their radii"
        raise StructureError(message, "atoms_overlap")
    if nearest.max() > settings.farthest:
        message = f"an atom is {nearest.max():.1f} times the sum of radii away from all others"
        raise StructureError(message, "isolated_atoms")


def nearest_distance_ratios(structure: Structure) -> NDArray[np.float64]:
    """Distance of every atom to its nearest neighbour over the sum of their atomic radii."""
    radii = np.array([float(site.specie.atomic_radius or 1.5) for site in structure])
    sums = radii[:, None] + radii[None, :]
    distances = structure.distance_matrix.copy()
    lengths = structure.lattice.get_niggli_reduced_lattice().abc
    np.fill_diagonal(distances, min(lengths))
    return np.asarray((distances / sums).min(axis=1))
