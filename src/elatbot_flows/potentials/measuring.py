"""Relaxing a crystal and measuring its elastic tensor, as validation wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.errors import StructureError
from elatbot_flows.potentials.linear_response import measure_response
from elatbot_flows.potentials.quasi_newton import SymmetricRelaxation, relax_in_symmetry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = ["Measurement", "ieee_axes", "measure", "relax_crystal"]


@dataclass(frozen=True, eq=False)
class Measurement:
    """Second derivatives of a relaxed crystal, in the axes of its cell.

    Parameters
    ----------
    tensor, clamped
        Elastic tensors with ions relaxed and clamped, shape (6, 6), Voigt order, GPa; the latter
        is None for finite strains.
    residual
        Relative error estimate of the second derivatives, or residual of the fit to finite
        strains in GPa.
    softest_mode
        Smallest curvature along displacements of the primitive cell or the supercell, eV/A^2;
        None if not measured or for one atom.
    unconverged
        Strained cells whose ions did not converge, in words; None if all did.
    """

    tensor: NDArray[np.float64]
    clamped: NDArray[np.float64] | None
    residual: float
    softest_mode: float | None
    unconverged: str | None = None


def relax_crystal(
    structure: Structure, potential: Potential, settings: ValidationSettings
) -> SymmetricRelaxation:
    """Relax the primitive cell; if it gains symmetry, once more within the higher one.

    Raises
    ------
    StructureError
        If spglib finds no symmetry at all.
    """
    current, order = _primitive(structure, settings.symprec)
    while True:
        ended = relax_in_symmetry(
            current,
            potential,
            crystal_symmetry(current, settings.symprec),
            max_force=settings.max_force,
            max_stress=settings.max_stress,
            max_steps=settings.max_steps,
        )
        current, higher = _primitive(ended.structure, settings.symprec)
        if not ended.converged or higher <= order:
            return ended
        order = higher


def _primitive(structure: Structure, symprec: float) -> tuple[Structure, float]:
    """The primitive cell made exactly symmetric, and its operations per atom."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    primitive = SpacegroupAnalyzer(structure, symprec=symprec).find_primitive()
    if primitive is None:
        raise StructureError("no symmetry could be found for the cell", "calculation_error")
    dataset = SpacegroupAnalyzer(primitive, symprec=symprec).get_symmetry_dataset()
    return primitive, len(dataset.rotations) / len(primitive)


def measure(
    structure: Structure, potential: Potential, settings: ValidationSettings
) -> Measurement:
    """The elastic tensor of a relaxed crystal by the method asked for."""
    if settings.method == "finite_strain":
        return _strained(structure, potential, settings)
    found = measure_response(structure, potential, crystal_symmetry(structure, settings.symprec))
    softest = found.softest_mode
    if settings.supercell > 1:
        repeated = structure * ((settings.supercell,) * 3)
        symmetry = crystal_symmetry(repeated, settings.symprec)
        softest = min(softest, measure_response(repeated, potential, symmetry).softest_mode)
    return Measurement(
        tensor=ieee_axes(found.relaxed, structure),
        clamped=ieee_axes(found.clamped, structure),
        residual=found.asymmetry,
        softest_mode=softest if np.isfinite(softest) else None,
    )


def _strained(
    structure: Structure, potential: Potential, settings: ValidationSettings
) -> Measurement:
    from elatbot_flows.potentials.finite_strain import elastic_tensor

    fit = elastic_tensor(
        structure, potential, max_force=settings.max_force, symprec=settings.symprec
    )
    some = f"{fit.n_unconverged} of {fit.n_deformations} strained cells"
    return Measurement(
        tensor=fit.tensor,
        clamped=None,
        residual=fit.fit_residual,
        softest_mode=None,
        unconverged=some if fit.n_unconverged else None,
    )


def ieee_axes(tensor: NDArray[np.float64], structure: Structure) -> NDArray[np.float64]:
    """The tensor in the axes of the IEEE standard (pymatgen's)."""
    from pymatgen.analysis.elasticity import ElasticTensor

    turned: Any = ElasticTensor.from_voigt(tensor).convert_to_ieee(structure, initial_fit=False)
    matrix = np.asarray(turned.voigt, dtype=float)
    return np.asarray(0.5 * (matrix + matrix.T))
