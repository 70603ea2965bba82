"""A crystal with an energy, to ask the hull about or to compete on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monty.json import MSONable

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["CrystalEnergy"]


@dataclass(frozen=True)
class CrystalEnergy(MSONable):
    """A crystal whose energy is known already.

    Parameters
    ----------
    formula
        Any formula of it.
    energy_per_atom
        From the very potential of the hull, relaxed, eV/atom.
    structure
        The crystal; without it, phases that are this crystal cannot be recognised.
    label
        What to call it where it competes.
    """

    formula: str
    energy_per_atom: float
    structure: Structure | None = field(default=None, repr=False)
    label: str = "relaxed before"

    @classmethod
    def of(
        cls, structure: Structure, energy_per_atom: float, label: str = "relaxed before"
    ) -> CrystalEnergy:
        """A relaxed crystal and its energy (eV/atom)."""
        formula = structure.composition.reduced_formula
        return cls(formula, float(energy_per_atom), structure, label)
