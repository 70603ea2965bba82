"""Well-known crystals that tell a sound potential from a silently wrong one.

Lattice constants, bulk moduli and enthalpies of formation are room-temperature measurements as
found in textbooks: C. Kittel, Introduction to Solid State Physics (elements); O. Madelung,
Semiconductors: Data Handbook (SiC, GaAs); D. R. Lide (ed.), CRC Handbook of Chemistry and Physics
(oxides, halides, enthalpies); W. B. Pearson, Handbook of Lattice Spacings (alloys). They are
rounded, since the tolerances are far wider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["CRYSTALS", "REACTIONS", "ReferenceCrystal", "ReferenceReaction"]

_HALF = 0.5
_FCC = ((0, 0, 0), (0, _HALF, _HALF), (_HALF, 0, _HALF), (_HALF, _HALF, 0))
_PEROVSKITE = ((0, 0, 0), (_HALF, _HALF, _HALF), *_FCC[1:])


@dataclass(frozen=True)
class ReferenceCrystal:
    """A crystal whose volume and stiffness are known.

    Parameters
    ----------
    name
        Chemical formula.
    structure
        What :func:`ase.build.bulk` calls it, or ``"L1_2"``, ``"L1_0"``, ``"perovskite"``.
    a, c
        Lattice constants of the conventional cell, A; `c` only where it differs from `a`.
    bulk_modulus
        GPa.
    """

    name: str
    structure: str
    a: float
    bulk_modulus: float
    c: float | None = None

    def atoms(self) -> Atoms:
        """The primitive cell at the measured lattice constants."""
        from ase import Atoms
        from ase.build import bulk

        sites = {"L1_2": ("AuCu3", _FCC), "perovskite": ("SrTiO3", _PEROVSKITE)}
        if self.structure in sites:
            symbols, positions = sites[self.structure]
            return Atoms(symbols, scaled_positions=positions, cell=[self.a] * 3, pbc=True)
        if self.structure == "L1_0":
            edge = self.a / 2**0.5
            cell = [edge, edge, self.c]
            return Atoms("TiAl", scaled_positions=[(0, 0, 0), (0.5, 0.5, 0.5)], cell=cell, pbc=True)
        return bulk(self.name, self.structure, a=self.a, c=self.c)


@dataclass(frozen=True)
class ReferenceReaction:
    """A reaction between crystals above, whose energy stresses say nothing of.

    Parameters
    ----------
    equation
        For people.
    coefficients
        Formula units made (positive) and used up (negative).
    energy
        Measured enthalpy of reaction, eV.
    """

    equation: str
    coefficients: dict[str, int]
    energy: float


CRYSTALS = (
    ReferenceCrystal("Al", "fcc", a=4.05, bulk_modulus=76),
    ReferenceCrystal("Cu", "fcc", a=3.615, bulk_modulus=137),
    ReferenceCrystal("W", "bcc", a=3.165, bulk_modulus=310),
    ReferenceCrystal("Si", "diamond", a=5.431, bulk_modulus=98),
    ReferenceCrystal("Ti", "hcp", a=2.951, c=4.684, bulk_modulus=110),
    ReferenceCrystal("TiAl", "L1_0", a=4.00, c=4.07, bulk_modulus=112),
    ReferenceCrystal("AuCu3", "L1_2", a=3.748, bulk_modulus=148),
    ReferenceCrystal("SiC", "zincblende", a=4.36, bulk_modulus=224),
    ReferenceCrystal("TiC", "rocksalt", a=4.328, bulk_modulus=240),
    ReferenceCrystal("GaAs", "zincblende", a=5.653, bulk_modulus=75),
    ReferenceCrystal("MgO", "rocksalt", a=4.212, bulk_modulus=160),
    ReferenceCrystal("NaCl", "rocksalt", a=5.640, bulk_modulus=25),
    ReferenceCrystal("SrTiO3", "perovskite", a=3.905, bulk_modulus=174),
)
"""Elements and compounds: a model that confuses unlike neighbours is right about the former."""

REACTIONS = (
    ReferenceReaction("Ti + Al -> TiAl", {"TiAl": 1, "Ti": -1, "Al": -1}, energy=-0.78),
    ReferenceReaction(
        "Si + TiC -> SiC + Ti", {"SiC": 1, "Ti": 1, "Si": -1, "TiC": -1}, energy=1.17
    ),
)
"""Both are free of molecules, whose energies density functionals disagree on."""
