"""Wyckoff positions of space groups, and what of a cell and of a position is free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Lattice

    Array = NDArray[np.float64]

__all__ = [
    "Position",
    "coset_operations",
    "crystal_system",
    "free_of_lattice",
    "free_of_lattice_count",
    "groups_of",
    "hall_number",
    "lattice_of",
    "polar_axes",
    "positions",
    "primitive_share",
]

_ANGLES = 90.0
_FIT = 2e-3
"""Largest difference of fractional coordinates that lie on a position."""
_LAST_OF = {
    "Triclinic": 2, "Monoclinic": 15, "Orthorhombic": 74, "Tetragonal": 142, "Trigonal": 167,
    "Hexagonal": 194, "Cubic": 230,
}  # fmt: skip
"""Last space group of each crystal system."""
_LENGTHS = {"triclinic": 2, "monoclinic": 2, "orthorhombic": 2, "tetragonal": 1, "hexagonal": 1}
_FREE_ANGLES: dict[str, tuple[int, ...]] = {"triclinic": (0, 1, 2), "monoclinic": (1,)}


@dataclass(frozen=True, eq=False)
class Position:
    """A Wyckoff position in the standard setting (origin choice 2, hexagonal axes).

    Parameters
    ----------
    letter
        ``"a"`` to ``"z"`` and ``"A"``.
    rotations, translations
        Shapes ``(m, 3, 3)`` and ``(m, 3)``: all m points, centring included, of free coordinates.
    """

    letter: str
    rotations: Array
    translations: Array

    @property
    def multiplicity(self) -> int:
        """Points in the conventional cell."""
        return len(self.translations)

    @property
    def axes(self) -> tuple[int, ...]:
        """Which of x, y and z are free."""
        return tuple(int(axis) for axis in np.flatnonzero(np.abs(self.rotations[0]).sum(axis=0)))

    def points(self, free: tuple[float, ...]) -> Array:
        """All points, shape ``(m, 3)``, for the values of the free coordinates."""
        values = np.zeros(3)
        values[list(self.axes)] = free
        return np.asarray((self.rotations @ values + self.translations) % 1.0)

    def free_values(self, points: Array) -> list[tuple[float, ...]]:
        """Free coordinates of those of some points that are the first of this position.

        Parameters
        ----------
        points
            Shape ``(n, 3)``, fractional.
        """
        rotation, shift = self.rotations[0], self.translations[0]
        values = np.zeros_like(points)
        for axis in self.axes:
            alone = (np.abs(rotation).sum(axis=1) == 1) & (np.abs(rotation[:, axis]) == 1)
            row = int(np.flatnonzero(alone)[0])
            values[:, axis] = rotation[row, axis] * (points[:, row] - shift[row])
        away = values @ rotation.T + shift - points
        fits = np.abs(away - np.round(away)).max(axis=1) < _FIT
        return [tuple(one) for one in (values[fits][:, list(self.axes)] % 1.0).tolist()]


@lru_cache(maxsize=230)
def _group(number: int) -> Any:
    from pyxtal.symmetry import Group

    return Group(number)


@cache
def positions(number: int) -> dict[str, Position]:
    """Positions of a space group by their letters, in the order of the letters.

    From PyXtal (Fredericks et al., Comput. Phys. Commun. 261, 107810 (2021)).
    """
    found = {}
    for each in reversed(_group(number).Wyckoff_positions):
        turns = np.array([operation.rotation_matrix for operation in each.ops])
        shifts = np.array([operation.translation_vector for operation in each.ops])
        found[each.letter] = Position(each.letter, np.round(turns), shifts)
    return found


@cache
def coset_operations(number: int) -> tuple[tuple[Array, Array, dict[str, str]], ...]:
    """Equivalent descriptions: rotation, shift, and the letter that each letter becomes.

    Operations of the normaliser of the space group that are none of its own, as PyXtal tabulates
    them. Continuous shifts of the origin of polar groups are not among them: `polar_axes`.
    """
    from pymatgen.core import SymmOp

    sets = _group(number).get_alternatives()
    names = sets["Transformed WP"][0].split()
    found = []
    for text, letters in zip(sets["Coset Representative"], sets["Transformed WP"], strict=True):
        operation = SymmOp.from_xyz_str(text).inverse
        moved = dict(zip(names, letters.split(), strict=True))
        found.append((operation.rotation_matrix, operation.translation_vector, moved))
    return tuple(found)


@cache
def polar_axes(number: int) -> tuple[int, ...]:
    """Axes along which the origin of a space group may lie anywhere."""
    general = list(positions(number).values())[-1]
    unit = np.eye(3)
    return tuple(a for a in range(3) if (general.rotations[:, :, a] == unit[a]).all())


@cache
def hall_number(number: int) -> int:
    """Hall number of the standard setting of a space group, origin choice 2 where there is one."""
    import spglib

    settings = [h for h in range(1, 531) if _setting(spglib, h).number == number]
    second = [h for h in settings if _setting(spglib, h).choice == "2"]
    return (second or settings)[0]


@lru_cache(maxsize=530)
def _setting(spglib: Any, hall: int) -> Any:
    return spglib.get_spacegroup_type(hall)


@cache
def primitive_share(number: int) -> int:
    """How many primitive cells are in the conventional one."""
    general = list(positions(number).values())[-1]
    return int((general.rotations == np.eye(3)).all(axis=(1, 2)).sum())


def crystal_system(number: int) -> str:
    """Crystal system of a space group."""
    return next(name for name, last in _LAST_OF.items() if number <= last)


def groups_of(system: str) -> range:
    """Space groups of a crystal system."""
    first = max((last for last in _LAST_OF.values() if last < _LAST_OF[system]), default=0)
    return range(first + 1, _LAST_OF[system] + 1)


def _family(number: int) -> str:
    return crystal_system(number).lower().replace("trigonal", "hexagonal")


def free_of_lattice_count(number: int) -> tuple[int, int]:
    """How many ratios of lengths, and how many angles, are free in a conventional cell."""
    family = _family(number)
    return _LENGTHS.get(family, 0), len(_FREE_ANGLES.get(family, ()))


def free_of_lattice(number: int, lattice: Lattice) -> tuple[float, ...]:
    """What is free in a conventional cell but its size: b/a and c/a, then angles in degrees.

    Ratios are rounded to hundredths, angles to degrees. Tetragonal, trigonal and
    hexagonal cells have c/a alone, cubic ones nothing.
    """
    family = _family(number)
    a, b, c = lattice.abc
    ratios = {2: (b / a, c / a), 1: (c / a,), 0: ()}[_LENGTHS.get(family, 0)]
    angles = (round(lattice.angles[axis]) for axis in _FREE_ANGLES.get(family, ()))
    return (*(round(ratio, 2) for ratio in ratios), *map(float, angles))


def lattice_of(number: int, free: tuple[float, ...]) -> Lattice:
    """Conventional cell with a = 1 A; the inverse of `free_of_lattice`."""
    from pymatgen.core import Lattice

    family = _family(number)
    lengths, values = _LENGTHS.get(family, 0), list(free)
    b = values[0] if lengths == 2 else 1.0
    c = values[lengths - 1] if lengths else 1.0
    angles = [_ANGLES, _ANGLES, 120.0 if family == "hexagonal" else _ANGLES]
    for axis, angle in zip(_FREE_ANGLES.get(family, ()), values[lengths:], strict=True):
        angles[axis] = angle
    return Lattice.from_parameters(1.0, b, c, *angles)
