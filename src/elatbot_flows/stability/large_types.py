"""Crystal types of metals that no hull of ours has, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LARGE_TYPES", "untried_types"]

LARGE_TYPES = {
    "AB2": ("C36 (Laves phase)", "Ti2Ni", "HfGa2"),
    "AB3": ("PuNi3", "BaPb3", "Al3Ti (r)"),
    "AB5": ("AuBe5 superstructures",),
    "AB6": ("D2_h (Al6Mn)",),
    "AB12": ("D2_b (ThMn12)", "Al12W"),
    "AB13": ("D2_3 (NaZn13)",),
    "A2B3": ("Zr3Al2", "Ti2Cu3"),
    "A2B5": ("D8_11 (Al5Co2)", "Al5Fe2"),
    "A2B7": ("Ce2Ni7", "Gd2Co7"),
    "A2B9": ("D8_d (Al9Co2)",),
    "A2B17": ("Th2Zn17", "Th2Ni17"),
    "A3B4": ("Cu4Ti3", "Zr4Al3"),
    "A3B5": ("Rh5Ge3",),
    "A3B7": ("D10_2 (Fe3Th7)",),
    "A4B9": ("D8_3 (Cu9Al4)",),
    "A4B13": ("Al13Fe4", "Al13Co4"),
    "A5B8": ("D8_2 (Cu5Zn8, gamma brass)",),
    "A6B23": ("D8_a (Th6Mn23)",),
    "A7B10": ("Zr7Ni10",),
    "A12B17": ("A12 (Mg17Al12)",),
}
"""Binary types by anonymous formula: too large to relax here, or not in our library of prototypes
(names after Villars & Calvert, Pearson's Handbook)."""

_WITHOUT_FORMULA = ("D8_b (sigma)", "A13 (beta manganese)", "solid solutions")


def untried_types(formula: str, elements: Sequence[str]) -> list[str]:
    """Types that metals may have and that were not tried, in words; none for other elements.

    Parameters
    ----------
    formula
        Of the crystal asked about.
    elements
        Its elements.
    """
    from pymatgen.core import Composition, Element

    symbols = [Element(symbol) for symbol in elements]
    if len(symbols) < 2 or not all(e.is_metal or e.is_metalloid for e in symbols):
        return []
    named = [f"{kind}: {', '.join(names)}" for kind, names in LARGE_TYPES.items()]
    remarks = [
        f"types of binary phases not tried: {'; '.join(named)}; {', '.join(_WITHOUT_FORMULA)}"
    ]
    if own := LARGE_TYPES.get(Composition(formula).anonymized_formula, ()):
        remarks.insert(0, f"{formula}: not tried in the type of {', '.join(own)}")
    return remarks
