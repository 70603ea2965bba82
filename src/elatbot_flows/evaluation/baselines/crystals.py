"""What a model that writes crystals has to beat: known crystals with other elements in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.crystals.geometry import scaled_to_predicted_volume
from elatbot_flows.evaluation.baselines.distance import composition_distances
from elatbot_flows.text.alloy import atomic_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Composition, Structure

__all__ = ["CrystalBaselines"]

_SYMPREC = 0.1


@dataclass(frozen=True)
class _Known:
    """A crystal to put other elements in."""

    structure: Structure
    elements: tuple[str, ...]
    kind: tuple[object, ...]


class CrystalBaselines:
    """Crystals for a formula out of crystals that are known.

    Both baselines take a known crystal of the same anonymous formula, put the elements of the
    formula in the places of those of equal amount (of several, along the Mendeleev scale), and
    scale it to its predicted volume. What has no such crystal has no answer.

    Parameters
    ----------
    crystals
        Known crystals, ordered: those a model was trained on.
    """

    def __init__(self, crystals: Sequence[Structure]) -> None:
        self._crystals = crystals

    @cached_property
    def _known(self) -> dict[str, list[_Known]]:
        found: dict[str, list[_Known]] = defaultdict(list)
        for structure in self._crystals:
            composition = structure.composition.reduced_composition
            elements = _slots(composition)
            known = _Known(structure, elements, _kind(structure, elements))
            found[composition.anonymized_formula].append(known)
        return found

    def substitute(self, formula: str, count: int = 1) -> list[Structure]:
        """Crystals of the most similar compositions, the nearest first.

        Similar by the element mover's distance on the Mendeleev scale (`composition_distances`).

        Parameters
        ----------
        formula
            Such as ``"Ni3Al"``.
        count
            How many crystals at most.
        """
        composition, known = self._of(formula)
        if not known:
            return []
        others = [atomic_percent(one.structure.composition) for one in known]
        near = composition_distances([atomic_percent(composition)], others)[0]
        order = np.argsort(near, kind="stable")[:count]
        return [_filled(known[place], composition) for place in order]

    def frequent(self, formula: str, count: int = 1) -> list[Structure]:
        """The prototypes that most known crystals of the anonymous formula have, those first.

        A prototype is a space group with the Wyckoff positions that each element takes. Its
        crystal of the most similar composition is taken.

        Parameters
        ----------
        formula, count
            As in `substitute`.
        """
        composition, known = self._of(formula)
        common = [kind for kind, _ in Counter(one.kind for one in known).most_common(count)]
        found = []
        for kind in common:
            same = [one for one in known if one.kind == kind]
            others = [atomic_percent(one.structure.composition) for one in same]
            near = composition_distances([atomic_percent(composition)], others)[0]
            found.append(_filled(same[int(np.argmin(near))], composition))
        return found

    def _of(self, formula: str) -> tuple[Composition, list[_Known]]:
        from pymatgen.core import Composition

        composition = Composition(formula).reduced_composition
        return composition, self._known.get(composition.anonymized_formula, [])


def _kind(structure: Structure, elements: tuple[str, ...]) -> tuple[object, ...]:
    """Space group and, for each slot, the Wyckoff letters of its sites."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    analyzer = SpacegroupAnalyzer(structure.get_primitive_structure(), symprec=_SYMPREC)
    crystal = analyzer.get_symmetrized_structure()
    letters: dict[str, list[str]] = defaultdict(list)
    for sites, wyckoff in zip(crystal.equivalent_sites, crystal.wyckoff_symbols, strict=True):
        letters[sites[0].specie.symbol].append(wyckoff)
    own = tuple(tuple(sorted(letters[element])) for element in elements)
    return (analyzer.get_space_group_number(), own)


def _filled(known: _Known, composition: Composition) -> Structure:
    """The known crystal with the elements of a composition."""
    crystal = known.structure.copy()
    new = _slots(composition)
    crystal.replace_species(dict(zip(known.elements, new, strict=True)))
    return scaled_to_predicted_volume(crystal)


def _slots(composition: Composition) -> tuple[str, ...]:
    """Elements by amount, those of equal amount along the Mendeleev scale."""
    order = sorted(composition.items(), key=lambda item: (item[1], item[0].mendeleev_no))
    return tuple(element.symbol for element, _ in order)
