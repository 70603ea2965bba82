"""The one description in Wyckoff positions of a crystal, whichever of the equivalent it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff.positions import (
    coset_operations,
    free_of_lattice,
    hall_number,
    polar_axes,
    positions,
)
from elatbot_flows.text.wyckoff.protostructure import Protostructure, WyckoffType, slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    Array = NDArray[np.float64]
    _Orbit = tuple[int, str, Array]
    _Site = tuple[int, str, tuple[float, ...]]
    _Description = tuple[
        tuple[tuple[int, str], ...], tuple[float, ...], tuple[tuple[float, ...], ...]
    ]

__all__ = ["protostructure_of"]

_TOLERANCES = (0.1, 0.01)
_HUNDREDTHS = 2


def protostructure_of(structure: Structure) -> Protostructure:
    """Space group, positions and parameters of an ordered crystal, the same for equivalent ones.

    Of all descriptions that differ in origin or axes the one is taken whose letters come first, and
    of these the one whose parameters, in hundredths, do.

    Raises
    ------
    ParseError
        With reason ``"disordered"`` or ``"no_symmetry"``.
    """
    if not structure.is_ordered:
        raise ParseError("sites are shared by elements", reason="disordered")
    for tolerance in _TOLERANCES:
        found = _described(structure, tolerance)
        if found is not None:
            return found
    raise ParseError(f"no symmetry of {structure.formula} was found", reason="no_symmetry")


def _described(structure: Structure, tolerance: float) -> Protostructure | None:
    import spglib

    elements = slots_of(structure.composition)
    numbers = [elements.index(site.specie.symbol) for site in structure]
    cell: Any = (structure.lattice.matrix, structure.frac_coords, numbers)
    first = spglib.get_symmetry_dataset(cell, symprec=tolerance)
    if first is None:
        return None
    hall = hall_number(first.number)
    dataset = spglib.get_symmetry_dataset(cell, symprec=tolerance, hall_number=hall)
    if dataset is None or dataset.number != first.number:
        return None
    orbits = _orbits(dataset)
    best = min(_descriptions(dataset, orbits), default=None)
    if best is None:
        return None
    sites, lattice, coordinates = best
    return Protostructure(WyckoffType(int(dataset.number), sites), elements, lattice, coordinates)


def _orbits(dataset: Any) -> list[_Orbit]:
    """Each occupied position of the standard cell."""
    own = dict(zip(dataset.mapping_to_primitive, dataset.crystallographic_orbits, strict=True))
    orbit = np.array([own[each] for each in dataset.std_mapping_to_primitive])
    found = []
    for first in sorted(set(orbit.tolist())):
        here = orbit == first
        slot = int(dataset.std_types[here][0])
        found.append((slot, str(dataset.wyckoffs[first]), dataset.std_positions[here]))
    return found


def _descriptions(dataset: Any, orbits: list[_Orbit]) -> Iterator[_Description]:
    """The crystal in all equivalent settings, with free origins at one of its positions."""
    from pymatgen.core import Lattice

    number = int(dataset.number)
    for turn, shift, letters in coset_operations(number):
        lattice = Lattice(np.linalg.inv(turn).T @ dataset.std_lattice)
        free = free_of_lattice(number, lattice)
        moved = [(slot, letters[name], at @ turn.T + shift) for slot, name, at in orbits]
        for origin in _origins(number, moved):
            sites = [_site(number, slot, name, at - origin) for slot, name, at in moved]
            if all(sites):
                yield _described_by(sites, free)


def _origins(number: int, orbits: list[_Orbit]) -> Iterator[Array]:
    """Where the origin may be put: at the points of the first position, along polar axes."""
    axes = list(polar_axes(number))
    least = min((slot, letter) for slot, letter, _ in orbits)
    seen = set()
    for slot, letter, points in orbits:
        for point in points if axes and (slot, letter) == least else ():
            place = np.zeros(3)
            place[axes] = point[axes]
            if (key := tuple(np.round(place, 4))) not in seen:
                seen.add(key)
                yield place
    if not axes:
        yield np.zeros(3)


def _site(number: int, slot: int, letter: str, points: Array) -> _Site | None:
    values = positions(number)[letter].free_values(points)
    if not values:
        return None
    return slot, letter, min(tuple(round(v, _HUNDREDTHS) % 1.0 for v in one) for one in values)


def _described_by(sites: Sequence[_Site | None], lattice: tuple[float, ...]) -> _Description:
    ordered = sorted(site for site in sites if site is not None)
    names = tuple((slot, letter) for slot, letter, _ in ordered)
    return names, lattice, tuple(free for *_, free in ordered)
