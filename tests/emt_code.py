"""A code that stands in for density functionals: ASE's effective medium theory, with costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from elatbot_flows.dft import DFTCode

if TYPE_CHECKING:
    from elatbot_flows.documents import DFTFrame


class SCFStuckError(Exception):
    """What a code raises where self-consistency is not reached."""


@dataclass(frozen=True)
class EMTCode(DFTCode):
    """EMT, which fails where the volume per atom of its cell is in a given interval."""

    stuck: tuple[float, float] | None = None
    seconds: float = 1.0

    name: ClassVar[str] = "emt"
    family: ClassVar[str] = "EMT"
    package: ClassVar[str] = "ase"

    def calculator(self, frame: DFTFrame):
        from ase.calculators.emt import EMT

        return EMT()

    def elements(self):
        return ("Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au")

    def version(self):
        return "3"

    def core_seconds(self, structure, kpoints, *, spin):
        return self.seconds * kpoints
