"""GPAW: projector augmented waves on plane waves, installed from packages."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from elatbot_flows.dft.code import DFTCode
from elatbot_flows.dft.widths import band_gap
from elatbot_flows.errors import DFTError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.documents import DFTFrame

__all__ = ["GPAWCode"]

_REMEDY = "pip install 'elatbot_flows[gpaw]' (docs/dft.md says what it needs)"
_CONVERGENCE = {"energy": 1e-5, "density": 1e-5, "eigenstates": 1e-8}
"""eV and electrons per valence electron, eV^2: derivatives need more than energies do."""
_TOLERANCE = 1e-5
"""A; perturbations are a thousand times as long."""
_PER_KPOINT, _PER_ELECTRON, _PER_WAVES = 0.03, 0.003, 0.00026
"""Core-seconds of one k-point: for itself, for each valence electron, and for each times A^3."""


@dataclass(frozen=True)
class GPAWCode(DFTCode):
    """GPAW in its plane-wave mode.

    Parameters
    ----------
    settings
        Functional, cut-off, k-points, smearing, spin.
    log
        File its output is appended to, in the folder of the job; None for none.
    """

    log: str | None = None

    name: ClassVar[str] = "gpaw"
    family: ClassVar[str] = "GPAW"
    package: ClassVar[str | None] = "gpaw"
    plane_waves: ClassVar[bool] = True

    def calculator(self, frame: DFTFrame) -> Any:
        """See `DFTCode.calculator`."""
        try:
            from gpaw import GPAW
        except ImportError as error:
            raise DFTError(f"GPAW cannot be imported ({error}): {_REMEDY}") from error
        return GPAW(
            mode={"name": "pw", "ecut": self.settings.cutoff},
            xc=self.settings.functional,
            kpts={"size": tuple(frame.mesh), "gamma": True},
            occupations={"name": self.settings.smearing, "width": self.width(frame)},
            convergence=_CONVERGENCE,
            maxiter=self.settings.max_cycles,
            symmetry={"tolerance": _TOLERANCE, "symmorphic": False},
            spinpol=frame.moments is not None,
            txt=self.log,
            **frame.fixed,
        )

    def elements(self) -> tuple[str, ...]:
        """Elements with a data set for the functional.

        Raises
        ------
        DFTError
            If GPAW or its data sets are not there.
        """
        try:
            from gpaw import setup_paths
        except ImportError as error:
            raise DFTError(f"GPAW cannot be imported ({error}): {_REMEDY}") from error
        ending = f".{self.settings.functional}.gz"
        names = [file.name for path in setup_paths for file in Path(path).glob(f"*{ending}")]
        found = {name.removesuffix(ending) for name in names}
        if not found:
            raise DFTError(f"GPAW has no data sets for {self.settings.functional}: {_REMEDY}")
        return tuple(sorted(symbol for symbol in found if symbol.isalpha()))

    def version(self) -> str:
        """Version of the package.

        Raises
        ------
        DFTError
            If it is not installed.
        """
        try:
            return version("gpaw")
        except PackageNotFoundError as error:
            raise DFTError(f"GPAW is not installed: {_REMEDY}") from error

    def pseudopotentials(self) -> str:
        """The package of data sets."""
        try:
            return f"gpaw-data {version('gpaw-data')}, {self.settings.functional}"
        except PackageNotFoundError:
            return f"unknown data sets, {self.settings.functional}"

    def fixed(self, calculator: Any) -> dict[str, Any]:
        """The real-space grid, which must not jump with the strain."""
        return {"gpts": [int(n) for n in calculator.dft.density.nt_sR.desc.size_c]}

    def effort(self, calculator: Any) -> tuple[int | None, int | None]:
        """Irreducible k-points and cycles."""
        return len(calculator.get_ibz_k_points()), int(calculator.get_number_of_iterations())

    def gap(self, calculator: Any) -> float | None:
        """See `DFTCode.gap`."""
        spins, kpoints = calculator.get_number_of_spins(), len(calculator.get_ibz_k_points())
        bands = [
            [calculator.get_eigenvalues(kpt=k, spin=spin) for k in range(kpoints)]
            for spin in range(spins)
        ]
        electrons = calculator.get_number_of_electrons()
        return band_gap(np.array(bands), electrons, calculator.get_magnetic_moment())

    def core_seconds(self, structure: Structure, kpoints: int, *, spin: bool) -> float:
        """Core-seconds of one calculation, by a rule from crystals of one to four atoms."""
        electrons = sum(_valence(site.specie) for site in structure)
        each = _PER_KPOINT + electrons * (_PER_ELECTRON + _PER_WAVES * structure.volume)
        return kpoints * each * (2 if spin else 1)


def _valence(element: Any) -> float:
    """About as many electrons as a data set treats: those outside the noble gas core, d10 aside."""
    core = max((z for z in (0, 2, 10, 18, 36, 54, 86) if z < element.Z), default=0)
    outside = element.Z - core
    return float(outside - 14 if outside > 16 and element.Z > 57 else outside)
