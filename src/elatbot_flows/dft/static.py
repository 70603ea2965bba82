"""One self-consistent calculation, whose failure is a document too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.dft.plane_waves import completed
from elatbot_flows.documents import StaticCalculation
from elatbot_flows.elasticity.units import ase_stress_to_gpa
from elatbot_flows.errors import DFTError
from elatbot_flows.potentials.coordinates import point_at

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.documents import DFTFrame
    from elatbot_flows.potentials.coordinates import Point

__all__ = ["calculate", "point_of"]

_UNCONVERGED = ("Convergence", "SCF")
"""Parts of the names of errors that codes and ASE raise where self-consistency was not reached."""


def calculate(
    structure: Structure, frame: DFTFrame, code: DFTCode
) -> tuple[StaticCalculation, dict[str, Any]]:
    """Energy, forces and stress of a crystal as it is, corrected for too few plane waves.

    Parameters
    ----------
    structure
        The crystal.
    frame
        k-mesh, moments, and what is known of its plane waves.
    code
        Who computes.

    Returns
    -------
    StaticCalculation
        The numbers, or the reason why there are none: ``"scf_not_converged"``, ``"not_finite"`` or
        ``"calculation_error"``.
    dict
        What later calculations of the crystal must have in common with this one.

    Raises
    ------
    DFTError
        If the code is not there.
    """
    before = _processor_time()
    try:
        found, fixed = _numbers(structure, frame, code)
        found = completed(found, structure, frame, code.settings.cutoff)
    except DFTError:
        raise
    except Exception as error:  # noqa: BLE001 - codes raise what they like
        words = f"{type(error).__name__}: {error}"
        short = any(part in type(error).__name__ for part in _UNCONVERGED)
        reason = "scf_not_converged" if short else "calculation_error"
        found, fixed = StaticCalculation(reason=reason, message=words), {}
    return found.model_copy(update={"cpu_seconds": _processor_time() - before}), fixed


def point_of(
    structure: Structure, coordinates: NDArray[np.float64], found: StaticCalculation
) -> Point:
    """What a calculation that ended says at coordinates about a crystal.

    Parameters
    ----------
    structure
        The crystal that the coordinates start from.
    coordinates
        Where it was computed: Mandel strain, and displacements in A.
    found
        The calculation, with numbers.
    """
    assert found.energy is not None  # noqa: S101 - whoever calls has looked
    numbers = np.array(found.forces), np.array(found.stress)
    return point_at(structure, coordinates, found.energy, *numbers)


def _numbers(
    structure: Structure, frame: DFTFrame, code: DFTCode
) -> tuple[StaticCalculation, dict[str, Any]]:
    from pymatgen.io.ase import AseAtomsAdaptor

    atoms = AseAtomsAdaptor.get_atoms(structure, msonable=False)
    cell, turn = _upright(structure.lattice.matrix)
    atoms.set_cell(cell, scale_atoms=True)
    if frame.moments is not None:
        atoms.set_initial_magnetic_moments(frame.moments)
    calculator = code.calculator(frame)
    atoms.calc = calculator
    energy, forces = float(atoms.get_potential_energy()), atoms.get_forces() @ turn
    stress = turn.T @ ase_stress_to_gpa(atoms.get_stress()) @ turn
    kpoints, cycles = code.effort(calculator)
    if not all(np.isfinite(numbers).all() for numbers in (energy, forces, stress)):
        message = "energy, forces or stress are not finite"
        return StaticCalculation(reason="not_finite", message=message), {}
    moments = None if frame.moments is None else atoms.get_magnetic_moments().tolist()
    found = StaticCalculation(
        energy=energy,
        forces=forces.tolist(),
        stress=stress.tolist(),
        moments=moments,
        gap=code.gap(calculator),
        kpoints=kpoints,
        cycles=cycles,
    )
    return found, code.fixed(calculator)


def _upright(
    cell: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A cell as codes like it, lower triangular with a positive diagonal, and how it is turned.

    The cell is the first matrix times the second one, which may be a mirror. GPAW cannot draw
    cells that point backwards.
    """
    orthogonal, upper = np.linalg.qr(cell.T)
    signs = np.sign(np.diag(upper))
    return upper.T * signs, (orthogonal * signs).T


def _processor_time() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
