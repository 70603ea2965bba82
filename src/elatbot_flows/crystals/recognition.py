"""Whether a crystal is one that is known already, and under which name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from elatbot_flows.crystals.guess import same_crystal
from elatbot_flows.crystals.prototypes import LARGEST_PROTOTYPE, elements_by_slot, templates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymatgen.core import Structure

__all__ = ["known_as", "prototype_of"]

_TOLERANCE = 0.05
"""Tolerance (A) of the symmetry of relaxed crystals."""


class Labelled(Protocol):
    """A crystal somebody has, such as a known crystal or a competing phase."""

    @property
    def source(self) -> str:
        """Where it comes from."""

    @property
    def label(self) -> str:
        """What it is called there."""

    @property
    def structure(self) -> Structure | None:
        """The crystal."""


def known_as(structure: Structure, crystals: Iterable[Labelled] = ()) -> str | None:
    """Name a crystal if it is known.

    Parameters
    ----------
    structure
        Ordered crystal.
    crystals
        Crystals that count as known, such as those of the Materials Project or of a folder (see
        :class:`~elatbot_flows.stability.KnownCrystal`).

    Returns
    -------
    str or None
        ``"materials_project: mp-1953"`` if it is one of `crystals`; ``"L1_0 type"`` if it decorates
        a known type, which says nothing of whether the compound was ever made; None if neither.
    """
    from pymatgen.analysis.structure_matcher import StructureMatcher

    formula = structure.composition.reduced_formula
    for known in crystals:
        other = known.structure
        if other is None or other.composition.reduced_formula != formula:
            continue
        if StructureMatcher().fit(other, structure):
            return f"{known.source}: {known.label}"
    kind = prototype_of(structure)
    return f"{kind} type" if kind else None


def prototype_of(structure: Structure) -> str | None:
    """The known type that an ordered crystal decorates; None if it is none of the library.

    Strukturbericht designation or type compound, else the AFLOW label. Types that differ in axial
    ratios alone, such as C11_b and CuZr2, pass for each other.

    Parameters
    ----------
    structure
        Ordered crystal of any size.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> prototype_of(Structure(Lattice.cubic(2.89), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    'B2'
    """
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    if not structure.is_ordered:
        return None
    crystal = structure.get_primitive_structure(tolerance=_TOLERANCE)
    if len(crystal) > LARGEST_PROTOTYPE:
        return None
    analyzer = SpacegroupAnalyzer(crystal, symprec=_TOLERANCE, angle_tolerance=-1)
    number = analyzer.get_space_group_number()
    composition = crystal.composition.reduced_composition
    elements = elements_by_slot(composition)
    for template in templates(str(composition.anonymized_formula)):
        alike = template.spacegroup_number == number and len(template.slots) == len(crystal)
        if alike and same_crystal(template.filled(elements), crystal):
            return _short_name(template.label)
    return None


def _short_name(label: str) -> str:
    """``"L1_0"`` of ``"AB_tP2_123_a_d (L1_0, Tetraauricupride)"``."""
    named = re.search(r" \(([^,)]+)", label)
    return named[1] if named else label
