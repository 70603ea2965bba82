"""A potential with a shear stress that no crystal asks for."""

from ase.calculators.emt import EMT
from ase.units import GPa


class SkewedEMT(EMT):
    """EMT, and 2 GPa of shear in the same direction whatever the crystal."""

    def calculate(self, *args, **kwargs):
        super().calculate(*args, **kwargs)
        self.results["stress"][5] += 2 * GPa
