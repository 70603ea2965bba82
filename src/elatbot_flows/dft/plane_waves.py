"""Numbers of too few plane waves as all of them within the cut-off would have them.

A code keeps the cut-off, so that plane waves come and go when the cell is strained. Its stresses
are derivatives at a fixed set of them and lack what the change of their number does (Pulay stress),
and its energies jump with their number. Both follow from how the energy changes with the logarithm
of that number (G. P. Francis and M. C. Payne, J. Phys.: Condens. Matter 2, 4395 (1990)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ase.units import Bohr, Hartree

from elatbot_flows.elasticity.units import GPA_PER_EV_A3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymatgen.core import Lattice, Structure

    from elatbot_flows.documents import DFTFrame, StaticCalculation

__all__ = ["completed", "log_excess", "log_number"]


def log_number(lattice: Lattice, cutoff: float) -> float:
    """Logarithm of the number of plane waves that the volume has room for.

    Parameters
    ----------
    lattice
        The cell, A.
    cutoff
        Their highest kinetic energy, eV.
    """
    return float(np.log(lattice.volume * _radius(cutoff) ** 3 / (6 * np.pi**2)))


def log_excess(lattice: Lattice, mesh: Sequence[int], cutoff: float) -> float:
    """Logarithm of their true number over that one, on average over the k-points.

    Parameters
    ----------
    lattice
        The cell, A.
    mesh
        Points of the k-mesh, which holds Gamma.
    cutoff
        Highest kinetic energy, eV.

    Examples
    --------
    >>> from pymatgen.core import Lattice
    >>> abs(log_excess(Lattice.cubic(4.0), (4, 4, 4), 450.0)) < 0.01
    True
    """
    radius, basis = _radius(cutoff), lattice.reciprocal_lattice.matrix
    most = np.ceil(np.array(lattice.abc) * radius / (2 * np.pi)).astype(int) + 1
    waves = _grid([np.arange(-n, n + 1) for n in most])
    points = _grid([np.arange(n) / n for n in mesh])
    numbers = [
        np.count_nonzero(np.sum(((waves + point) @ basis) ** 2, axis=1) <= radius**2)
        for point in points - np.rint(points)
    ]
    return float(np.mean(np.log(numbers))) - log_number(lattice, cutoff)


def completed(
    found: StaticCalculation, structure: Structure, frame: DFTFrame, cutoff: float
) -> StaticCalculation:
    """A calculation with energy and stress as if plane waves changed smoothly with the cell.

    Parameters
    ----------
    found
        The calculation, with numbers.
    structure
        Its crystal.
    frame
        Its k-mesh, and how the energy changes with the number of plane waves.
    cutoff
        Highest kinetic energy of the plane waves, eV.
    """
    slope = frame.basis_slope
    if slope is None or found.energy is None:
        return found
    lattice = structure.lattice
    pulay = slope / lattice.volume * GPA_PER_EV_A3
    return found.model_copy(
        update={
            "energy": found.energy - slope * log_excess(lattice, frame.mesh, cutoff),
            "stress": (np.array(found.stress) + pulay * np.eye(3)).tolist(),
        }
    )


def _radius(cutoff: float) -> float:
    """Length of the longest wave vector, 1/A."""
    return float(np.sqrt(2 * cutoff / Hartree) / Bohr)


def _grid(axes: list[np.ndarray]) -> np.ndarray:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
