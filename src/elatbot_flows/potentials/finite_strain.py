"""Relaxed-ion elastic tensor from finite strains, with atomate2's deformations and fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.axes import to_ieee_axes
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.elasticity.units import gpa_to_kbar
from elatbot_flows.potentials.evaluation import energy_forces_stress
from elatbot_flows.potentials.relaxation import relax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential

__all__ = ["STRAIN_MAGNITUDES", "StrainFit", "elastic_tensor", "fitted_tensor", "strained_cells"]

STRAIN_MAGNITUDES = (-0.01, -0.005, 0.005, 0.01)
"""Strains along each Voigt direction, atomate2's default."""

_STRAINED_SYMPREC = 1e-4
"""Symmetry tolerance (A) in strained cells: far below the displacements of the strains, which ASE's
``FixSymmetry`` would otherwise undo by refining the cell to a symmetry that it no longer has."""


@dataclass(frozen=True)
class StrainFit:
    """Elastic tensor fitted to strained cells, and how well.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, IEEE axes, GPa.
    fit_residual
        Root mean square of stress - C strain over all strains, GPa.
    strain_magnitudes
        Strains along each Voigt direction.
    n_deformations
        Strained cells computed, after symmetry reduction.
    n_unconverged
        Those whose ions did not converge.
    max_force
        Convergence threshold of the ions, eV/A.
    evaluations
        Evaluations of the potential.
    """

    tensor: NDArray[np.float64]
    fit_residual: float
    strain_magnitudes: tuple[float, ...]
    n_deformations: int
    n_unconverged: int
    max_force: float
    evaluations: int


def elastic_tensor(
    structure: Structure,
    potential: Potential,
    *,
    strain_magnitudes: Sequence[float] = STRAIN_MAGNITUDES,
    max_force: float = 1e-3,
    max_steps: int = 200,
    symprec: float = 1e-2,
) -> StrainFit:
    """Elastic tensor of a relaxed crystal, ions relaxed in every strained cell.

    Deformations are reduced by symmetry and the tensor is fitted to the second Piola-Kirchhoff
    stresses as atomate2's ``ElasticMaker`` does (de Jong et al., Sci. Data 2, 150009 (2015)).

    Parameters
    ----------
    structure
        Relaxed primitive cell.
    potential
        The potential.
    strain_magnitudes
        Strains applied along each of the six Voigt directions.
    max_force
        Convergence threshold of the ions in strained cells, eV/A.
    max_steps
        Steps allowed for that in each cell.
    symprec
        Symmetry tolerance (A) for reducing the deformations.
    """
    before = potential.evaluations
    deformations = strained_cells(structure, strain_magnitudes, symprec)
    relaxations = [
        relax(
            deformation.apply_to_structure(structure),
            potential,
            max_force=max_force,
            max_steps=max_steps,
            relax_cell=False,
            symprec=_STRAINED_SYMPREC,
        )
        for deformation in deformations
    ]
    _, _, residual_stress = energy_forces_stress(structure, potential)
    stresses = [relaxation.stress for relaxation in relaxations]
    tensor, fit_residual = fitted_tensor(
        structure, deformations, stresses, residual_stress, symprec
    )
    return StrainFit(
        tensor=tensor,
        fit_residual=fit_residual,
        strain_magnitudes=tuple(float(m) for m in strain_magnitudes),
        n_deformations=len(deformations),
        n_unconverged=sum(not relaxation.converged for relaxation in relaxations),
        max_force=max_force,
        evaluations=potential.evaluations - before,
    )


def strained_cells(
    structure: Structure, strain_magnitudes: Sequence[float], symprec: float
) -> list[Any]:
    """atomate2's deformations, reduced by symmetry.

    Parameters
    ----------
    structure
        Relaxed primitive cell.
    strain_magnitudes
        Strains along each of the six Voigt directions.
    symprec
        Symmetry tolerance, A.
    """
    from atomate2.common.jobs.elastic import generate_elastic_deformations

    found: list[Any] = generate_elastic_deformations.original(  # type: ignore[attr-defined]
        structure, strain_magnitudes=list(strain_magnitudes), symprec=symprec
    )
    return found


def fitted_tensor(
    structure: Structure,
    deformations: Sequence[Any],
    stresses: Sequence[NDArray[np.float64]],
    residual_stress: NDArray[np.float64],
    symprec: float,
) -> tuple[NDArray[np.float64], float]:
    """atomate2's fit to the stresses of strained cells.

    Parameters
    ----------
    structure
        Relaxed primitive cell.
    deformations
        Those of `strained_cells`.
    stresses
        Of each strained cell with ions relaxed, shape (3, 3), GPa, positive under tension.
    residual_stress
        Of the relaxed cell.
    symprec
        Symmetry tolerance, A.

    Returns
    -------
    numpy.ndarray
        The tensor, shape (6, 6), Voigt order, IEEE axes, GPa.
    float
        Root mean square of stress - C strain over all strains, GPa.
    """
    from atomate2.common.schemas.elastic import ElasticDocument
    from pymatgen.analysis.elasticity import Stress

    labels = [str(number) for number in range(len(deformations))]
    document: Any = ElasticDocument.from_stresses(
        structure,
        [Stress(gpa_to_kbar(stress)) for stress in stresses],
        list(deformations),
        uuids=labels,
        job_dirs=labels,
        equilibrium_stress=gpa_to_kbar(residual_stress).tolist(),
        symprec=symprec,
    )
    raw = np.array(document.elastic_tensor.raw)
    tensor = to_ieee_axes(crystal_symmetry(structure, symprec).mean_tensor(raw), structure, symprec)
    return tensor, _fit_residual(document)


def _fit_residual(document: Any) -> float:
    """Root mean square of stress - C strain over all strains, GPa."""
    from pymatgen.analysis.elasticity import Strain, Stress

    data = document.fitting_data
    tensor = np.array(document.elastic_tensor.raw)
    strains = np.array([Strain(s).voigt for s in data.strains])
    stresses = np.array([Stress(s).voigt for s in data.pk_stresses])
    offset = Stress(document.eq_stress).voigt if document.eq_stress is not None else 0.0
    return float(np.sqrt(np.mean((stresses - offset - strains @ tensor.T) ** 2)))
