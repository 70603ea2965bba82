"""Solid solutions as ordered crystals: special quasi-random structures of a few dozen atoms.

Zunger, Wei, Ferreira and Bernard, Phys. Rev. Lett. 65, 353 (1990): atoms are put on the sites of a
small cell so that the pairs of the nearest shells are as frequent as in a random alloy. The search
is that of sqsgenerator (``pip install elatbot_flows[alloys]``).
"""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.crystals.geometry import elemental_volume
from elatbot_flows.errors import ParseError, StructureError
from elatbot_flows.text.alloy import parse_alloy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymatgen.core import Structure

__all__ = ["LATTICES", "Approximant", "approximants", "solid_solution"]

LATTICES = ("bcc", "fcc", "hcp")
_IDEAL = (8 / 3) ** 0.5
_FULL = 1e-3
_TRIES = 100_000


@dataclass(frozen=True)
class Approximant:
    """An ordered crystal that stands for a disordered one.

    Parameters
    ----------
    structure
        The crystal, not relaxed.
    objective
        What sqsgenerator made small, with its usual weights: how far the pairs of the shells
        within the cell are from those of a random alloy; 0 is random.
    off
        Largest deviation of the fraction of an element on its sites from the one asked for.
    """

    structure: Structure
    objective: float
    off: float


def solid_solution(text: str) -> Structure:
    """A disordered crystal for a formula and a lattice, ``"Ni0.7Al0.3 fcc"``.

    Its volume is that of the elements (Zen's law), c/a of hcp the one of hard spheres.

    Raises
    ------
    ParseError
        With reason ``"not_a_solution"``, or as `elatbot_flows.text.alloy.parse_alloy`.

    Examples
    --------
    >>> solid_solution("Ni0.7Al0.3 fcc").composition.formula
    'Al1.2 Ni2.8'
    """
    from pymatgen.core import Lattice, Structure

    formula, _, kind = text.strip().rpartition(" ")
    if kind not in LATTICES or not formula:
        raise ParseError(
            f"{text[:60]!r} names no solid solution: write a formula and one of "
            f"{', '.join(LATTICES)}, e.g. Ni0.7Al0.3 fcc",
            reason="not_a_solution",
        )
    mixed = parse_alloy(formula).fractional_composition
    third = 1 / 3
    points: list[list[float]] = {
        "bcc": [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]],
        "fcc": [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]],
        "hcp": [[third, 2 * third, 0.25], [2 * third, third, 0.75]],
    }[kind]
    lattice = Lattice.hexagonal(1, _IDEAL) if kind == "hcp" else Lattice.cubic(1)
    volume = elemental_volume(mixed) * len(points)
    return Structure(lattice.scale(volume), [dict(mixed.as_dict())] * len(points), points)


def approximants(
    alloy: Structure,
    *,
    count: int = 3,
    most_atoms: int = 32,
    tolerance: float = 0.02,
    seed: int = 0,
) -> list[Approximant]:
    """Ordered crystals that stand for a disordered one together.

    Of all multiples of the cell whose composition is right within the tolerance, the one whose
    images of an atom are furthest apart is taken, of several the largest.

    Parameters
    ----------
    alloy
        A crystal with sites that elements share; sites without choice stay as they are.
    count
        How many are looked for; there are fewer where the same one is found again.
    most_atoms
        Of a cell.
    tolerance
        How far the fraction of an element on its sites may be off.
    seed
        Of the search. sqsgenerator may still choose another one of equally random crystals, so
        keep what was judged.

    Raises
    ------
    StructureError
        With reason ``"ordered"``, ``"vacancies"``, ``"too_large"`` if no cell is right,
        ``"no_structure"`` if the search finds none, or ``"missing_package"``.
    """
    from elatbot_flows.crystals.guess import same_crystal

    if importlib.util.find_spec("sqsgenerator") is None:
        raise StructureError(
            "solid solutions need sqsgenerator: pip install 'elatbot_flows[alloys]'",
            "missing_package",
        )
    _check(alloy)
    cell, off = _cell(alloy, most_atoms, tolerance)
    found: list[Approximant] = []
    for number in range(count):
        structure, objective = _search(cell, seed + number)
        if not any(same_crystal(structure, each.structure) for each in found):
            found.append(Approximant(structure, objective, off))
    return found


def _check(alloy: Structure) -> None:
    if alloy.is_ordered:
        raise StructureError(
            f"{alloy.composition.formula} is ordered: judge it as it is", "ordered"
        )
    if any(abs(site.species.num_atoms - 1) > _FULL for site in alloy):
        raise StructureError(
            f"{alloy.composition.formula} has vacant sites, for which there are no approximants: "
            "fill them, or leave them out",
            "vacancies",
        )


def _cell(alloy: Structure, most_atoms: int, tolerance: float) -> tuple[Structure, float]:
    """The best multiple of a cell, and how far its composition has to be off."""
    most = most_atoms // len(alloy)
    choices = []
    for times in itertools.product(range(1, most + 1), repeat=3):
        if times[0] * times[1] * times[2] <= most:
            cell = alloy.copy().make_supercell(times, to_unit_cell=True)
            off = max(_off(sites, kinds) for kinds, sites in _shared(cell))
            apart = min(_nearest_image(cell), 1e6)
            choices.append((off > tolerance, -round(apart, 3), -len(cell), off, times))
    if not choices or min(choices)[0]:
        raise StructureError(
            f"no cell of at most {most_atoms} atoms has {alloy.composition.reduced_formula} within "
            f"{tolerance:g}: allow more atoms, or a larger tolerance",
            "too_large",
        )
    best = min(choices)
    return alloy.copy().make_supercell(best[4], to_unit_cell=True), best[3]


def _nearest_image(cell: Structure) -> float:
    """Distance of an atom to its nearest image, A."""
    reduced = cell.lattice.get_niggli_reduced_lattice()
    return float(min(reduced.abc))


def _shared(cell: Structure) -> Iterable[tuple[dict[str, float], list[int]]]:
    """Fractions of elements, and the sites that have them, where there are several elements."""
    sites: dict[tuple[tuple[str, float], ...], list[int]] = {}
    for place, site in enumerate(cell):
        if not site.is_ordered:
            kinds = {element.symbol: float(part) for element, part in site.species.items()}
            sites.setdefault(tuple(sorted(kinds.items())), []).append(place)
    return ((dict(kinds), places) for kinds, places in sites.items())


def _counts(kinds: dict[str, float], number: int) -> dict[str, int]:
    """Atoms of each element on so many sites: largest remainders."""
    whole = {symbol: int(part * number + 1e-9) for symbol, part in kinds.items()}
    rests = sorted(kinds, key=lambda symbol: whole[symbol] - kinds[symbol] * number)
    for symbol in rests[: number - sum(whole.values())]:
        whole[symbol] += 1
    return whole


def _off(sites: list[int], kinds: dict[str, float]) -> float:
    """Largest deviation of a fraction; 1 if an element is lost."""
    counts = _counts(kinds, len(sites))
    if not all(counts.values()):
        return 1.0
    return max(abs(counts[symbol] / len(sites) - part) for symbol, part in kinds.items())


def _search(cell: Structure, seed: int) -> tuple[Structure, float]:
    """The most random of many arrangements, and its objective."""
    from pymatgen.core import Element, Structure
    from sqsgenerator import optimize, parse_config

    names = [min(element.symbol for element in site.species) for site in cell]
    shared = list(_shared(cell))
    settings: dict[str, Any] = {
        "structure": {
            "lattice": cell.lattice.matrix.tolist(),
            "coords": cell.frac_coords.tolist(),
            "species": names,
        },
        "composition": [{"sites": sites, **_counts(k, len(sites))} for k, sites in shared],
        "sublattice_mode": "split",
        "iteration_mode": "random",
        "iterations": _TRIES,
        "max_results_per_objective": 1,
        "seed": [seed],
        "thread_config": [1],
    }
    settings["seed"] *= len(shared)
    try:
        best = optimize(parse_config(settings)).best()
    except (AttributeError, ValueError) as error:  # it returns its errors, or has a cell no shells
        raise StructureError(
            f"no approximant of {len(cell)} atoms for {cell.composition.reduced_formula} "
            f"(sqsgenerator: {error}): allow more atoms",
            "no_structure",
        ) from error
    symbols = [Element.from_Z(int(number)).symbol for number in best.structure().species]
    return Structure(cell.lattice, symbols, best.structure().frac_coords), float(best.objective)
