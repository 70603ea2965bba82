"""Relaxed-ion elastic tensor from symmetry-adapted finite differences of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.response import choose_directions, hessian_from_products, response
from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.potentials.coordinates import evaluate

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.elasticity.response import Response
    from elatbot_flows.elasticity.symmetry import CrystalSymmetry
    from elatbot_flows.potentials.base import Potential

__all__ = ["DISPLACEMENT", "STRAIN", "measure_response"]

# The second derivatives of a potential may jump where an atom crosses a radius of its cutoff
# function, so steps are as short as single precision allows: its noise is below 0.1 % here.
STRAIN = 0.002
"""Length of the strain of each perturbation (Mandel)."""
DISPLACEMENT = 0.006
"""Largest displacement of an atom in each perturbation, A."""


def measure_response(
    structure: Structure, potential: Potential, symmetry: CrystalSymmetry
) -> Response:
    """Second derivatives of the energy of a relaxed crystal, and its elastic tensors in GPa.

    Each direction is evaluated on both sides, so that cubic anharmonicity drops out. No strained
    cell is relaxed.

    Parameters
    ----------
    structure
        Relaxed crystal.
    potential
        The potential.
    symmetry
        Its symmetry.
    """
    directions = choose_directions(symmetry)
    steps = directions * _amplitudes(symmetry.dimension)[:, None]
    products = np.array([_product(structure, potential, step) for step in steps.T]).T
    hessian, asymmetry = hessian_from_products(steps, products, symmetry)
    return response(hessian, structure.volume / GPA_PER_EV_A3, asymmetry)


def _amplitudes(dimension: int) -> NDArray[np.float64]:
    amplitudes = np.full(dimension, DISPLACEMENT)
    amplitudes[:6] = STRAIN
    return amplitudes


def _product(
    structure: Structure, potential: Potential, step: NDArray[np.float64]
) -> NDArray[np.float64]:
    ahead = evaluate(structure, step, potential).gradient
    behind = evaluate(structure, -step, potential).gradient
    return np.asarray(0.5 * (ahead - behind))
