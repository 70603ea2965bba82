"""Relaxing a crystal with a density functional, within its symmetry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.dft.basis import measure_basis
from elatbot_flows.dft.meshes import mesh_of, rotations_of
from elatbot_flows.dft.plane_waves import completed
from elatbot_flows.dft.static import calculate, point_of
from elatbot_flows.dft.widths import first_width, fitting_width
from elatbot_flows.documents import DFTFrame
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.errors import StructureError
from elatbot_flows.potentials.coordinates import deformed
from elatbot_flows.potentials.measuring import primitive_cell
from elatbot_flows.potentials.quasi_newton import relaxing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.documents import StaticCalculation
    from elatbot_flows.potentials.coordinates import Point
    from elatbot_flows.potentials.quasi_newton import SymmetricRelaxation
    from elatbot_flows.potentials.settings import ValidationSettings

__all__ = ["DFTRelaxation", "frame_of", "relax_by_dft", "settled"]

_VANISHED = 0.1
"""Moments below this are none, Bohr magnetons."""
_LOW_SPIN = 0.25
"""Moments of the second start over those of the first."""
_LOWER = 1e-3
"""By this much, eV/atom, the second start has to end lower to be gone on with."""


@dataclass
class DFTRelaxation:
    """A relaxation, as far as it got.

    Parameters
    ----------
    frame
        What further calculations of the relaxed crystal share with those of its relaxation.
    calculations
        All that was computed.
    ended
        The relaxed crystal; None before the first round ended.
    low_spin_energy
        Energy that a start from small moments led to, less that of high spin, eV/atom.
    """

    frame: DFTFrame
    calculations: list[StaticCalculation] = field(default_factory=list)
    ended: SymmetricRelaxation | None = None
    low_spin_energy: float | None = None


def frame_of(structure: Structure, code: DFTCode, symprec: float) -> DFTFrame:
    """What all calculations of a crystal share.

    Parameters
    ----------
    structure
        Primitive cell.
    code
        Who computes.
    symprec
        Tolerance of the symmetry, A.
    """
    rotations = rotations_of(structure, crystal_symmetry(structure, symprec))
    moments = code.starting_moments([site.specie.symbol for site in structure])
    return DFTFrame(
        mesh=mesh_of(structure, code.settings.k_spacing, rotations),
        moments=moments,
        width=first_width(code.settings, moments),
    )


def relax_by_dft(
    structure: Structure, code: DFTCode, settings: ValidationSettings
) -> DFTRelaxation:
    """Relax cell and ions along what keeps the symmetry; if some is gained, again within that.

    k-mesh and grid are those of the first calculation. Spin is given up where the moments vanish;
    where they do not, small moments are tried too, and the lower in energy is gone on with. Where
    the first calculation calls for another width of the smearing, it is done again with that.

    Parameters
    ----------
    structure
        The crystal.
    code
        Who computes.
    settings
        Thresholds.

    Raises
    ------
    StructureError
        With the reason of a calculation that failed, or if no symmetry is found.
    """
    current, order = primitive_cell(structure, settings.symprec)
    relaxation = DFTRelaxation(frame_of(current, code, settings.symprec))
    while True:
        ended = _round(current, relaxation, code, settings)
        relaxation.ended = ended
        current, higher = primitive_cell(ended.structure, settings.symprec)
        if not ended.converged or higher <= order:
            return relaxation
        order = higher
        relaxation.frame = _next_frame(current, relaxation, code, settings.symprec)


def _round(
    crystal: Structure, relaxation: DFTRelaxation, code: DFTCode, settings: ValidationSettings
) -> SymmetricRelaxation:
    course = relaxing(
        crystal,
        crystal_symmetry(crystal, settings.symprec),
        max_force=settings.max_force,
        max_stress=settings.max_stress,
        max_steps=settings.max_steps,
        by_work=True,
    )
    try:
        coordinates = next(course)
        while True:
            coordinates = course.send(_evaluated(crystal, coordinates, relaxation, code))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _evaluated(
    crystal: Structure, coordinates: NDArray[np.float64], relaxation: DFTRelaxation, code: DFTCode
) -> Point:
    """What is computed at one place of the relaxation; the next ones go on from its moments."""
    current = deformed(crystal, coordinates)
    first = not relaxation.calculations
    found = _computed(current, relaxation, code)
    width = fitting_width(code.settings, found, relaxation.frame.moments)
    if first and width != relaxation.frame.width:
        relaxation.frame = relaxation.frame.model_copy(update={"width": width})
        found = _computed(current, relaxation, code)
    if code.plane_waves and relaxation.frame.basis_slope is None:
        found = _with_basis(current, relaxation, code)
    return point_of(crystal, coordinates, found)


def _computed(current: Structure, relaxation: DFTRelaxation, code: DFTCode) -> StaticCalculation:
    """One calculation, booked; the very first one from high and from low spin."""
    found, fixed = calculate(current, relaxation.frame, code)
    magnetic = relaxation.frame.moments and (found.energy is None or settled(found.moments))
    if magnetic and not relaxation.calculations:
        found, fixed = _lower_start(current, relaxation, code, (found, fixed))
    relaxation.calculations.append(found)
    if found.energy is None:
        words = f"a calculation of the relaxation failed: {found.message}"
        raise StructureError(words, str(found.reason))
    moments = settled(found.moments)
    relaxation.frame = relaxation.frame.model_copy(update={"moments": moments, "fixed": fixed})
    return found


def _lower_start(
    current: Structure,
    relaxation: DFTRelaxation,
    code: DFTCode,
    high: tuple[StaticCalculation, dict[str, Any]],
) -> tuple[StaticCalculation, dict[str, Any]]:
    """What high or low spin leads to, whichever is lower or there at all; the other is booked."""
    start = [_LOW_SPIN * moment for moment in relaxation.frame.moments or ()]
    frame = relaxation.frame.model_copy(update={"moments": start, "fixed": high[1]})
    low = calculate(current, frame, code)
    first, last = low, high
    if high[0].energy is None:
        first, last = high, low
    elif low[0].energy is not None:
        relaxation.low_spin_energy = (low[0].energy - high[0].energy) / len(current)
        if relaxation.low_spin_energy < -_LOWER:
            first, last = high, low
    relaxation.calculations.append(first[0])
    return last


def _with_basis(current: Structure, relaxation: DFTRelaxation, code: DFTCode) -> StaticCalculation:
    """The latest calculation corrected as all after it will be, by two more."""
    found = relaxation.calculations.pop()
    basis = measure_basis(current, relaxation.frame, code, found)
    fields = {"basis_slope": basis.slope, "basis_doubt": basis.doubt}
    relaxation.frame = relaxation.frame.model_copy(update=fields)
    found = completed(found, current, relaxation.frame, code.settings.cutoff)
    relaxation.calculations += [*basis.calculations, found]
    return found


def settled(moments: list[float] | None) -> list[float] | None:
    """Moments, or None if they vanish."""
    if moments is None or max(map(abs, moments)) < _VANISHED:
        return None
    return moments


def _next_frame(
    crystal: Structure, relaxation: DFTRelaxation, code: DFTCode, symprec: float
) -> DFTFrame:
    """The frame of the next round, with the moments found where the atoms are still the same."""
    width = {"width": relaxation.frame.width}
    fresh = frame_of(crystal, code, symprec).model_copy(update=width)
    before = relaxation.ended.structure if relaxation.ended else crystal
    found = relaxation.calculations[-1].moments
    if settled(found) is None:
        return fresh.model_copy(update={"moments": None})
    if crystal.species == before.species:
        return fresh.model_copy(update={"moments": found})
    return fresh
