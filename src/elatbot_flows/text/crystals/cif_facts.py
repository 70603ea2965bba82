"""What a CIF of CrystaLLM says, as it is printed, and the order in which it says it."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.reasons import Reason, refusal
from elatbot_flows.text.crystals.symmetry import number_of, orbit, settings
from elatbot_flows.text.crystals.written import number
from elatbot_flows.text.formula import parse_formula

if TYPE_CHECKING:
    from pymatgen.core import Structure
    from pymatgen.core.composition import Composition

    from elatbot_flows.text.crystals.cif_block import Block, Loop
    from elatbot_flows.text.crystals.questions import CrystalRequest

__all__ = [
    "ELEMENTS",
    "CifFacts",
    "begin",
    "composition_of",
    "describe",
    "facts_of",
    "is_printed_so",
    "lines_of",
]

ELEMENTS = ["loop_", "_atom_type_symbol", "_atom_type_electronegativity", "_atom_type_radius"]
ELEMENTS.append("_atom_type_ionic_radius")
OPERATIONS = ["loop_", "_symmetry_equiv_pos_site_id", "_symmetry_equiv_pos_as_xyz"]
SITES = ["loop_", "_atom_site_type_symbol", "_atom_site_label", "_atom_site_symmetry_multiplicity"]
SITES += [*(f"_atom_site_fract_{axis}" for axis in "xyz"), "_atom_site_occupancy"]
CELL = [f"_cell_length_{axis}" for axis in "abc"]
CELL += [f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")]
_SYMBOL, _NUMBER = "_symmetry_space_group_name_H-M", "_symmetry_Int_Tables_number"
_STRUCTURAL, _SUM = "_chemical_formula_structural", "_chemical_formula_sum"
_VOLUME, _UNITS = "_cell_volume", "_cell_formula_units_Z"
_DECIMALS = 4
_WIDTHS = (0.02, 0.002, 0.1, 0.3)
_PRINTED = re.compile(r"-?(?:0|[1-9][0-9]{0,5})\.[0-9]{4}")
_ALLEN = {"He": 4.16, "Ne": 4.79, "Ar": 3.24}
"""Electronegativities where Pauling's scale has none, and van der Waals radii (A), as CrystaLLM
has them."""
_VAN_DER_WAALS = {"He": 1.40, "Ne": 1.54, "Ar": 1.88, "Kr": 2.02, "Xe": 2.16, "Rn": 2.20}


@dataclass(frozen=True)
class CifFacts:
    """What a block says, as printed; None or empty where it says nothing.

    Parameters
    ----------
    name
        Of the block: the formula of the whole cell.
    printed
        Values of items by key.
    cell
        a, b, c (A), alpha, beta, gamma (degrees).
    space_group
        International number.
    units
        Formula units in the cell.
    elements
        Rows about elements.
    operations
        Operations as printed.
    sites
        Rows of sites in the order of `SITES`, whatever order they were read in.
    """

    name: str
    printed: dict[str, str]
    cell: tuple[float, ...]
    space_group: int | None
    units: int | None
    elements: tuple[tuple[str, ...], ...]
    operations: tuple[str, ...]
    sites: tuple[tuple[str, ...], ...]

    @property
    def structural(self) -> str | None:
        """Reduced formula."""
        return self.printed.get(_STRUCTURAL)

    @property
    def total(self) -> str | None:
        """Formula of the whole cell, without blanks."""
        said = self.printed.get(_SUM)
        return said.replace(" ", "") if said else None

    @property
    def volume(self) -> str | None:
        """A^3, as printed."""
        return self.printed.get(_VOLUME)


@cache
def _about(symbol: str) -> tuple[str, ...]:
    """Row of an element: electronegativity, atomic and mean ionic radius in A."""
    from pymatgen.core.periodic_table import Element

    element = Element(symbol)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns where a table has a gap
        values = [element.X, element.atomic_radius, element.average_ionic_radius]
    if values[0] is None or math.isnan(values[0]):
        values[0] = _ALLEN.get(symbol)
    values[1] = values[1] or _VAN_DER_WAALS.get(symbol)
    if None in values[:2]:
        raise refusal(Reason.UNKNOWN_ELEMENT, f"{symbol} has no radius in CrystaLLM's tables")
    return (symbol, *(f"{float(value or 0):.{_DECIMALS}f}" for value in values))


def describe(structure: Structure, symprec: float | None) -> CifFacts:
    """Gather what a CIF says; see `elatbot_flows.text.crystals.cif.render`."""
    from pymatgen.io.cif import CifWriter

    if not structure.is_ordered:
        raise refusal(Reason.DISORDERED, structure.composition.reduced_formula)
    if not len(structure):
        raise refusal(Reason.NO_SITES)
    plain = structure.copy(site_properties={})
    plain.remove_oxidation_states()
    writer = CifWriter(plain, symprec=symprec, significant_figures=_DECIMALS)
    (block,) = writer.cif_file.data.values()
    found: dict[str, Any] = dict(block.data)
    keys = [_SYMBOL, *CELL, _NUMBER, _STRUCTURAL, _SUM, _VOLUME, _UNITS]
    printed = {key: str(found[key]) for key in keys}
    printed[_SYMBOL] = printed[_SYMBOL].replace(" ", "")  # P 1
    rows = list(zip(*(found[key] for key in SITES[1:-1]), strict=True))
    sites = [(*map(str, row), "1") for row in rows]
    if symprec is not None:
        sites = [_special(row, printed) for row in sites]
    symbols = sorted(plain.composition.elements)
    return CifFacts(
        name=printed[_SUM].replace(" ", ""),
        printed=printed,
        cell=tuple(float(printed[key]) for key in CELL),
        space_group=int(printed[_NUMBER]),
        units=int(printed[_UNITS]),
        elements=tuple(_about(element.symbol) for element in symbols),
        operations=("x, y, z",),
        sites=tuple(sites),
    )


def _special(row: tuple[str, ...], printed: dict[str, str]) -> tuple[str, ...]:
    """A site put on its special position, from which spglib's refined cell may be off."""
    from pymatgen.core import Lattice

    lattice = Lattice.from_parameters(*(float(printed[key]) for key in CELL))
    operations = settings(int(printed[_NUMBER]))[0]
    point, many = [float(word) for word in row[3:6]], int(row[2])
    atoms = orbit(point, lattice, operations, multiplicity=many, widths=_WIDTHS)
    if atoms is None:
        raise refusal(Reason.CONTRADICTS_SYMMETRY, " ".join(row))
    return (*row[:3], *(f"{round(x, _DECIMALS) % 1:.{_DECIMALS}f}" for x in atoms[0]), row[6])


def begin(request: CrystalRequest) -> tuple[str, list[str]]:
    """Name of the block, and the lines on elements, of a crystal that is asked for.

    Raises
    ------
    ParseError
        With reason ``"contradicts_formula"`` without a formula, ``"not_a_condition"`` for a
        condition that is not formula, formula units or space group.
    """
    if unsaid := request.stated - {"formula", "space_group", "units"}:
        raise ParseError(
            f"CIFs have no words for {', '.join(sorted(unsaid))}: state formula and space group",
            reason="not_a_condition",
        )
    if request.formula is None:
        raise refusal(Reason.CONTRADICTS_FORMULA, "no formula: a CIF begins with one")
    whole = parse_formula(request.formula) * (request.units or 1)
    rows = [" ".join(_about(element.symbol)) for element in sorted(whole.elements)]
    return whole.formula.replace(" ", ""), [*ELEMENTS, *rows]


def lines_of(facts: CifFacts) -> list[str]:
    """The lines of a block in the order of the form, those that are not said left out."""
    lines = [f"data_{facts.name}"]
    if facts.elements:
        lines += [*ELEMENTS, *map(" ".join, facts.elements)]
    for key in (_SYMBOL, *CELL, _NUMBER, _STRUCTURAL, _SUM, _VOLUME, _UNITS):
        value = facts.printed.get(key, "")
        lines.append(f"{key} '{value}'" if key == _SUM and " " in value else f"{key} {value}")
    rows = [f"{place} '{each}'" for place, each in enumerate(facts.operations, start=1)]
    return [*lines, *OPERATIONS, *rows, *SITES, *map(" ".join, facts.sites)]


def is_printed_so(facts: CifFacts) -> bool:
    """Whether numbers and labels are printed as the form has them."""
    numbers = [facts.printed[key] for key in (*CELL, _VOLUME) if key in facts.printed]
    numbers += [word for row in facts.sites for word in row[3:6]]
    numbers += [word for row in facts.elements for word in row[1:]]
    labels = all(row[1] == f"{row[0]}{place}" for place, row in enumerate(facts.sites))
    identity = facts.operations == ("x, y, z",) and all(row[6] == "1" for row in facts.sites)
    elements = {row[0] for row in facts.elements} in (set(), {row[0] for row in facts.sites})
    return labels and identity and elements and all(map(_PRINTED.fullmatch, numbers))


def composition_of(said: str) -> Composition | None:
    """Composition of a formula as printed, None if it is none."""
    try:
        return parse_formula(said.replace(" ", ""))
    except ParseError:
        return None


def facts_of(block: Block) -> CifFacts:
    """What a block says.

    Raises
    ------
    ParseError
        With reason ``"no_cell"``, ``"no_sites"``, ``"bad_site"``, ``"unknown_space_group"``,
        ``"contradicts_symmetry"`` or ``"contradicts_cell"``.
    """
    cell = [number(block.items.get(key, "")) for key in CELL]
    sites = block.loop(SITES[1])
    if None in cell:
        cut = sites is None and CELL[-1] not in block.items
        raise refusal(Reason.CUT_OFF if cut else Reason.NO_CELL, block.lines[-1])
    if sites is None or not sites.rows:
        raise refusal(Reason.CUT_OFF if sites is None else Reason.NO_SITES, block.lines[-1])
    units = block.items.get(_UNITS)
    if units is not None and not re.fullmatch(r"[1-9][0-9]{0,3}", units):
        raise refusal(Reason.CONTRADICTS_CELL, units)
    elements, operations = block.loop(ELEMENTS[1]), block.loop(OPERATIONS[2])
    return CifFacts(
        name=block.name,
        printed=block.items,
        cell=tuple(each for each in cell if each is not None),
        space_group=_space_group(block.items),
        units=int(units) if units else None,
        elements=tuple(map(tuple, elements.rows)) if elements else (),
        operations=tuple(_column(operations, OPERATIONS[2])) if operations else (),
        sites=_rows(sites),
    )


def _column(loop: Loop, key: str) -> list[str]:
    place = loop.keys.index(key)
    return [row[place] for row in loop.rows]


def _rows(loop: Loop) -> tuple[tuple[str, ...], ...]:
    """Rows of sites in the order of the form; multiplicity and label may be missing."""
    usual = {"_atom_site_occupancy": "1", "_atom_site_label": "", SITES[3]: ""}
    if len(set(loop.keys)) != len(loop.keys):
        raise refusal(Reason.AMBIGUOUS, loop.keys)
    if missing := [key for key in SITES[1:] if key not in loop.keys and key not in usual]:
        raise refusal(Reason.BAD_SITE, missing[0])
    columns = [
        _column(loop, key) if key in loop.keys else [usual[key]] * len(loop.rows)
        for key in SITES[1:]
    ]
    return tuple(zip(*columns, strict=True))


def _space_group(items: dict[str, str]) -> int | None:
    """Number that symbol and number agree on."""
    symbol, said = items.get(_SYMBOL), items.get(_NUMBER)
    if said is not None and not re.fullmatch(r"[1-9][0-9]?|1[0-9]{2}|2[0-2][0-9]|230", said):
        raise refusal(Reason.UNKNOWN_SPACE_GROUP, said)
    if symbol is None:
        return None if said is None else int(said)
    known = number_of(symbol)
    if said is not None and int(said) != known:
        raise refusal(Reason.CONTRADICTS_SYMMETRY, f"{symbol} is number {known}, not {said}")
    return known
