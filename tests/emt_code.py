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
        Pressure (GPa) that its energies have and its stresses do not, as with few plane waves.
    """

    fails_below: int = 0
    kills_once: str | None = None
    pulay: float = 0.0

    name: ClassVar[str] = "emt"
    family: ClassVar[str] = "EMT"
    package: ClassVar[str] = "ase"

    def calculator(self, frame: DFTFrame):
        return _FailingEMT(self.fails_below, self.kills_once, self.pulay)

    def elements(self):
        return ("Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au")

    def version(self):
        return "3"

    def effort(self, calculator):
        return None, 7

    def core_seconds(self, structure, kpoints, *, spin):
        return float(kpoints)


class _FailingEMT(EMT):
    def __init__(self, fails_below, kills_once, pulay):
        super().__init__()
        self.fails_below, self.kills_once, self.pulay = fails_below, kills_once, pulay

    def calculate(self, atoms=None, *arguments, **more):
        operations = _operations(atoms)
        if operations < 16 and self.kills_once and not Path(self.kills_once).exists():
            Path(self.kills_once).touch()
            os._exit(9)
        if operations < self.fails_below:
            raise SCFStuckError("no self-consistency after 7 cycles")
        super().calculate(atoms, *arguments, **more)
        self.results["energy"] -= self.pulay / 160.2 * atoms.get_volume()
        self.results["magmoms"] = np.full(len(atoms), 0.001)
        self.results["magmom"] = 0.0


def _operations(atoms):
    from pymatgen.io.ase import AseAtomsAdaptor

    from elatbot_flows.elasticity.symmetry import symmetry_dataset

    structure = AseAtomsAdaptor.get_structure(atoms)
    return len(symmetry_dataset(structure, 1e-4).rotations)
