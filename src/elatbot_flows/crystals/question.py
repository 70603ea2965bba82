"""What a crystal is built from: a formula, a crystal system and a largest number of sites."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.errors import StructureError
from elatbot_flows.targets import CRYSTAL_SYSTEMS

if TYPE_CHECKING:
    from pymatgen.core.composition import Composition

__all__ = ["Question"]


@dataclass(frozen=True)
class Question:
    """A crystal that is wanted.

    Parameters
    ----------
    composition
        Reduced, whole amounts of real elements.
    crystal_system
        Spelled as in `CRYSTAL_SYSTEMS`.
    max_sites
        Largest number of atoms in the primitive cell.
    """

    composition: Composition
    crystal_system: str
    max_sites: int

    @classmethod
    def read(cls, formula: str, crystal_system: str, max_sites: int) -> Question:
        """Check and normalise what was asked.

        Raises
        ------
        StructureError
            With the reason ``unparsable_formula``, ``unknown_crystal_system`` or
            ``too_many_sites`` (one formula unit does not fit).
        """
        composition = _reduced_composition(formula)
        if composition.num_atoms > max_sites:
            raise StructureError(
                f"one formula unit of {formula} has {composition.num_atoms:g} atoms, more than "
                f"{max_sites}; raise max_sites",
                "too_many_sites",
            )
        return cls(composition, _spelled_system(crystal_system), max_sites)

    @property
    def formula_type(self) -> str:
        """The anonymous formula, such as ``"AB3"``."""
        return str(self.composition.anonymized_formula)

    @property
    def all_metals(self) -> bool:
        """Whether every element is a metal."""
        return all(element.is_metal for element in self.composition)


def _reduced_composition(formula: str) -> Composition:
    from pymatgen.core.composition import Composition
    from pymatgen.core.periodic_table import Element

    try:
        composition = Composition(formula)
    except ValueError as error:
        raise StructureError(
            f"'{formula}' is not a formula ({error}); write it like Ni3Al", "unparsable_formula"
        ) from error
    whole = all(float(amount).is_integer() for amount in composition.values())
    if not composition or not whole or not all(isinstance(e, Element) for e in composition):
        raise StructureError(
            f"'{formula}' is not a formula of whole numbers of elements; write it like Ni3Al",
            "unparsable_formula",
        )
    divisor = math.gcd(*(int(amount) for amount in composition.values()))
    return Composition({element: int(n) // divisor for element, n in composition.items()})


def _spelled_system(crystal_system: str) -> str:
    system = crystal_system.strip().capitalize()
    if system not in CRYSTAL_SYSTEMS:
        raise StructureError(
            f"'{crystal_system}' is not a crystal system; write one of "
            f"{', '.join(CRYSTAL_SYSTEMS)}",
            "unknown_crystal_system",
        )
    return system
