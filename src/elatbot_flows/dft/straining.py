"""The route of finite strains: cells with relaxed ions, and a tensor fitted to their stresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.dft.meshes import irreducible_points, rotations_of
from elatbot_flows.dft.static import calculate
from elatbot_flows.documents import StaticCalculation, StrainPlan
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.potentials.coordinates import deformed, point_at
from elatbot_flows.potentials.finite_strain import STRAIN_MAGNITUDES, fitted_tensor, strained_cells
from elatbot_flows.potentials.quasi_newton import relaxing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.dft.method import DFTMethod
    from elatbot_flows.documents import DFTFrame
    from elatbot_flows.potentials.coordinates import Point
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = ["plan_strains", "relax_ions", "strain_fit", "strained"]

_FORCE = 1e-3
"""Threshold of forces in strained cells, eV/A, as in atomate2's relaxations: strains of half a
percent move ions by little more than what larger forces leave."""
_SYMPREC = 1e-4
"""Tolerance of the symmetry of strained cells, A: far below what strains displace."""


def plan_strains(structure: Structure, frame: DFTFrame, method: DFTMethod) -> StrainPlan:
    """atomate2's strained cells of a crystal.

    Parameters
    ----------
    structure
        Relaxed crystal.
    frame
        Its k-mesh.
    method
        Tolerance of the symmetry.
    """
    found = strained_cells(structure, STRAIN_MAGNITUDES, method.thresholds.symprec)
    plan = StrainPlan(deformations=[np.array(one).tolist() for one in found], kpoints=[])
    for cell in strained(structure, plan):
        rotations = rotations_of(cell, crystal_symmetry(cell, _SYMPREC))
        plan.kpoints.append(irreducible_points(frame.mesh, rotations))
    return plan


def strained(structure: Structure, plan: StrainPlan) -> list[Structure]:
    """The strained cells, with ions where the strain takes them."""
    from pymatgen.analysis.elasticity import Deformation

    return [Deformation(one).apply_to_structure(structure) for one in plan.deformations]


def strain_fit(
    structure: Structure,
    plan: StrainPlan,
    calculations: Sequence[StaticCalculation],
    method: DFTMethod,
) -> tuple[NDArray[np.float64], float]:
    """atomate2's fit to the stresses of all cells.

    The stress that the relaxation left is below its threshold, and differences do not hold it.

    Returns
    -------
    numpy.ndarray
        The tensor, shape (6, 6), Voigt order, IEEE axes, GPa.
    float
        Root mean square of stress - C strain over all strains, GPa.
    """
    from pymatgen.analysis.elasticity import Deformation

    stresses = [np.array(one.stress) for one in calculations]
    cells = [Deformation(one) for one in plan.deformations]
    return fitted_tensor(structure, cells, stresses, np.zeros((3, 3)), method.thresholds.symprec)


def relax_ions(
    structure: Structure, frame: DFTFrame, code: DFTCode, settings: ValidationSettings
) -> StaticCalculation:
    """The calculation of a strained cell with its ions relaxed.

    Parameters
    ----------
    structure
        The strained cell.
    frame
        k-mesh and moments.
    code
        Who computes.
    settings
        Threshold for forces, and steps.

    Returns
    -------
    StaticCalculation
        The numbers at the end with the cost of all steps, or the reason why there are none; see
        :func:`~elatbot_flows.dft.static.calculate`, and ``"ions_not_converged"``.
    """
    done: list[tuple[StaticCalculation, Point]] = []
    course = relaxing(
        structure,
        crystal_symmetry(structure, _SYMPREC),
        max_force=min(settings.max_force, _FORCE),
        max_stress=np.inf,
        max_steps=settings.max_steps,
        fixed_cell=True,
    )
    spent = StaticCalculation(cycles=0)
    try:
        coordinates = next(course)
        while True:
            found, _ = calculate(deformed(structure, coordinates), frame, code)
            spent = _added(spent, found)
            if found.energy is None:
                return _priced(found, spent)
            numbers = found.energy, np.array(found.forces), np.array(found.stress)
            done.append((found, point_at(structure, coordinates, *numbers)))
            coordinates = course.send(done[-1][1])
    except StopIteration as end:
        ended = end.value
    if not ended.converged:
        message = f"forces above the threshold after {ended.steps} steps"
        return _priced(StaticCalculation(reason="ions_not_converged", message=message), spent)
    return _priced(next(found for found, point in done if point is ended.point), spent)


def _added(spent: StaticCalculation, found: StaticCalculation) -> StaticCalculation:
    return StaticCalculation(
        cycles=(spent.cycles or 0) + (found.cycles or 0),
        cpu_seconds=spent.cpu_seconds + found.cpu_seconds,
    )


def _priced(found: StaticCalculation, spent: StaticCalculation) -> StaticCalculation:
    return found.model_copy(update={"cycles": spent.cycles, "cpu_seconds": spent.cpu_seconds})
