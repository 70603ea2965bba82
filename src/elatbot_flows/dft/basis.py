"""How the energy of a crystal changes with the number of plane waves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from elatbot_flows.dft.plane_waves import log_excess, log_number
from elatbot_flows.dft.static import calculate
from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.errors import StructureError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.dft.code import DFTCode
    from elatbot_flows.documents import DFTFrame, StaticCalculation

__all__ = ["Basis", "measure_basis"]

_STEP = 1.05
"""Cut-offs of the two calculations, over and under that of all others."""


class Basis(NamedTuple):
    """What two calculations at neighbouring cut-offs say of the plane waves.

    Parameters
    ----------
    slope
        dE / d ln N, eV.
    doubt
        Difference of the corrected pressures between the cut-offs, GPa.
    calculations
        The two.
    """

    slope: float
    doubt: float
    calculations: list[StaticCalculation]


def measure_basis(
    structure: Structure, frame: DFTFrame, code: DFTCode, found: StaticCalculation
) -> Basis:
    """Compute a crystal at two neighbouring cut-offs.

    The slope hardly depends on the cell (1 % in copper when the volume changes by 9 %), so that one
    is enough for the relaxation and all perturbed crystals.

    Parameters
    ----------
    structure
        The crystal.
    frame
        Its k-mesh and grid.
    code
        Who computes.
    found
        The crystal at the cut-off itself, not corrected.

    Raises
    ------
    StructureError
        With the reason of a calculation that failed.
    """
    cutoffs = [code.settings.cutoff * factor for factor in (1 / _STEP, 1, _STEP)]
    calculations = [found]
    for place, cutoff in ((0, cutoffs[0]), (2, cutoffs[2])):
        other = replace(code, settings=replace(code.settings, cutoff=cutoff))
        one, _ = calculate(structure, frame, other)
        if one.energy is None:
            words = f"a calculation at another cut-off failed: {one.message}"
            raise StructureError(words, str(one.reason))
        calculations.insert(place, one)
    lattice = structure.lattice
    waves = [log_number(lattice, one) + log_excess(lattice, frame.mesh, one) for one in cutoffs]
    energies = [float(one.energy or 0.0) for one in calculations]
    pressures = [-float(np.trace(np.array(one.stress))) / 3 for one in calculations]
    slopes = np.diff(energies) / np.diff(waves)
    pulay = slopes / lattice.volume * GPA_PER_EV_A3
    low, high = (np.add(pressures[1:], pressures[:-1]) / 2) - pulay
    slope = (energies[2] - energies[0]) / (waves[2] - waves[0])
    return Basis(slope, float(abs(high - low)), [calculations[0], calculations[2]])
