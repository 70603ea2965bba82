"""Common structure types of intermetallics, and which types to try first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

__all__ = ["COMMON_TYPES", "INTERMETALLICS", "StructureType", "common_rank"]

COMMON_TYPES = (
    *("A1", "A2", "A3", "A3'"),
    *("B2", "L1_0", "B33", "B27", "B19", "B1", "B11", "B32", "B20", "B35", "B8_1", "L1_1", "B_h"),
    *("C15", "C14", "C11_b", "C16", "C32", "CeCu2", "C37", "B8_2", "CuZr2", "CeHg2"),
    *("AB2_hP6_194_b_f", "C49", "C38", "C40", "C54", "C1", "AB2_oI6_71_a_g"),
    *("L1_2", "D0_3", "D0_19", "D0_22", "A15", "D0_23", "D0_24", "D0_a", "Zr3Fe", "D0_11", "D0_c"),
    *("L1_3", "D1_3", "D1_a", "D2_d", "C15_b"),
    *("D5_13", "D5_a", "D8_8", "D8_l", "D8_m", "A3B5_oC16_65_ah_bej", "D8_5"),
    *("C1_b", "TiNiSi", "ZrNiAl", "LiGaGe", "ZrBeSi", "ABC_hP6_194_c_d_a", "E0_1"),
    *("L2_1", "XA inverse Heusler", "MgCuAl2", "CuFePt2", "E2_1", "BaNiSn3", "MgCu4Sn", "YbMo2Al4"),
    *("ThCr2Si2", "Mo2FeB2", "CaAl2Si2", "CeCo3B2"),
    *("LiMgPdSn quaternary Heusler", "ABCD_tP8_129_c_b_a_c"),
)
"""Names or AFLOW labels of the types that most intermetallics have, commonest first within a
formula type (by general metallurgical knowledge: Villars & Calvert, Pearson's Handbook)."""


@dataclass(frozen=True)
class StructureType:
    """A structure type by its space group and one set of representative atoms.

    Parameters
    ----------
    name
        Strukturbericht designation or type compound.
    pearson
        Pearson symbol.
    spacegroup
        International symbol, standard setting.
    cell
        a, b, c (A) of the conventional cell; angles follow from the space group.
    atoms
        Element and fractional position of one atom of every occupied Wyckoff position.
    """

    name: str
    pearson: str
    spacegroup: str
    cell: tuple[float, float, float]
    atoms: tuple[tuple[str, tuple[float, float, float]], ...]

    @property
    def label(self) -> str:
        """Pearson symbol and space group, for people."""
        return f"{self.pearson} {self.spacegroup}"

    def primitive(self) -> Structure:
        """Build the primitive cell of the type compound."""
        from pymatgen.core.lattice import Lattice
        from pymatgen.core.structure import Structure

        angles = (90, 90, 120) if self.pearson.startswith("h") else (90, 90, 90)
        lattice = Lattice.from_parameters(*self.cell, *angles)
        symbols = [symbol for symbol, _ in self.atoms]
        positions = [position for _, position in self.atoms]
        crystal = Structure.from_spacegroup(self.spacegroup, lattice, symbols, positions)
        return crystal.get_primitive_structure()


_THIRD = 1 / 3
_TWO_THIRDS = 2 / 3

INTERMETALLICS = (
    StructureType(
        "ordered hcp", "hP2", "P-6m2", (2.90, 2.90, 4.70),
        (("Li", (0, 0, 0)), ("Ir", (_THIRD, _TWO_THIRDS, 0.5))),
    ),
    StructureType(
        "CeCu2", "oI12", "Imma", (4.43, 7.06, 7.48),
        (("Ce", (0, 0.25, 0.538)), ("Cu", (0, 0.051, 0.165))),
    ),
    StructureType(
        "CuZr2", "tI6", "I4/mmm", (3.22, 3.22, 11.18),
        (("Cu", (0, 0, 0)), ("Zr", (0, 0, 0.346))),
    ),
    StructureType(
        "CeHg2", "hP3", "P6/mmm", (4.94, 4.94, 3.63),
        (("Ce", (0, 0, 0)), ("Hg", (_THIRD, _TWO_THIRDS, 0.5))),
    ),
    StructureType(
        "Zr3Fe", "oC16", "Cmcm", (3.32, 10.97, 8.82),
        (("Fe", (0, 0.744, 0.25)), ("Zr", (0, 0.427, 0.25)), ("Zr", (0, 0.135, 0.056))),
    ),
    StructureType(
        "XA inverse Heusler", "cF16", "F-43m", (6.1, 6.1, 6.1),
        (("Hg", (0, 0, 0)), ("Hg", (0.25, 0.25, 0.25)), ("Cu", (0.5, 0.5, 0.5)),
         ("Ti", (0.75, 0.75, 0.75))),
    ),
    StructureType(
        "LiMgPdSn quaternary Heusler", "cF16", "F-43m", (6.4, 6.4, 6.4),
        (("Li", (0, 0, 0)), ("Pd", (0.25, 0.25, 0.25)), ("Mg", (0.5, 0.5, 0.5)),
         ("Sn", (0.75, 0.75, 0.75))),
    ),
    StructureType(
        "MgCu4Sn", "cF24", "F-43m", (7.04, 7.04, 7.04),
        (("Sn", (0, 0, 0)), ("Mg", (0.25, 0.25, 0.25)), ("Cu", (0.625, 0.625, 0.625))),
    ),
    StructureType(
        "TiNiSi", "oP12", "Pnma", (6.15, 3.67, 7.02),
        (("Ti", (0.021, 0.25, 0.180)), ("Ni", (0.142, 0.25, 0.561)),
         ("Si", (0.765, 0.25, 0.623))),
    ),
    StructureType(
        "ZrNiAl", "hP9", "P-62m", (6.92, 6.92, 3.47),
        (("Zr", (0.591, 0, 0.5)), ("Al", (0.250, 0, 0)), ("Ni", (0, 0, 0.5)),
         ("Ni", (_THIRD, _TWO_THIRDS, 0))),
    ),
    StructureType(
        "LiGaGe", "hP6", "P6_3mc", (4.18, 4.18, 6.78),
        (("Li", (0, 0, 0.25)), ("Ga", (_THIRD, _TWO_THIRDS, -0.05)),
         ("Ge", (_THIRD, _TWO_THIRDS, 0.55))),
    ),
    StructureType(
        "ZrBeSi", "hP6", "P6_3/mmc", (3.71, 3.71, 7.19),
        (("Zr", (0, 0, 0)), ("Be", (_THIRD, _TWO_THIRDS, 0.25)),
         ("Si", (_THIRD, _TWO_THIRDS, 0.75))),
    ),
    StructureType(
        "MgCuAl2", "oC16", "Cmcm", (4.00, 9.25, 7.15),
        (("Mg", (0, 0.072, 0.25)), ("Cu", (0, 0.778, 0.25)), ("Al", (0, 0.356, 0.056))),
    ),
    StructureType(
        "CuFePt2", "tP4", "P4/mmm", (3.87, 3.87, 3.69),
        (("Cu", (0, 0, 0)), ("Fe", (0.5, 0.5, 0)), ("Pt", (0, 0.5, 0.5))),
    ),
    StructureType(
        "BaNiSn3", "tI10", "I4mm", (4.82, 4.82, 10.93),
        (("Ba", (0, 0, 0)), ("Ni", (0, 0, 0.652)), ("Sn", (0, 0, 0.421)),
         ("Sn", (0, 0.5, 0.244))),
    ),
    StructureType(
        "YbMo2Al4", "tI14", "I4/mmm", (6.71, 6.71, 5.31),
        (("Yb", (0, 0, 0)), ("Mo", (0, 0.5, 0.25)), ("Al", (0.303, 0.303, 0))),
    ),
    StructureType(
        "CeMn4Al8", "tI26", "I4/mmm", (8.9, 8.9, 5.1),
        (("Ce", (0, 0, 0)), ("Mn", (0.25, 0.25, 0.25)), ("Al", (0.344, 0, 0)),
         ("Al", (0.280, 0.5, 0))),
    ),
    StructureType(
        "CaAl2Si2", "hP5", "P-3m1", (4.13, 4.13, 7.14),
        (("Ca", (0, 0, 0)), ("Al", (_THIRD, _TWO_THIRDS, 0.63)),
         ("Si", (_THIRD, _TWO_THIRDS, 0.27))),
    ),
    StructureType(
        "ThCr2Si2", "tI10", "I4/mmm", (4.04, 4.04, 10.58),
        (("Th", (0, 0, 0)), ("Cr", (0, 0.5, 0.25)), ("Si", (0, 0, 0.374))),
    ),
    StructureType(
        "Mo2FeB2", "tP10", "P4/mbm", (5.78, 5.78, 3.15),
        (("Fe", (0, 0, 0)), ("Mo", (0.173, 0.673, 0.5)), ("B", (0.388, 0.888, 0))),
    ),
    StructureType(
        "CeCo3B2", "hP6", "P6/mmm", (5.06, 5.06, 3.04),
        (("Ce", (0, 0, 0)), ("Co", (0.5, 0, 0.5)), ("B", (_THIRD, _TWO_THIRDS, 0))),
    ),
    StructureType(
        "D0_24", "hP16", "P6_3/mmc", (5.10, 5.10, 8.31),
        (("Ti", (0, 0, 0)), ("Ti", (_THIRD, _TWO_THIRDS, 0.25)), ("Ni", (0.5, 0, 0)),
         ("Ni", (0.833, 0.666, 0.25))),
    ),
    StructureType(
        "D8_8", "hP16", "P6_3/mcm", (6.91, 6.91, 4.81),
        (("Mn", (_THIRD, _TWO_THIRDS, 0)), ("Mn", (0.236, 0, 0.25)),
         ("Si", (0.599, 0, 0.25))),
    ),
    StructureType(
        "D8_l", "tI32", "I4/mcm", (5.46, 5.46, 10.64),
        (("Cr", (0, 0, 0)), ("Cr", (0.166, 0.666, 0.150)), ("B", (0, 0, 0.25)),
         ("B", (0.375, 0.875, 0))),
    ),
    StructureType(
        "D8_m", "tI32", "I4/mcm", (9.61, 9.61, 4.97),
        (("W", (0, 0.5, 0.25)), ("W", (0.074, 0.223, 0)), ("Si", (0, 0, 0.25)),
         ("Si", (0.17, 0.67, 0))),
    ),
)  # fmt: skip
"""Types that the library shipped with pymatgen lacks; cells and free parameters are rounded values
of the type compounds (Villars & Calvert, Pearson's Handbook), good enough to relax from."""


def common_rank(label: str) -> int:
    """Position of a prototype label in `COMMON_TYPES`, or its length if it is not in it.

    Parameters
    ----------
    label
        ``"AFLOW_LABEL (NAME, NAME)"``.
    """
    names = re.split(r" \(|, |\)", label)
    ranks = [COMMON_TYPES.index(name) for name in names if name in COMMON_TYPES]
    return min(ranks, default=len(COMMON_TYPES))
