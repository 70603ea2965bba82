"""One evaluation of a potential, checked and in our units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.units import ase_stress_to_gpa
from elatbot_flows.errors import PotentialError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential

__all__ = ["energy_forces_stress", "last_results"]


def energy_forces_stress(
    structure: Structure, potential: Potential
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Energy (eV per cell), forces ((n, 3), eV/A) and stress ((3, 3), GPa, positive under tension).

    Raises
    ------
    PotentialError
        If the potential does not know an element or gives numbers that are not finite.
    """
    from pymatgen.io.ase import AseAtomsAdaptor

    potential.require(site.specie.symbol for site in structure)
    atoms = AseAtomsAdaptor.get_atoms(structure)
    atoms.calc = potential.calculator
    atoms.get_stress()
    energy, stress = last_results(potential)
    forces = np.array(potential.calculator.results["forces"], dtype=float)  # it may use it again
    return energy, forces, stress


def last_results(potential: Potential) -> tuple[float, NDArray[np.float64]]:
    """Energy (eV) and stress (shape (3, 3), GPa, tension > 0) of the last evaluation.

    Raises
    ------
    PotentialError
        If they, or the forces, are not finite.
    """
    results = potential.calculator.results
    energy = float(np.asarray(results["energy"]).item())
    raw = np.asarray(results["stress"], dtype=float)
    voigt = raw if raw.shape == (6,) else raw[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    stress = ase_stress_to_gpa(voigt)
    finite = np.isfinite(energy) and np.isfinite(stress).all()
    if not (finite and np.isfinite(results["forces"]).all()):
        raise PotentialError(f"potential {potential.name} gave numbers that are not finite")
    return energy, stress
