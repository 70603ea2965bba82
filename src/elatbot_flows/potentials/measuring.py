"""Relaxing a crystal and measuring its elastic tensor, as validation wants it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.axes import ieee_rotation, rotated
from elatbot_flows.elasticity.symmetry import (
    crystal_symmetry,
    spacegroup_analyzer,
    symmetry_dataset,
)
from elatbot_flows.errors import StructureError
from elatbot_flows.potentials.linear_response import measure_response
from elatbot_flows.potentials.quasi_newton import SymmetricRelaxation, relax_in_symmetry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = ["Measurement", "measure", "primitive_cell", "relax_crystal"]

_HIDDEN = 10.0
"""Forces and stress that break the symmetry may be this much above the thresholds: what noise of
single precision, and potentials without mirror symmetry, leave."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Second derivatives of the energy of a relaxed crystal.

    Parameters
    ----------
    tensor, clamped
        Elastic tensors with ions relaxed and clamped, shape (6, 6), Voigt order, IEEE axes, GPa;
        the latter is None for finite strains.
    axes
        The IEEE axes as rows, shape (3, 3), in those of the crystal.
    residual
        Relative error estimate of the second derivatives, or residual of the fit to finite
        strains in GPa.
    softest_mode
        Smallest curvature along displacements of the primitive cell or the supercell, eV/A^2;
        None if not measured or for one atom.
    descents
        By the reason for a failure, what the energy may fall along: coordinates as columns, shape
        (6 + 3 n, m); see :class:`~elatbot_flows.elasticity.response.Response`.
    unconverged
        Strained cells whose ions did not converge, in words; None if all did.
    """

    tensor: NDArray[np.float64]
    clamped: NDArray[np.float64] | None
    axes: NDArray[np.float64]
    residual: float
    softest_mode: float | None
    descents: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    unconverged: str | None = None


def relax_crystal(
    structure: Structure, potential: Potential, settings: ValidationSettings
) -> SymmetricRelaxation:
    """Relax the primitive cell within its symmetry; if it gains some, again within the higher one.

    Raises
    ------
    StructureError
        If spglib finds no symmetry at all; with the reason ``"symmetry_broken"`` if forces or
        stress that the symmetry hides are far above the thresholds.
    """
    current, order = primitive_cell(structure, settings.symprec)
    while True:
        ended = relax_in_symmetry(
            current,
            potential,
            crystal_symmetry(current, settings.symprec),
            max_force=settings.max_force,
            max_stress=settings.max_stress,
            max_steps=settings.max_steps,
        )
        current, higher = primitive_cell(ended.structure, settings.symprec)
        if not ended.converged or higher <= order:
            break
        order = higher
    force, stress = ended.residuals()
    if ended.converged and max(force / settings.max_force, stress / settings.max_stress) > _HIDDEN:
        message = f"{force:.3f} eV/A and {stress:.2f} GPa break the symmetry of the relaxed crystal"
        raise StructureError(f"{message}: the potential does not have it", "symmetry_broken")
    return ended


def primitive_cell(structure: Structure, symprec: float) -> tuple[Structure, float]:
    """The primitive cell made exactly symmetric, and its operations per atom."""
    found, order = structure, 0.0
    while True:
        primitive = spacegroup_analyzer(found, symprec).find_primitive()
        if primitive is None:
            raise StructureError("no symmetry could be found for the cell", "calculation_error")
        higher = len(symmetry_dataset(primitive, symprec).rotations) / len(primitive)
        if higher <= order:
            return found, order
        found, order = primitive, higher  # which may be near to a higher symmetry still


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
    axes = ieee_rotation(structure, settings.symprec)
    return Measurement(
        tensor=rotated(found.relaxed, axes),
        clamped=rotated(found.clamped, axes),
        axes=axes,
        residual=found.asymmetry,
        softest_mode=softest if np.isfinite(softest) else None,
        descents={"soft_mode": found.soft_modes, "born_unstable": found.soft_strains},
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
        axes=ieee_rotation(structure, settings.symprec),
        residual=fit.fit_residual,
        softest_mode=None,
        unconverged=some if fit.n_unconverged else None,
    )
