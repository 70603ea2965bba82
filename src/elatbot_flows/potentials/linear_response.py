"""Relaxed-ion elastic tensor from symmetry-adapted finite differences of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.response import (
    choose_directions,
    hessian_from_products,
    optical_modes,
    response,
)
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.potentials.coordinates import evaluate_all

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.elasticity.response import Response
    from elatbot_flows.elasticity.symmetry import CrystalSymmetry
    from elatbot_flows.potentials.base import Potential

__all__ = ["DISPLACEMENT", "STRAIN", "measure_hessian", "measure_response", "softest_repeated_mode"]

# The second derivatives of a potential may jump where an atom crosses a radius of its cutoff
# function, so steps are as short as single precision allows: its noise is below 0.1 % here.
STRAIN = 0.002
"""Length of the strain of each perturbation (Mandel)."""
DISPLACEMENT = 0.006
"""Largest displacement of an atom in each perturbation, A."""
_NEAR_ZERO = 0.1
"""Curvature whose sign one side tells, eV/A^2: of six alloys it was off by 0.02 at most."""
_SYMPREC = 1e-2


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
    hessian, asymmetry = measure_hessian(structure, potential, symmetry)
    return response(hessian, structure.volume / GPA_PER_EV_A3, asymmetry)


def measure_hessian(
    structure: Structure, potential: Potential, symmetry: CrystalSymmetry
) -> tuple[NDArray[np.float64], float]:
    """Second derivatives of the energy by strain and displacements, and their asymmetry.

    Parameters
    ----------
    structure, potential, symmetry
        As for `measure_response`.

    Returns
    -------
    numpy.ndarray
        Shape (6 + 3 n, 6 + 3 n); eV over (Mandel strain, displacement in A).
    float
        Norm of the antisymmetric part of what was measured over that of the whole.
    """
    directions = choose_directions(symmetry)
    steps = directions * _amplitudes(symmetry.dimension)[:, None]
    both = _gradients(structure, potential, np.hstack([steps, -steps]))
    ahead, behind = np.hsplit(both, 2)
    return hessian_from_products(steps, 0.5 * (ahead - behind), symmetry)


def softest_repeated_mode(structure: Structure, potential: Potential, times: int = 2) -> float:
    """Smallest curvature (eV/A^2) along displacements of atoms in a repeated cell at fixed shape.

    Directions are evaluated on one side only, against the forces that are left at rest. Where that
    comes near to zero the other side is evaluated too, so that anharmonicity drops out.

    Parameters
    ----------
    structure
        Relaxed crystal.
    potential
        The potential.
    times
        Repetitions along every edge of the cell.
    """
    cell = structure * (times, times, times)
    symmetry = crystal_symmetry(cell, _SYMPREC)
    steps = DISPLACEMENT * choose_directions(symmetry, strains=False)
    alone = _gradients(structure, potential, np.zeros((6 + 3 * len(structure), 1)))[:, 0]
    forces = np.repeat(alone[6:].reshape(-1, 3), times**3, axis=0).ravel()  # copies of a site abut
    rest = np.concatenate([times**3 * alone[:6], forces])
    ahead = _gradients(cell, potential, steps)
    softest = _softest(steps, ahead - rest[:, None], symmetry)
    if abs(softest) > _NEAR_ZERO:
        return softest
    behind = _gradients(cell, potential, -steps)
    return _softest(steps, 0.5 * (ahead - behind), symmetry)


def _softest(
    steps: NDArray[np.float64], products: NDArray[np.float64], symmetry: CrystalSymmetry
) -> float:
    hessian, _ = hessian_from_products(steps, products, symmetry)
    return float(optical_modes(hessian)[0].min())


def _amplitudes(dimension: int) -> NDArray[np.float64]:
    amplitudes = np.full(dimension, DISPLACEMENT)
    amplitudes[:6] = STRAIN
    return amplitudes


def _gradients(
    structure: Structure, potential: Potential, steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Gradients at some steps, as columns."""
    points = evaluate_all([(structure, step) for step in steps.T], potential)
    return np.array([point.gradient for point in points]).T
