"""A code that stands in for density functionals: ASE's effective medium theory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from ase.calculators.emt import EMT

from elatbot_flows.dft import DFTCode

if TYPE_CHECKING:
    from elatbot_flows.documents import DFTFrame


class SCFStuckError(Exception):
    """What a code raises where self-consistency is not reached."""


@dataclass(frozen=True)
class EMTCode(DFTCode):
    """EMT, which can be told to fail.

    Parameters
    ----------
    fails_below
        It does not converge for crystals with fewer operations than this.
    kills_once
        Its process is killed at a crystal of low symmetry, unless this file is there already.
    pulay
        Pressure (GPa) that its energies have and its stresses do not.
    slope
        dE / d ln N, eV, of plane waves up to the cut-off, whose number stresses keep.
    """

    fails_below: int = 0
    kills_once: str | None = None
    pulay: float = 0.0
    slope: float | None = None

    name: ClassVar[str] = "emt"
    family: ClassVar[str] = "EMT"
    package: ClassVar[str] = "ase"

    @property
    def plane_waves(self):
        return self.slope is not None

    def calculator(self, frame: DFTFrame):
        return _FailingEMT(self, frame.mesh)

    def elements(self):
        return ("Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au")

    def version(self):
        return "3"

    def effort(self, calculator):
        return None, 7

    def core_seconds(self, structure, kpoints, *, spin):
        return float(kpoints)


class _FailingEMT(EMT):
    def __init__(self, code, mesh):
        super().__init__()
        self.code, self.mesh = code, mesh

    def calculate(self, atoms=None, *arguments, **more):
        operations = _operations(atoms)
        once = self.code.kills_once
        if operations < 16 and once and not Path(once).exists():
            Path(once).touch()
            os._exit(9)
        if operations < self.code.fails_below:
            raise SCFStuckError("no self-consistency after 7 cycles")
        super().calculate(atoms, *arguments, **more)
        self.results["energy"] -= self.code.pulay / 160.2 * atoms.get_volume()
        if self.code.slope is not None:
            self._lose_plane_waves(atoms, self.code.slope)
        self.results["magmoms"] = np.full(len(atoms), 0.001)
        self.results["magmom"] = 0.0

    def _lose_plane_waves(self, atoms, slope):
        """By brute force: their number at every k-point, and a stress that keeps it."""
        cutoff = self.code.settings.cutoff
        radius, logarithms = np.sqrt(cutoff / 3.80998), []
        waves = np.indices((13, 13, 13)).reshape(3, -1).T - 6
        for point in np.ndindex(self.mesh):
            shifted = waves + np.array(point) / self.mesh - np.rint(np.array(point) / self.mesh)
            lengths = np.linalg.norm(2 * np.pi * shifted @ atoms.cell.reciprocal(), axis=1)
            logarithms.append(np.log(np.count_nonzero(lengths <= radius) / atoms.get_volume()))
        self.results["energy"] += slope * np.mean(logarithms)
        self.results["stress"][:3] -= slope / atoms.get_volume()


def _operations(atoms):
    from pymatgen.io.ase import AseAtomsAdaptor

    from elatbot_flows.elasticity.symmetry import symmetry_dataset

    structure = AseAtomsAdaptor.get_structure(atoms)
    return len(symmetry_dataset(structure, 1e-4).rotations)
