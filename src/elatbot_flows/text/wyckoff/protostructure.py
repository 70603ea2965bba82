"""A crystal by its space group, occupied Wyckoff positions and free parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff.positions import (
    coset_operations,
    lattice_of,
    positions,
    primitive_share,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Composition, Structure

    Array = NDArray[np.float64]

__all__ = ["VOLUME", "Protostructure", "WyckoffType", "slots_of"]

VOLUME = 15.0
"""Size that a crystal has before somebody gives it another, A^3 per atom."""


def slots_of(composition: Composition) -> tuple[str, ...]:
    """Symbols of the elements, the rarest first: what numbers of slots mean.

    Of equal amounts the element with the lower Mendeleev number (Pettifor, Solid State Commun. 51,
    31 (1984)) comes first, so that metals have the same slot in compounds with a non-metal.
    """

    def order(item: tuple[Any, float]) -> tuple[float, float, str]:
        element, amount = item
        return float(amount), float(element.mendeleev_no or 0), element.symbol

    return tuple(element.symbol for element, _ in sorted(composition.items(), key=order))


@dataclass(frozen=True, order=True)
class WyckoffType:
    """Space group and occupied positions, with numbered slots in place of elements.

    Parameters
    ----------
    spacegroup
        International number.
    sites
        Slot and letter of each occupied position, sorted.
    """

    spacegroup: int
    sites: tuple[tuple[int, str], ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Atoms in the conventional cell by slot."""
        known = positions(self.spacegroup)
        totals = [0] * (max(slot for slot, _ in self.sites) + 1)
        for slot, letter in self.sites:
            totals[slot] += known[letter].multiplicity
        return tuple(totals)

    @property
    def formula_counts(self) -> tuple[int, ...]:
        """Atoms in the formula unit by slot."""
        units = math.gcd(*self.counts)
        return tuple(count // units for count in self.counts)

    @property
    def primitive_sites(self) -> int:
        """Atoms in the primitive cell."""
        return sum(self.counts) // primitive_share(self.spacegroup)

    def anonymous(self) -> WyckoffType:
        """The same whichever of the elements of equal amount has which slot."""
        return min(_canonical(self.renumbered(order)) for order in _orders(self.counts))

    def renumbered(self, order: Sequence[int]) -> WyckoffType:
        """Another slot for each slot."""
        renamed = tuple(sorted((order[slot], letter) for slot, letter in self.sites))
        return WyckoffType(self.spacegroup, renamed)


def _orders(counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for order in permutations(range(len(counts))):
        if all(counts[a] == counts[b] for a, b in enumerate(order)):
            yield order


def _canonical(kind: WyckoffType) -> WyckoffType:
    """The least of the names that equivalent origins and axes give."""
    names = (
        tuple(sorted((slot, letters[letter]) for slot, letter in kind.sites))
        for *_, letters in coset_operations(kind.spacegroup)
    )
    return WyckoffType(kind.spacegroup, min(names))


@dataclass(frozen=True)
class Protostructure:
    """A crystal up to its size.

    Parameters
    ----------
    kind
        Space group and occupied positions.
    elements
        Symbol in each slot.
    lattice
        Free parameters of the cell: b/a, c/a, angles (degrees).
    coordinates
        Free coordinates of each of ``kind.sites``.
    """

    kind: WyckoffType
    elements: tuple[str, ...]
    lattice: tuple[float, ...]
    coordinates: tuple[tuple[float, ...], ...]

    def structure(self, volume: float = VOLUME) -> Structure:
        """Primitive cell.

        Parameters
        ----------
        volume
            A^3 per atom.

        Raises
        ------
        ParseError
            With reason ``"coincident_atoms"`` or ``"no_cell"``.
        """
        from pymatgen.core import Structure

        known, species, points = positions(self.kind.spacegroup), [], []
        for (slot, letter), free in zip(self.kind.sites, self.coordinates, strict=True):
            found = known[letter].points(free)
            species += [self.elements[slot]] * len(found)
            points.append(found)
        everything = np.concatenate(points)
        _refuse_coincident(everything)
        lattice = lattice_of(self.kind.spacegroup, self.lattice)
        if not np.isfinite(lattice.volume) or lattice.volume < 1e-3:
            raise ParseError(f"no cell has the parameters {self.lattice}", reason="no_cell")
        crystal = Structure(lattice.scale(volume * len(species)), species, everything)
        return crystal.get_primitive_structure(tolerance=0.01)


def _refuse_coincident(points: Array) -> None:
    away = points[:, None] - points[None]
    apart = np.abs(away - np.round(away)).max(axis=2) + np.eye(len(points))
    if apart.min() < 1e-3:
        raise ParseError("two atoms are in one place", reason="coincident_atoms")
