"""The convex hull at one composition: the mixture of phases lowest in energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Composition

    from elatbot_flows.stability.phases import Phase

__all__ = ["chemical_potentials", "lowest_by_formula", "lowest_mixture"]

_NOTHING = 1e-6
"""Fractions below this are rounding."""


def lowest_by_formula(phases: Sequence[Phase]) -> list[Phase]:
    """The phase lowest in energy of every formula, in order of first appearance."""
    best: dict[str, Phase] = {}
    for phase in phases:
        found = best.get(phase.formula)
        if found is None or phase.energy_per_atom < found.energy_per_atom:
            best[phase.formula] = phase
    return list(best.values())


def lowest_mixture(
    composition: Composition, phases: Sequence[Phase]
) -> tuple[float, list[tuple[Phase, float]]]:
    """Energy of the hull at a composition, and the phases it consists of there.

    A linear programme: minimise the energy over non-negative fractions that give the composition.

    Parameters
    ----------
    composition
        Any amounts.
    phases
        Competing phases; those with other elements are ignored.

    Returns
    -------
    energy : float
        eV/atom.
    products : list of (Phase, float)
        With the fraction of all atoms in each, largest first.

    Raises
    ------
    StructureError
        ``missing_element`` if the phases cannot be mixed to that composition.
    """
    found, made, _ = _solved(composition, phases)
    products = [(phase, float(x)) for phase, x in zip(made, found.x, strict=True) if x > _NOTHING]
    return float(found.fun), sorted(products, key=lambda product: -product[1])


def chemical_potentials(composition: Composition, phases: Sequence[Phase]) -> dict[str, float]:
    """Energy (eV/atom) of every element in the mixture lowest in energy.

    The dual of the linear programme: no phase lies below the plane through these energies, and only
    one that does could lower the energy of the mixture.

    Parameters
    ----------
    composition
        Any amounts.
    phases
        Competing phases; those with other elements are ignored.

    Raises
    ------
    StructureError
        ``missing_element`` if the phases cannot be mixed to that composition.
    """
    found, _, elements = _solved(composition, phases)
    return dict(zip(elements, map(float, found.eqlin.marginals), strict=True))


def _solved(
    composition: Composition, phases: Sequence[Phase]
) -> tuple[Any, list[Phase], list[str]]:
    """Solution of the linear programme, the phases it mixes, and the elements it has to make."""
    from pymatgen.core import Composition
    from scipy.optimize import linprog

    elements = sorted(composition.elements)
    made = [(phase, Composition(phase.formula)) for phase in lowest_by_formula(phases)]
    made = [(phase, own) for phase, own in made if set(own.elements) <= set(elements)]
    if not made:
        raise StructureError(f"no phase to make {composition.formula} of", "missing_element")
    amounts = np.array([[own.get_atomic_fraction(e) for _, own in made] for e in elements])
    energies = np.array([phase.energy_per_atom for phase, _ in made])
    wanted = [composition.get_atomic_fraction(e) for e in elements]
    found = linprog(energies, A_eq=amounts, b_eq=wanted, method="highs")
    if not found.success:
        message = f"the phases at hand cannot be mixed to {composition.formula}"
        raise StructureError(message, "missing_element")
    return found, [phase for phase, _ in made], [element.symbol for element in elements]
