"""What is asked of the hull and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.stability.phases import Phase

__all__ = ["CrystalEnergy", "HullDistance", "Product", "Status"]

Status = Literal["stable", "metastable", "unstable", "unknown"]


@dataclass(frozen=True)
class CrystalEnergy:
    """A crystal whose energy is known already.

    Parameters
    ----------
    formula
        Any formula of it.
    energy_per_atom
        From the very potential of the hull, relaxed, eV/atom.
    structure
        The crystal; without it, phases that are this crystal cannot be recognised.
    """

    formula: str
    energy_per_atom: float
    structure: Structure | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Product:
    """A phase that the crystal decomposes into.

    Parameters
    ----------
    phase
        The phase.
    fraction
        Fraction of all atoms that end in it.
    """

    phase: Phase
    fraction: float


@dataclass(frozen=True)
class HullDistance:
    """Where a crystal lies with respect to the hull of its competing phases.

    Parameters
    ----------
    status
        ``"stable"``, ``"metastable"``, ``"unstable"``, or ``"unknown"`` with a reason.
    formula, elements
        Reduced formula; chemical symbols, sorted.
    reason, message
        Why the status is unknown, for programs and for people.
    energy_per_atom
        Of the crystal, eV/atom.
    energy_above_hull
        Above the hull of all phases but the crystal itself, eV/atom; negative if it lies below.
    formation_energy_per_atom
        With respect to the elements, eV/atom; None where one of them is a gas.
    decomposition
        The phases that the hull consists of at this composition.
    competing
        All phases the hull was made of.
    left_out
        Labels of phases that are this crystal itself.
    missing
        What could not be had, in words.
    structure
        The crystal as relaxed here, or as given if its energy was.
    evaluations
        Evaluations of the potential, those for new competing phases included.
    """

    status: Status
    formula: str | None = None
    elements: tuple[str, ...] = ()
    reason: str | None = None
    message: str | None = None
    energy_per_atom: float | None = None
    energy_above_hull: float | None = None
    formation_energy_per_atom: float | None = None
    decomposition: tuple[Product, ...] = ()
    competing: tuple[Phase, ...] = field(default=(), repr=False)
    left_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    structure: Structure | None = field(default=None, repr=False, compare=False)
    evaluations: int = 0

    def unknown(self, reason: str, message: str) -> HullDistance:
        """A copy without an answer, for a reason."""
        return replace(self, status="unknown", reason=reason, message=message)
