"""All atoms of a cell from the sites of a CIF and its space group."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.text.crystals.cif_facts import composition_of
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.symmetry import Operations, conform, orbit, settings
from elatbot_flows.text.crystals.written import MOST_SITES, number, require_element

if TYPE_CHECKING:
    from pymatgen.core import Lattice, Structure

    from elatbot_flows.text.crystals.cif_facts import CifFacts

__all__ = ["restored"]

_WIDTHS = (0.02, 0.002), (0.02, 0.002, 0.1, 0.3)
"""A; how far an atom may be off its special position in strict and in tolerant reading."""
_STRAINS = 2e-4, 0.02
"""How far a cell may be off its symmetry."""
_IDENTITY = ("x, y, z",)
_TERM = re.compile(r"([+-]?)(?:([xyz])|([0-9])/([1-9])|(0?\.[0-9]{1,6}))")


def restored(facts: CifFacts, *, tolerant: bool) -> tuple[Structure, list[str]]:
    """The crystal, and what was repaired.

    Raises
    ------
    ParseError
        With reason ``"contradicts_symmetry"``, ``"contradicts_formula"``, ``"bad_site"``,
        ``"unknown_element"``, ``"disordered"`` or ``"unknown_space_group"``.
    """
    from pymatgen.core import Lattice

    species, points, counts = _sites(facts)
    lattice = Lattice.from_parameters(*facts.cell)
    choices = _choices(facts, tolerant=tolerant)
    failure = refusal(Reason.CONTRADICTS_SYMMETRY, facts.space_group)
    for place, operations in enumerate(choices):
        whole, strain = conform(lattice, operations)
        orbits = _orbits(points, counts, whole, operations, tolerant=tolerant)
        if strain > _STRAINS[tolerant] or orbits is None:
            continue
        crystal = _crystal(whole, species, orbits)
        if not _is_of(crystal, facts):
            own = crystal.composition.formula
            failure = refusal(Reason.CONTRADICTS_FORMULA, f"{facts.total} for {own}")
            continue
        needed = {"setting": place > 0, "cell": strain > _STRAINS[False]}
        return crystal, [name for name, was in needed.items() if was]
    if tolerant and set(counts) <= {None, 1}:
        crystal = _crystal(lattice, species, [points[i : i + 1] for i in range(len(points))])
        if _is_of(crystal, facts):
            return crystal, ["all_sites"]
    raise failure


def _sites(facts: CifFacts) -> tuple[list[str], np.ndarray, list[int | None]]:
    """Elements, coordinates and multiplicities of the sites."""
    if len(facts.sites) > MOST_SITES:
        raise refusal(Reason.TOO_LARGE, f"{len(facts.sites)} sites")
    species, points, counts = [], [], []
    for symbol, _, many, *xyz, occupied in facts.sites:
        species.append(require_element(symbol))
        values = [number(word) for word in xyz]
        if any(x is None or abs(x) > len(xyz) for x in values):
            raise refusal(Reason.BAD_SITE, " ".join((symbol, *xyz)))
        if not re.fullmatch(r"([1-9][0-9]{0,2})?", many):
            raise refusal(Reason.BAD_SITE, f"{symbol} {many}")
        if number(occupied) != 1:
            raise refusal(Reason.DISORDERED, f"{symbol} {occupied}")
        points.append(values)
        counts.append(int(many) if many else None)
    return species, np.array(points, dtype=float), counts


def _choices(facts: CifFacts, *, tolerant: bool) -> tuple[Operations, ...]:
    """Settings that the operations may be those of, the likeliest first."""
    if facts.space_group is None and not facts.operations:
        raise refusal(Reason.UNKNOWN_SPACE_GROUP, "none is stated")
    usual = settings(facts.space_group or 1)
    if facts.operations in ((), _IDENTITY) or not tolerant:
        return usual if tolerant else usual[:1]
    listed = _listed(facts.operations)
    pool = usual if facts.space_group else tuple(s for n in range(1, 231) for s in settings(n))
    same = [each for each in pool if each.key == listed.key]
    if not same:
        raise refusal(Reason.CONTRADICTS_SYMMETRY, f"{len(facts.operations)} operations")
    return (same[0],)


def _listed(operations: tuple[str, ...]) -> Operations:
    """Operations such as ``-x+1/2, y, z``."""
    rotations, translations = [], []
    for words in operations:
        rows = words.replace(" ", "").lower().split(",")
        found = [_TERM.findall(row) for row in rows]
        if len(rows) != len("xyz") or any(_TERM.sub("", row) for row in rows):
            raise refusal(Reason.CONTRADICTS_SYMMETRY, words)
        rotation, shift = np.zeros((3, 3), dtype=int), np.zeros(3)
        for place, terms in enumerate(found):
            for sign, axis, over, under, decimal in terms:
                factor = -1 if sign == "-" else 1
                if axis:
                    rotation[place, "xyz".index(axis)] += factor
                else:
                    shift[place] += factor * (float(decimal) if decimal else int(over) / int(under))
        rotations.append(rotation)
        translations.append(shift)
    return Operations(np.array(rotations), np.array(translations))


def _orbits(
    points: np.ndarray,
    counts: list[int | None],
    lattice: Lattice,
    operations: Operations,
    *,
    tolerant: bool,
) -> list[np.ndarray] | None:
    """Atoms of every site; None if a multiplicity cannot be had."""
    widths = _WIDTHS[tolerant]
    found = []
    for point, many in zip(points, counts, strict=True):
        atoms = orbit(point, lattice, operations, multiplicity=many, widths=widths)
        if atoms is None:
            return None
        found.append(atoms)
    return found


def _crystal(lattice: Lattice, species: list[str], orbits: list[np.ndarray]) -> Structure:
    from pymatgen.core import Structure

    names = [name for name, atoms in zip(species, orbits, strict=True) for _ in atoms]
    return Structure(lattice, names, np.vstack(orbits), to_unit_cell=True)


def _is_of(crystal: Structure, facts: CifFacts) -> bool:
    """Whether the atoms are those of the stated formula, of which nothing is left out."""
    said = composition_of(facts.total or facts.name)
    return said is not None and said == crystal.composition
