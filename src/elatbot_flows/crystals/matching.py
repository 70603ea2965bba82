"""Whether two crystals are the same if elements that form alloys may change places."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from elatbot_flows.crystals.geometry import atomic_radius
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymatgen.core import Composition, Structure

__all__ = ["DisorderedMatcher", "interchangeable"]


def interchangeable(
    first: str, second: str, *, radius_difference: float = 0.3, x_difference: float = 1.0
) -> bool:
    """Whether two elements may share sites, by a rule in the manner of Hume-Rothery.

    Radii: Slater's empirical atomic ones, calculated or metallic ones where these lack (pymatgen's
    values). Elements without radius or electronegativity (light noble gases) share with none.
    Limits: those of MatterGen (Zeni et al., Nature 639, 624 (2025)), fitted to known alloys.

    Parameters
    ----------
    first, second
        Chemical symbols.
    radius_difference
        Largest difference of the radii over their mean.
    x_difference
        Largest difference of Pauling's electronegativities.

    Examples
    --------
    >>> interchangeable("Cu", "Au"), interchangeable("Na", "Cl")
    (True, False)
    """
    sizes, strengths = zip(_radius_and_x(first), _radius_and_x(second), strict=True)
    if not all(map(math.isfinite, sizes + strengths)):
        return False
    spread = 2 * abs(sizes[0] - sizes[1]) / (sizes[0] + sizes[1])
    return spread <= radius_difference and abs(strengths[0] - strengths[1]) <= x_difference


@lru_cache(maxsize=128)
def _radius_and_x(symbol: str) -> tuple[float, float]:
    """Radius (A) and Pauling electronegativity; not a number where unknown."""
    from pymatgen.core import Element

    try:
        radius = atomic_radius(symbol)
    except StructureError:
        radius = math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns where there is none
        electronegativity = Element(symbol).X
    return radius, math.nan if electronegativity is None else float(electronegativity)


@dataclass(frozen=True)
class DisorderedMatcher:
    """Compares crystals as they are, and again with interchangeable elements made one.

    Ordered variants of one alloy on one lattice thus count as one material. Elements linked by a
    chain of interchangeable pairs are made one, as MatterGen does. Unlike there, it is done to both
    crystals, which makes the comparison symmetric, and no atom may be left over.

    Parameters
    ----------
    ltol, stol, angle_tol
        Tolerances of pymatgen's StructureMatcher: relative lengths, displacement over
        (volume/atom)^(1/3), degrees. Volumes are scaled to be equal.
    radius_difference, x_difference
        Limits of `interchangeable`.
    composition_tolerance
        Largest difference of atomic fractions if sites are partly occupied; ordered crystals must
        have equal formulas.
    """

    ltol: float = 0.2
    stol: float = 0.3
    angle_tol: float = 5.0
    radius_difference: float = 0.3
    x_difference: float = 1.0
    composition_tolerance: float = 0.01

    def fit(self, first: Structure, second: Structure) -> bool:
        """Whether two crystals are one material.

        Parameters
        ----------
        first, second
            Crystals, ordered or with partly occupied sites; oxidation states do not matter.
        """
        return self._fit(self._prepared(first), self._prepared(second))

    def group(self, structures: Sequence[Structure]) -> list[list[int]]:
        """Sort crystals into materials.

        A crystal joins the first group whose first member it fits. Only crystals of one chemical
        system are compared.

        Parameters
        ----------
        structures
            The crystals.

        Returns
        -------
        list of list of int
            Positions in `structures`; every one is in exactly one group.
        """
        groups: dict[str, list[tuple[_Prepared, list[int]]]] = defaultdict(list)
        for number, structure in enumerate(structures):
            crystal = self._prepared(structure)
            near = groups[crystal.chemical_system]
            for leader, members in near:
                if self._fit(leader, crystal):
                    members.append(number)
                    break
            else:
                near.append((crystal, [number]))
        return sorted(members for near in groups.values() for _, members in near)

    def among(self, structures: Sequence[Structure], known: Iterable[Structure]) -> list[bool]:
        """For each crystal whether it fits one of the known ones.

        Parameters
        ----------
        structures
            The crystals.
        known
            Known crystals; those of other chemical systems cost next to nothing.
        """
        crystals = [self._prepared(structure) for structure in structures]
        wanted = {crystal.chemical_system for crystal in crystals}
        by_system: dict[str, list[_Prepared]] = defaultdict(list)
        for structure in known:
            if (system := _system(structure.composition)) in wanted:
                by_system[system].append(self._prepared(structure))
        return [
            any(self._fit(other, crystal) for other in by_system[crystal.chemical_system])
            for crystal in crystals
        ]

    def _fit(self, first: _Prepared, second: _Prepared) -> bool:
        """Compositions come first: comparing sites is what costs time."""
        if not self._same_composition(first, second):
            return False
        if first.ordered and second.ordered and self._sites_fit(first.bare, second.bare):
            return True
        merged = (first.merged, second.merged)
        if merged[0] is None or merged[1] is None:
            return first.bare == second.bare or self._sites_fit(first.bare, second.bare)
        if merged[0] is first.bare and merged[1] is second.bare:
            return False
        return self._sites_fit(merged[0], merged[1])

    def _same_composition(self, first: _Prepared, second: _Prepared) -> bool:
        if first.ordered and second.ordered:
            return first.formula == second.formula
        return first.chemical_system == second.chemical_system and first.fractions.almost_equals(
            second.fractions, rtol=0.0, atol=self.composition_tolerance
        )

    def _sites_fit(self, first: Structure, second: Structure) -> bool:
        from pymatgen.analysis.structure_matcher import SpeciesComparator, StructureMatcher

        matcher = StructureMatcher(
            ltol=self.ltol,
            stol=self.stol,
            angle_tol=self.angle_tol,
            attempt_supercell=True,
            comparator=SpeciesComparator(),
        )
        return bool(matcher.fit(first, second))

    def _prepared(self, structure: Structure) -> _Prepared:
        bare = structure.copy().remove_oxidation_states()
        names = self._names([e.symbol for e in bare.composition.elements])
        return _Prepared(
            bare=bare,
            merged=_merged(bare, names),
            ordered=bool(bare.is_ordered),
            formula=bare.composition.reduced_formula,
            chemical_system=_system(bare.composition),
            fractions=bare.composition.fractional_composition,
        )

    def _names(self, symbols: list[str]) -> dict[str, str]:
        """One common symbol for elements linked by interchangeable pairs."""
        names = {symbol: symbol for symbol in symbols}
        for one, other in combinations(sorted(symbols), 2):
            if interchangeable(
                one,
                other,
                radius_difference=self.radius_difference,
                x_difference=self.x_difference,
            ):
                old, new = names[other], names[one]
                names = {symbol: new if name == old else name for symbol, name in names.items()}
        return names


@dataclass(frozen=True)
class _Prepared:
    """A crystal and what is compared of it; `merged` is None if some site stays partly occupied."""

    bare: Structure
    merged: Structure | None
    ordered: bool
    formula: str
    chemical_system: str
    fractions: Composition


def _system(composition: Composition) -> str:
    return "-".join(sorted({element.symbol for element in composition.elements}))


def _merged(structure: Structure, names: dict[str, str]) -> Structure | None:
    """The crystal with common symbols on its sites."""
    from pymatgen.core import Structure

    if structure.is_ordered and all(symbol == name for symbol, name in names.items()):
        return structure
    symbols = []
    for site in structure:
        kinds = {names[element.symbol] for element in site.species.elements}
        if len(kinds) > 1 or abs(site.species.num_atoms - 1) > 1e-3:
            return None
        symbols.append(kinds.pop())
    merged = Structure(structure.lattice, symbols, structure.frac_coords)
    return merged.get_primitive_structure()
