"""What a question about a material needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from elatbot_flows.elasticity.laue import LOWEST_CLASSES
from elatbot_flows.errors import StructureError
from elatbot_flows.text.constants_text import laue_class
from elatbot_flows.text.structure_text import symmetry_of

if TYPE_CHECKING:
    from pymatgen.core import Composition, Structure

    from elatbot_flows.text.structure_text import SymmetryText

__all__ = ["Material"]


@dataclass(frozen=True)
class Material:
    """A material, by its crystal or by composition and crystal system alone.

    Parameters
    ----------
    composition
        Composition.
    crystal
        Ordered crystal, if one is known.
    system
        Crystal system, if no crystal is known.
    words
        Description of robocrystallographer, if it was written before.
    """

    composition: Composition
    crystal: Structure | None = None
    system: str | None = None
    words: str | None = None

    @classmethod
    def from_structure(cls, structure: Structure, words: str | None = None) -> Material:
        """Material of a crystal.

        Raises
        ------
        StructureError
            With reason ``"disordered"`` if sites are partly occupied.
        """
        if not structure.is_ordered:
            raise StructureError(
                f"{structure.composition.reduced_formula} has partly occupied sites: order them "
                "first, for example with pymatgen's OrderDisorderedStructureTransformation",
                reason="disordered",
            )
        return cls(structure.composition, structure, words=words)

    @property
    def formula(self) -> str:
        """Reduced formula."""
        return str(self.composition.reduced_formula)

    @property
    def structure(self) -> Structure:
        """The crystal.

        Raises
        ------
        StructureError
            With reason ``"no_structure"`` if only the composition is known.
        """
        if self.crystal is None:
            raise StructureError(
                f"this question needs a crystal of {self.formula}, not only its composition"
            )
        return self.crystal

    @cached_property
    def symmetry(self) -> SymmetryText:
        """Symmetry of the crystal, with the tolerance of the training texts (0.1 A)."""
        return symmetry_of(self.structure)

    @property
    def crystal_system(self) -> str:
        """Crystal system, capitalised.

        Raises
        ------
        StructureError
            With reason ``"no_structure"`` if neither it nor a crystal is known.
        """
        return self.system or self.symmetry.crystal_system

    @property
    def laue(self) -> str:
        """Laue class of the crystal, e.g. ``"m-3m"``.

        If its crystal system alone is known, the class of the system with the most constants: those
        of 4/mmm are those of 4/m with C16 = 0.

        Raises
        ------
        StructureError
            With reason ``"no_structure"`` if neither crystal nor crystal system is known.
        """
        if self.crystal is None and self.system is not None:
            return LOWEST_CLASSES[self.system.lower()]
        return laue_class(self.symmetry.point_group)
