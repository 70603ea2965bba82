"""Perturbed crystals for linear response, chosen by cost, and the response out of their numbers."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.dft.meshes import irreducible_points, rotations_of
from elatbot_flows.dft.static import point_of
from elatbot_flows.documents import PerturbationPlan
from elatbot_flows.elasticity.directions import cheapest_directions
from elatbot_flows.elasticity.response import hessian_from_products, response
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.potentials.coordinates import deformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.dft.method import DFTMethod
    from elatbot_flows.documents import DFTFrame, DFTRecord, StaticCalculation
    from elatbot_flows.elasticity.response import Response
    from elatbot_flows.elasticity.symmetry import CrystalSymmetry
    from elatbot_flows.potentials.coordinates import Point

__all__ = ["perturbed", "plan_perturbations", "response_of"]

_OVERHEAD = 3
"""What every calculation costs besides its k-points, in k-points."""
_PRESSURE_DERIVATIVE = 5.0
"""dK / dP of most solids, about."""


def plan_perturbations(
    structure: Structure, frame: DFTFrame, method: DFTMethod
) -> PerturbationPlan:
    """The perturbations that cost the fewest k-points in all.

    Parameters
    ----------
    structure
        Relaxed crystal.
    frame
        Its k-mesh.
    method
        How far to perturb it.
    """
    symmetry = crystal_symmetry(structure, method.thresholds.symprec)
    rotations = rotations_of(structure, symmetry)

    @cache
    def points(keeps: tuple[int, ...]) -> int:
        return irreducible_points(frame.mesh, rotations[list(keeps)])

    plan = PerturbationPlan(steps=[], ahead=[], behind=[], opposite=[], kpoints=[])
    for direction in cheapest_directions(symmetry, lambda keeps: points(keeps) + _OVERHEAD):
        step = direction.vector * np.repeat(
            [method.strain, method.displacement], [6, symmetry.dimension - 6]
        )
        sides = [step, -step][: direction.sides]
        plan.ahead.append(len(plan.steps))
        plan.behind.append(len(plan.steps) + 1 if direction.opposite is None else None)
        plan.opposite.append(direction.opposite)
        plan.steps += [side.tolist() for side in sides]
        plan.kpoints += [points(direction.keeps)] * len(sides)
    return plan


def perturbed(structure: Structure, plan: PerturbationPlan) -> list[Structure]:
    """The crystals to compute, in the order of the steps."""
    return [deformed(structure, np.array(step)) for step in plan.steps]


def response_of(
    structure: Structure,
    plan: PerturbationPlan,
    calculations: Sequence[StaticCalculation],
    record: DFTRecord,
    method: DFTMethod,
) -> tuple[Response, float | None]:
    """Second derivatives and elastic tensors (GPa) from calculations of all steps.

    Parameters
    ----------
    structure
        Relaxed crystal.
    plan
        What was computed.
    calculations
        One for each step, all with numbers.
    record
        What is known of the relaxed crystal.
    method
        As for the plan.

    Returns
    -------
    Response
        See :class:`~elatbot_flows.elasticity.response.Response`.
    float or None
        The error that energies give, see ``energy_mismatch`` of
        :class:`~elatbot_flows.documents.DFTRecord`; None without the energy of the relaxed crystal.
    """
    symmetry = crystal_symmetry(structure, method.thresholds.symprec)
    steps = np.array(plan.steps)
    points = [point_of(structure, *pair) for pair in zip(steps, calculations, strict=True)]
    directions = steps[plan.ahead].T
    products = np.array([_product(points, plan, k, symmetry) for k in range(len(plan.ahead))]).T
    hessian, asymmetry = hessian_from_products(directions, products, symmetry)
    found = response(hessian, structure.volume / GPA_PER_EV_A3, asymmetry)
    if record.frame is not None and record.frame.basis_doubt is not None:
        bulk = float(found.relaxed[:3, :3].mean())
        return found, abs(_PRESSURE_DERIVATIVE * record.frame.basis_doubt / bulk)
    if record.energy is None:
        return found, None
    return found, _mismatch(points, plan, directions, products, record.energy)


def _product(
    points: list[Point], plan: PerturbationPlan, k: int, symmetry: CrystalSymmetry
) -> NDArray[np.float64]:
    """The second derivatives times a step: half the difference of the gradients on both sides."""
    ahead = points[plan.ahead[k]].gradient
    place, operation = plan.behind[k], plan.opposite[k]
    if operation is not None:
        behind = symmetry.matrices[operation] @ ahead
    else:
        behind = points[int(place or 0)].gradient
    return np.asarray(0.5 * (ahead - behind))


def _mismatch(
    points: list[Point],
    plan: PerturbationPlan,
    directions: NDArray[np.float64],
    products: NDArray[np.float64],
    energy: float,
) -> float:
    """E(x) + E(-x) - 2 E(0) against x H x, along every direction."""
    found = []
    for k, (ahead, behind) in enumerate(zip(plan.ahead, plan.behind, strict=True)):
        other = ahead if behind is None else behind
        by_energy = points[ahead].energy + points[other].energy - 2 * energy
        by_gradient = float(directions[:, k] @ products[:, k])
        found.append(abs(by_energy - by_gradient) / abs(by_gradient))
    return max(found)
