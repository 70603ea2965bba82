"""From a crystal to a relaxed one with an elastic tensor, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from monty.json import MSONable

from elatbot_flows.elasticity.stability import smallest_eigenvalue
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.errors import PotentialError, StructureError
from elatbot_flows.potentials.linear_response import measure_response
from elatbot_flows.potentials.quasi_newton import relax_in_symmetry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential

__all__ = ["Method", "Validation", "ValidationSettings", "validate_structure"]

Method = Literal["linear_response", "finite_strain"]

NOBLE_GASES = frozenset({"He", "Ne", "Ar", "Kr", "Xe", "Rn"})
"""Held together by dispersion, which the functionals behind the potentials leave out."""


@dataclass(frozen=True)
class ValidationSettings(MSONable):
    """How a crystal is relaxed and strained, and what is let through.

    Parameters
    ----------
    method
        ``"linear_response"`` (second derivatives at the minimum, no strained cell is relaxed) or
        ``"finite_strain"`` (atomate2's deformations and fit).
    max_force
        Convergence threshold of forces, eV/A.
    max_stress
        Convergence threshold of the stress, GPa.
    max_steps
        Steps after which a relaxation counts as not converged.
    symprec
        Symmetry tolerance, A.
    closest, farthest
        Allowed distance of every atom to its nearest neighbour, over the sum of their radii.
    softest_mode
        Smallest curvature along displacements that counts as stable, eV/A^2.
    max_asymmetry
        Largest relative asymmetry of the matrix of second derivatives (linear response). Smooth
        potentials stay below 0.004.
    supercell
        Also look for soft displacements in the primitive cell repeated this often along each
        axis, that is for phonons away from the zone centre; 1 for the zone centre alone.
    """

    method: Method = "linear_response"
    max_force: float = 1e-3
    max_stress: float = 0.05
    max_steps: int = 200
    symprec: float = 1e-2
    closest: float = 0.5
    farthest: float = 2.0
    softest_mode: float = 0.02
    max_asymmetry: float = 0.02
    supercell: int = 1


@dataclass(frozen=True)
class Validation:
    """What became of a crystal.

    Parameters
    ----------
    status, reason, message
        ``"validated"``, or ``"failed"`` with the reason for programs and for people.
    structure
        Relaxed primitive cell, as far as it came.
    energy
        eV per cell, None if nothing was computed.
    relaxed
        Whether the relaxation converged.
    tensor, clamped
        Elastic tensors with ions relaxed and clamped, shape (6, 6), Voigt order, IEEE axes, GPa.
    smallest_eigenvalue
        Of `tensor`, GPa.
    softest_mode
        Smallest curvature along displacements of the primitive cell or the supercell, eV/A^2;
        None if not computed or for one atom.
    residual
        Relative error estimate of the second derivatives, or residual of the fit to finite
        strains in GPa.
    evaluations
        Evaluations of the potential.
    """

    status: Literal["validated", "failed"]
    structure: Structure
    reason: str | None = None
    message: str | None = None
    energy: float | None = None
    relaxed: bool = False
    tensor: NDArray[np.float64] | None = None
    clamped: NDArray[np.float64] | None = None
    smallest_eigenvalue: float | None = None
    softest_mode: float | None = None
    residual: float | None = None
    evaluations: int = 0

    def failed(self, reason: str, message: str) -> Validation:
        """A copy that failed for a reason."""
        return replace(self, status="failed", reason=reason, message=message)


def validate_structure(
    structure: Structure, potential: Potential, settings: ValidationSettings | None = None
) -> Validation:
    """Relax a crystal, compute its elastic tensor, and let it through the gates.

    Nothing is raised for a crystal that is bad in whatever way: that is a result.

    Parameters
    ----------
    structure
        The crystal.
    potential
        The potential.
    settings
        Thresholds and method; the defaults if None.
    """
    settings = settings or ValidationSettings()
    before = potential.evaluations
    so_far = Validation("failed", structure)
    try:
        _check_crystal(structure, potential, settings)
        so_far = _relaxed(structure, potential, settings)
        if so_far.relaxed:
            so_far = _gated(_measured(so_far, potential, settings), settings)
    except StructureError as error:
        so_far = so_far.failed(error.reason, str(error))
    except PotentialError as error:
        so_far = so_far.failed("potential_error", str(error))
    except Exception as error:  # noqa: BLE001 - potentials raise what they like on odd crystals
        so_far = so_far.failed("calculation_error", f"{type(error).__name__}: {error}")
    return replace(so_far, evaluations=potential.evaluations - before)


def _check_crystal(
    structure: Structure, potential: Potential, settings: ValidationSettings
) -> None:
    """Refuse what no potential should be asked about."""
    if not structure.is_ordered:
        raise StructureError("sites are partly occupied; give an ordered crystal", "disordered")
    symbols = {site.specie.symbol for site in structure}
    unknown = sorted(symbols - set(potential.elements))
    if unknown:
        message = f"potential {potential.name} does not know {', '.join(unknown)}"
        raise StructureError(message, "unsupported_element")
    if noble := sorted(symbols & NOBLE_GASES):
        message = f"{', '.join(noble)}: the potential leaves out the forces that bind noble gases"
        raise StructureError(message, "unsupported_element")
    _check_distances(structure, settings)


def _check_distances(structure: Structure, settings: ValidationSettings) -> None:
    nearest = nearest_distance_ratios(structure)
    if nearest.min() < settings.closest:
        message = f"two atoms are at {nearest.min():.2f} of the sum of their radii"
        raise StructureError(message, "atoms_overlap")
    if nearest.max() > settings.farthest:
        message = f"an atom is {nearest.max():.1f} times the sum of radii away from all others"
        raise StructureError(message, "isolated_atoms")


def nearest_distance_ratios(structure: Structure) -> NDArray[np.float64]:
    """Distance of every atom to its nearest neighbour over the sum of their atomic radii."""
    radii = np.array([float(site.specie.atomic_radius or 1.5) for site in structure])
    sums = radii[:, None] + radii[None, :]
    distances = structure.distance_matrix.copy()
    lengths = structure.lattice.get_niggli_reduced_lattice().abc
    np.fill_diagonal(distances, min(lengths))
    return np.asarray((distances / sums).min(axis=1))


def _relaxed(
    structure: Structure, potential: Potential, settings: ValidationSettings
) -> Validation:
    """Relax the primitive cell; if it gains symmetry, once more within the higher one."""
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
            break
        order = higher
    result = Validation("failed", ended.structure, energy=ended.point.energy, relaxed=True)
    if not ended.converged:
        message = f"forces or stress above the thresholds after {settings.max_steps} steps"
        return replace(result, relaxed=False).failed("relaxation_not_converged", message)
    _check_distances(ended.structure, settings)
    return result


def _primitive(structure: Structure, symprec: float) -> tuple[Structure, float]:
    """The primitive cell made exactly symmetric, and its operations per atom."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    primitive = SpacegroupAnalyzer(structure, symprec=symprec).find_primitive()
    if primitive is None:
        raise StructureError("no symmetry could be found for the cell", "calculation_error")
    dataset = SpacegroupAnalyzer(primitive, symprec=symprec).get_symmetry_dataset()
    return primitive, len(dataset.rotations) / len(primitive)


def _measured(so_far: Validation, potential: Potential, settings: ValidationSettings) -> Validation:
    """The elastic tensor by the method asked for."""
    structure = so_far.structure
    if settings.method == "finite_strain":
        from elatbot_flows.potentials.finite_strain import elastic_tensor

        fit = elastic_tensor(
            structure, potential, max_force=settings.max_force, symprec=settings.symprec
        )
        so_far = replace(so_far, tensor=fit.tensor, residual=fit.fit_residual)
        if fit.n_unconverged:
            message = f"{fit.n_unconverged} of {fit.n_deformations} strained cells"
            return so_far.failed("strain_not_converged", f"ions did not converge in {message}")
        return so_far
    found = measure_response(structure, potential, crystal_symmetry(structure, settings.symprec))
    softest = found.softest_mode
    if settings.supercell > 1:
        repeated = structure * ((settings.supercell,) * 3)
        symmetry = crystal_symmetry(repeated, settings.symprec)
        softest = min(softest, measure_response(repeated, potential, symmetry).softest_mode)
    return replace(
        so_far,
        tensor=_ieee(found.relaxed, structure),
        clamped=_ieee(found.clamped, structure),
        softest_mode=softest if np.isfinite(softest) else None,
        residual=found.asymmetry,
    )


def _ieee(tensor: NDArray[np.float64], structure: Structure) -> NDArray[np.float64]:
    """The tensor in the axes of the IEEE standard (pymatgen's)."""
    from pymatgen.analysis.elasticity import ElasticTensor

    turned: Any = ElasticTensor.from_voigt(tensor).convert_to_ieee(structure, initial_fit=False)
    matrix = np.asarray(turned.voigt, dtype=float)
    return np.asarray(0.5 * (matrix + matrix.T))


def _gated(so_far: Validation, settings: ValidationSettings) -> Validation:
    """Status from the tensor: what is not finite or not stable is no number."""
    if so_far.reason is not None or so_far.tensor is None:
        return so_far
    if not np.isfinite(so_far.tensor).all():
        return so_far.failed("not_finite", "the elastic tensor is not finite")
    if settings.method == "linear_response" and (so_far.residual or 0.0) > settings.max_asymmetry:
        message = f"second derivatives contradict each other by {so_far.residual:.1%}"
        return so_far.failed("not_smooth", f"{message}: the potential is not smooth enough")
    so_far = replace(so_far, smallest_eigenvalue=smallest_eigenvalue(so_far.tensor))
    mode, eigenvalue = so_far.softest_mode, so_far.smallest_eigenvalue
    if mode is not None and mode < settings.softest_mode:
        message = f"the energy has a curvature of {mode:.2f} eV/A^2 along a displacement of atoms"
        return so_far.failed("soft_mode", message)
    if eigenvalue is None or eigenvalue <= 0:
        message = f"the elastic tensor has an eigenvalue of {eigenvalue:.1f} GPa"
        return so_far.failed("born_unstable", message)
    return replace(so_far, status="validated")
