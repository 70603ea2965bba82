"""How the energy of a crystal changes with the number of plane waves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from elatbot_flows.dft.plane_waves import log_excess, log_number
from elatbot_flows.dft.static import calculate
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.documents import DFTFrame, StaticCalculation

__all__ = ["measure_basis_slope"]

_STEP = 1.05
"""Cut-offs of the two calculations, over and under that of all others."""


def measure_basis_slope(
    structure: Structure, frame: DFTFrame, code: DFTCode
) -> tuple[float | None, list[StaticCalculation]]:
    """Two calculations at neighbouring cut-offs, and the slope that their energies have.

    It hardly depends on the cell (1 % in copper when the volume changes by 9 %), so that one is
    enough for the relaxation and all perturbed crystals.

    Parameters
    ----------
    structure
        The crystal.
    frame
        Its k-mesh and grid.
    code
        Who computes.

    Returns
    -------
    float or None
        dE / d ln N, eV; None for codes without plane waves.
    list
        The calculations.

    Raises
    ------
    StructureError
        With the reason of a calculation that failed.
    """
    if not code.plane_waves:
        return None, []
    lattice, found, places = structure.lattice, [], []
    for factor in (1 / _STEP, _STEP):
        cutoff = code.settings.cutoff * factor
        other = replace(code, settings=replace(code.settings, cutoff=cutoff))
        one, _ = calculate(structure, frame, other)
        if one.energy is None:
            words = f"a calculation at another cut-off failed: {one.message}"
            raise StructureError(words, str(one.reason))
        found.append(one)
        places.append(log_number(lattice, cutoff) + log_excess(lattice, frame.mesh, cutoff))
    less, more = (float(one.energy or 0.0) for one in found)
    return (more - less) / (places[1] - places[0]), found
