"""ElaTBot's text about symmetry and conventional cell (its prompt type 1).

``Information JSON of Material FeB:`` followed by a dictionary as Python prints it, every number
rounded to six decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import ParseError
from elatbot_flows.text.formula import element_symbols
from elatbot_flows.text.literal import parse_literal

if TYPE_CHECKING:
    from pymatgen.core import Structure

__all__ = ["StructureText", "SymmetryText", "describe", "parse", "render", "symmetry_of"]

_HEAD = "Information JSON of Material "
_LENGTHS = ("a", "b", "c", "alpha", "beta", "gamma", "volume")
_DECIMALS = 6
_SAME_CELL = 1e-4  # A; texts have six decimals
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class SymmetryText:
    """Symmetry as the text states it.

    Parameters
    ----------
    crystal_system
        Capitalised, e.g. ``"Cubic"``.
    symbol
        Hermann-Mauguin symbol of the space group, e.g. ``"Fm-3m"``.
    number
        International number of the space group.
    point_group
        Hermann-Mauguin symbol.
    symprec
        Tolerance of the symmetry search, A.
    """

    crystal_system: str
    symbol: str
    number: int
    point_group: str
    symprec: float = 0.1


@dataclass(frozen=True)
class StructureText:
    """What the text says.

    Parameters
    ----------
    formula
        Reduced formula.
    symmetry
        Space group and what follows from it.
    matrix
        Rows are the lattice vectors, A.
    cell
        a, b, c (A), alpha, beta, gamma (degrees), volume (A^3).
    species
        Element of each site.
    xyz
        Cartesian coordinates of each site, A.
    """

    formula: str
    symmetry: SymmetryText
    matrix: tuple[tuple[float, ...], ...]
    cell: tuple[float, ...]
    species: tuple[str, ...]
    xyz: tuple[tuple[float, ...], ...]

    @property
    def structure(self) -> Structure:
        """The crystal as a pymatgen structure."""
        from pymatgen.core import Lattice, Structure

        return Structure(
            Lattice(self.matrix), list(self.species), list(self.xyz), coords_are_cartesian=True
        )


def symmetry_of(structure: Structure, symprec: float = 0.1) -> SymmetryText:
    """Find the symmetry with spglib; the published texts used a tolerance of 0.1 A."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    analyzer = SpacegroupAnalyzer(structure, symprec=symprec)
    return SymmetryText(
        crystal_system=analyzer.get_crystal_system().capitalize(),
        symbol=analyzer.get_space_group_symbol(),
        number=int(analyzer.get_space_group_number()),
        point_group=analyzer.get_point_group_symbol(),
        symprec=symprec,
    )


def describe(structure: Structure, symmetry: SymmetryText | None = None) -> StructureText:
    """Gather what the text says.

    Parameters
    ----------
    structure
        Any cell of an ordered crystal. The text is about the conventional standard cell (Setyawan
        and Curtarolo 2010); a cell that is that one already stays as it is, coordinates included.
    symmetry
        Where it is known and `structure` is the conventional cell already.
    """
    if symmetry is None:
        symmetry = symmetry_of(structure)
        structure = _conventional(structure, symmetry.symprec)
    lattice = structure.lattice
    return StructureText(
        formula=structure.composition.reduced_formula,
        symmetry=symmetry,
        matrix=_rows(lattice.matrix),
        cell=tuple(_rounded(getattr(lattice, name)) for name in _LENGTHS),
        species=tuple(site.specie.symbol for site in structure),
        xyz=_rows(structure.cart_coords),
    )


def _conventional(structure: Structure, symprec: float) -> Structure:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    standard = SpacegroupAnalyzer(structure, symprec=symprec).get_conventional_standard_structure()
    there = len(standard) == len(structure) and np.allclose(
        standard.lattice.matrix, structure.lattice.matrix, rtol=0, atol=_SAME_CELL
    )
    return structure if there else standard


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS)


def _rows(matrix: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(_rounded(value) for value in row) for row in matrix)


def render(facts: StructureText) -> str:
    """Write the text."""
    symmetry = facts.symmetry
    record = {
        "material_formula": facts.formula,
        "symmetry": {
            "crystal_system": symmetry.crystal_system,
            "symbol": symmetry.symbol,
            "number": symmetry.number,
            "point_group": symmetry.point_group,
            "symprec": symmetry.symprec,
        },
        "conventional_structure": {
            "lattice": {
                "matrix": [list(row) for row in facts.matrix],
                **dict(zip(_LENGTHS, facts.cell, strict=True)),
            },
            "sites": [
                {"species": [{"element": element, "occu": 1}], "xyz": list(xyz)}
                for element, xyz in zip(facts.species, facts.xyz, strict=True)
            ],
        },
    }
    return f"{_HEAD}{facts.formula}:{record}"


def parse(text: str) -> StructureText:
    """Read what `render` writes.

    Raises
    ------
    ParseError
        With reason ``"not_a_structure_text"``, ``"not_a_literal"``, ``"unknown_element"`` or, where
        the stated lengths, angles and volume are not those of the matrix,
        ``"contradictory_cell"``.
    """
    head, colon, body = text.partition(":")
    if not head.startswith(_HEAD) or not colon:
        raise _not_structure(text[:60], "it should begin with 'Information JSON of Material'")
    record = parse_literal(body)
    try:
        facts = _facts(record)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise _not_structure(text[:60], f"{type(error).__name__} {error}"[:80]) from error
    if render(facts) != text:
        raise _not_structure(text[:60], "it holds more than the format has, or in another order")
    unknown = sorted(set(facts.species) - set(element_symbols()))
    if unknown:
        raise ParseError(f"{unknown[0][:20]!r} is no chemical element", reason="unknown_element")
    _check_cell(facts)
    return facts


def _facts(record: dict[str, Any]) -> StructureText:
    crystal, symmetry = record["conventional_structure"], record["symmetry"]
    lattice, sites = crystal["lattice"], crystal["sites"]
    return StructureText(
        formula=str(record["material_formula"]),
        symmetry=_symmetry(symmetry),
        matrix=_three_columns(lattice["matrix"]),
        cell=tuple(float(lattice[name]) for name in _LENGTHS),
        species=tuple(str(site["species"][0]["element"]) for site in sites),
        xyz=_three_columns([site["xyz"] for site in sites]),
    )


def _symmetry(record: dict[str, Any]) -> SymmetryText:
    words = ("crystal_system", "symbol", "point_group")
    number, symprec = record["number"], record["symprec"]
    if not all(isinstance(record[word], str) for word in words):
        raise ValueError("crystal system, space group and point group are words")
    if number not in range(1, 231) or not isinstance(symprec, float):
        raise ValueError("a space group has a number from 1 to 230 and a tolerance")
    return SymmetryText(**record)


def _three_columns(rows: Any) -> tuple[tuple[float, ...], ...]:
    result = tuple(tuple(float(value) for value in row) for row in rows)
    if not result or any(len(row) != 3 for row in result):
        raise ValueError("coordinates need three numbers each")
    return result


def _check_cell(facts: StructureText) -> None:
    """Lengths, angles and volume repeat what the matrix says."""
    from pymatgen.core import Lattice

    matrix = np.array(facts.matrix)
    if matrix.shape != (3, 3) or not _TOLERANCE < abs(np.linalg.det(matrix)) < np.inf:
        raise _not_structure(facts.formula[:60], "the lattice vectors span no volume")
    with np.errstate(all="ignore"):
        lattice = Lattice(matrix)
        true = [getattr(lattice, name) for name in _LENGTHS]
    if not np.allclose(true, facts.cell, rtol=1e-5, atol=_TOLERANCE):
        raise ParseError(
            f"the cell of {facts.formula} contradicts its lattice vectors: stated {facts.cell}",
            reason="contradictory_cell",
        )


def _not_structure(what: str, why: str) -> ParseError:
    return ParseError(f"{what!r} is no structure text: {why}", reason="not_a_structure_text")
