"""Relaxing a crystal and reading its pressure."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.units import bulk_modulus_from_pressures
from elatbot_flows.potentials.batch import evaluate_batch
from elatbot_flows.potentials.evaluation import last_results

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential

__all__ = ["Relaxation", "hydrostatic_bulk_modulus", "relax"]

_STIFFENING = 4.5
"""Usual derivative of the bulk modulus by pressure: half way to the compressed volume it is larger
than at equilibrium."""


@dataclass(frozen=True)
class Relaxation:
    """A relaxed crystal.

    Parameters
    ----------
    structure
        Final crystal.
    energy
        Final energy, eV per cell.
    stress
        Final stress, shape (3, 3), GPa, positive under tension.
    converged
        Whether forces fell below the threshold within the allowed steps.
    evaluations
        Evaluations of the potential it took.
    """

    structure: Structure
    energy: float
    stress: NDArray[np.float64]
    converged: bool
    evaluations: int


def relax(
    structure: Structure,
    potential: Potential,
    *,
    max_force: float,
    max_steps: int,
    relax_cell: bool = True,
    symprec: float | None = 1e-2,
) -> Relaxation:
    """Relax a crystal with atomate2's ASE relaxer and the quasi-Newton method BFGS.

    Parameters
    ----------
    structure
        Ordered crystal.
    potential
        The potential.
    max_force
        Threshold for the largest force on an atom, and on the cell as ASE's Frechet filter
        defines it, eV/A.
    max_steps
        Steps after which the relaxation counts as not converged.
    relax_cell
        Whether the cell relaxes, or only the ions.
    symprec
        Tolerance (A) of the symmetry to keep, or None to keep none.

    Raises
    ------
    PotentialError
        If the potential does not know an element or gives numbers that are not finite.
    """
    from atomate2.ase.utils import AseRelaxer

    potential.require(site.specie.symbol for site in structure)
    before = potential.evaluations
    relaxer = AseRelaxer(
        potential.calculator,
        optimizer="BFGS",
        relax_cell=relax_cell,
        fix_symmetry=symprec is not None,
        symprec=symprec or 0.0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = relaxer.relax(
            structure,
            fmax=max_force,
            steps=max_steps,
            final_atoms_object_file=None,  # type: ignore[arg-type]
        )
    energy, stress = last_results(potential)
    return Relaxation(
        structure=_bare(result.final_mol_or_struct),
        energy=energy,
        stress=stress,
        converged=bool(result.converged) and max_steps > 1,  # one step is a mere evaluation there
        evaluations=potential.evaluations - before,
    )


def hydrostatic_bulk_modulus(
    structure: Structure, potential: Potential, pressure: float, strain: float = 0.005
) -> float:
    """Bulk modulus (GPa) from the pressures here and under compression, ions clamped.

    Parameters
    ----------
    structure
        Crystal near equilibrium.
    potential
        The potential.
    pressure
        Of the crystal as it is, GPa.
    strain
        Linear compression.
    """
    squeezed = structure.copy().apply_strain(-strain)
    ((_, _, stress),) = evaluate_batch([squeezed], potential)
    volumes = squeezed.volume, structure.volume
    between = bulk_modulus_from_pressures(volumes, (-float(np.trace(stress)) / 3, pressure))
    return between / (1 + _STIFFENING * 1.5 * strain)


def _bare(structure: Any) -> Structure:
    """Drop what calculators attach to sites, so that documents stay small."""
    from pymatgen.core import Structure

    return Structure(structure.lattice, [s.specie for s in structure], structure.frac_coords)
