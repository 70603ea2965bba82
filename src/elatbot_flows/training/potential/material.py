"""What a potential is taught on: labelled crystals, and common prototypes of all elements."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.errors import ElatbotError
from elatbot_flows.potentials.crystal_checks import MAGNETIC_ELEMENTS, NOBLE_GASES
from elatbot_flows.training.data.bulk_modulus import formula_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymatgen.core import Structure

    from elatbot_flows.training.data.binaries import CrystalRow

__all__ = ["Division", "FormulaParts", "Lesson", "divide", "prototypes"]

_GASES = {"H", "N", "O", "F", "Cl", "Br", "I"}
_PAIRS = ("B2", "B1", "L1_0", "L1_2", "B_h")
_TRIPLES = ("L2_1", "C1_b")


@dataclass(frozen=True)
class Lesson:
    """A crystal to teach.

    Parameters
    ----------
    source
        Its name, unique in a training.
    formula
        Reduced formula.
    structure
        The crystal. One with moduli is taken to be at rest as it is.
    bulk_modulus, shear_modulus
        Voigt-Reuss-Hill averages by density functional theory, ions relaxed, GPa; None where only
        a teacher is to be asked, who also relaxes it.
    """

    source: str
    formula: str
    structure: Structure
    bulk_modulus: float | None = None
    shear_modulus: float | None = None

    @property
    def is_magnetic(self) -> bool:
        """Whether it has an element that orders magnetically."""
        return not MAGNETIC_ELEMENTS.isdisjoint(e.symbol for e in self.structure.composition)


@dataclass(frozen=True)
class FormulaParts(MSONable):
    """Which formulas are learned from, checked by, and left alone: by a hash of the formula.

    Parameters
    ----------
    withheld_in
        One formula in this many is left alone, to be reported later; 0 for none.
    validation_in
        Of the others, one in this many says which epoch is best.
    salt
        Another one gives another division.
    """

    withheld_in: int = 2
    validation_in: int = 10
    salt: str = "binary_moduli:"

    def part(self, formula: str) -> str:
        """``"withheld"``, ``"validation"`` or ``"train"``, for a reduced formula."""
        if self.withheld_in and formula_hash(formula, salt=self.salt) % self.withheld_in == 0:
            return "withheld"
        place = formula_hash(formula, salt=f"validation {self.salt}") % self.validation_in
        return "validation" if place == 0 else "train"


@dataclass(frozen=True)
class Division:
    """Crystals by what they are for.

    Parameters
    ----------
    train, validation
        To learn from and to check by.
    kept_back
        Reduced formulas that may not be learned from in any crystal.
    """

    train: list[Lesson]
    validation: list[Lesson]
    kept_back: frozenset[str]


def divide(rows: Iterable[CrystalRow], parts: FormulaParts, most_sites: int) -> Division:
    """Divide crystals with moduli by formula; noble gases and larger cells are left out.

    Raises
    ------
    ElatbotError
        If nothing is left to learn from or to check by.
    """
    found: dict[str, list[Lesson]] = {"train": [], "validation": [], "withheld": []}
    kept_back = set()
    for row in rows:
        part = parts.part(row.formula)
        symbols = {element.symbol for element in row.structure.composition}
        if part != "train":
            kept_back.add(row.formula)
        if len(row.structure) <= most_sites and not symbols & NOBLE_GASES:
            moduli = (row.bulk_modulus, row.shear_modulus)
            found[part].append(Lesson(row.source, row.formula, row.structure, *moduli))
    for name in ("train", "validation"):
        if not found[name]:
            message = f"no crystal of up to {most_sites} atoms is left for {name}"
            raise ElatbotError(f"{message} ({len(found['withheld'])} are withheld): give more")
    return Division(found["train"], found["validation"], frozenset(kept_back))


def prototypes(
    elements: Sequence[str],
    number: int,
    parts: FormulaParts,
    kept_back: frozenset[str] = frozenset(),
    seed: int = 0,
) -> list[Lesson]:
    """Every element as fcc, bcc and hcp, then random pairs and triples in common types.

    Cells have the sum of the volumes of the elements; a teacher relaxes them.

    Parameters
    ----------
    elements
        Symbols that both teacher and pupil know; gases and halogens are left out.
    number
        How many pairs and triples, a quarter of them triples; fewer if that many are not found.
    parts
        Pairs and triples have formulas of the part that is learned from.
    kept_back
        Formulas that no prototype may have.
    seed
        Of the draws.
    """
    metals = [symbol for symbol in elements if symbol not in NOBLE_GASES | _GASES]
    alone = [_lesson(kind, [symbol]) for symbol in metals for kind in ("A1", "A2", "A3")]
    drawn: dict[str, Lesson] = {}
    rng = random.Random(seed)  # noqa: S311
    for draw in range(50 * number if len(metals) > len(_ROLES) - 1 else 0):
        kinds = _PAIRS if draw % 4 else _TRIPLES
        lesson = _lesson(rng.choice(kinds), rng.sample(metals, 2 if draw % 4 else 3))
        if len(drawn) < number and parts.part(lesson.formula) == "train":
            drawn.setdefault(lesson.source, lesson)
    return [each for each in [*alone, *drawn.values()] if each.formula not in kept_back]


def _lesson(kind: str, symbols: list[str]) -> Lesson:
    from pymatgen.core import Lattice, Structure

    angles, ratio, sites = _CELLS[kind]
    roles = dict(zip(_ROLES, symbols, strict=False))
    lattice = Lattice.from_parameters(3.0, 3.0, 3.0 * ratio, *angles)
    structure = Structure(lattice, [roles[role] for role, _ in sites], [xyz for _, xyz in sites])
    structure.scale_lattice(sum(_volume(site.specie.symbol) for site in structure))
    formula = structure.composition.reduced_formula
    return Lesson(f"{kind} {'-'.join(symbols)}", formula, structure)


def _volume(symbol: str) -> float:
    """Volume of an atom in the element, A^3."""
    from pymatgen.core import Element

    element = Element(symbol)
    molar = element.molar_volume
    radius = float(element.atomic_radius or 1.5)
    return float(molar) / _MOLE if molar else _CLOSE_PACKED * radius**3


_MOLE = 0.602214076
"""cm^3/mol in one A^3 per atom."""
_CLOSE_PACKED = 2**2.5
"""Volume of a sphere of radius 1 in a close packing."""
_ROLES = "XYZ"
_CUBE, _FCC, _HEX = (90.0, 90.0, 90.0), (60.0, 60.0, 60.0), (90.0, 90.0, 120.0)
_BCC = (109.4712206, 109.4712206, 109.4712206)
_ZERO, _HALF, _QUARTER, _REST = (0.0,) * 3, (0.5,) * 3, (0.25,) * 3, (0.75,) * 3
_ONE, _OTHER = (1 / 3, 2 / 3, 0.25), (2 / 3, 1 / 3, 0.75)
_CELLS = {
    "A1": (_FCC, 1, [("X", _ZERO)]),
    "A2": (_BCC, 1, [("X", _ZERO)]),
    "A3": (_HEX, 1.62, [("X", _ONE), ("X", _OTHER)]),
    "B1": (_FCC, 1, [("X", _ZERO), ("Y", _HALF)]),
    "B2": (_CUBE, 1, [("X", _ZERO), ("Y", _HALF)]),
    "B_h": (_HEX, 1, [("X", _ZERO), ("Y", (1 / 3, 2 / 3, 0.5))]),
    "L1_0": (_CUBE, 1.35, [("X", _ZERO), ("Y", _HALF)]),
    "L1_2": (
        _CUBE,
        1,
        [("X", _ZERO), ("Y", (0.5, 0.5, 0)), ("Y", (0.5, 0, 0.5)), ("Y", (0, 0.5, 0.5))],
    ),
    "C1_b": (_FCC, 1, [("X", _ZERO), ("Y", _QUARTER), ("Z", _HALF)]),
    "L2_1": (_FCC, 1, [("X", _QUARTER), ("X", _REST), ("Y", _ZERO), ("Z", _HALF)]),
}
"""Angles, third edge over the first, and who is where in the primitive cell."""
