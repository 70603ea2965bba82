"""A calculator whose forces ripple, as those of a potential that was not trained on derivatives."""

from __future__ import annotations

import numpy as np
from ase.calculators.emt import EMT


class RoughEMT(EMT):
    """EMT with ripples of 0.02 eV/A on the forces, a few thousandths of an angstrom long."""

    def calculate(self, *args, **kwargs):
        super().calculate(*args, **kwargs)
        ripples = 0.02 * np.sin(2000 * self.atoms.positions)
        forces = self.results["forces"] + ripples
        self.results["forces"] = forces - forces.mean(axis=0)
