"""Quantum ESPRESSO: plane waves and pseudopotentials of the user's own."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import tempfile
import weakref
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ase.units import Ry

from elatbot_flows.dft.code import DFTCode
from elatbot_flows.dft.espresso_reading import (
    OUTPUT,
    careful_template,
    effort_in,
    electrons_in,
    grids_in,
)
from elatbot_flows.dft.widths import band_gap
from elatbot_flows.errors import DFTError

if TYPE_CHECKING:
    from elatbot_flows.documents import DFTFrame

__all__ = ["EspressoCode"]

_FOLDER = "ESPRESSO_PSEUDO"
"""Quantum ESPRESSO's own variable for the folder of pseudopotentials."""
_THRESHOLD = 1e-10
"""Ry: derivatives need more than energies do."""


@dataclass(frozen=True)
class EspressoCode(DFTCode):
    """``pw.x`` of Quantum ESPRESSO.

    Parameters
    ----------
    settings
        Functional, cut-off, k-points, smearing, spin. The functional is that of the
        pseudopotentials, which is not checked.
    command
        How it is called, such as ``"mpirun -np 8 pw.x"``.
    folder
        Where the pseudopotentials are (UPF); None for what ``ESPRESSO_PSEUDO`` says.
    files
        Their names by element; None for the one file of the folder whose name begins with the
        element, as in the tables of SSSP and PseudoDojo.
    density_factor
        Cut-off of the density over that of the plane waves: 4 for norm-conserving
        pseudopotentials, 8 to 12 for others.
    """

    command: str = "pw.x"
    folder: str | None = None
    files: dict[str, str] | None = None
    density_factor: float = 8.0

    name: ClassVar[str] = "espresso"
    family: ClassVar[str] = "Quantum ESPRESSO"
    plane_waves: ClassVar[bool] = True

    def calculator(self, frame: DFTFrame) -> Any:
        """See `DFTCode.calculator`."""
        from ase.calculators.espresso import Espresso, EspressoProfile

        place = tempfile.mkdtemp(prefix="elatbot-espresso-")
        calculator = Espresso(
            profile=EspressoProfile(self._found_command(), self._pseudo_folder()),
            directory=place,
            pseudopotentials=self._chosen(),
            kpts=tuple(frame.mesh),
            input_data=self._input(frame),
        )
        calculator.template = careful_template()
        weakref.finalize(calculator, shutil.rmtree, place, ignore_errors=True)
        return calculator

    def _input(self, frame: DFTFrame) -> dict[str, dict[str, Any]]:
        own = self.settings
        system = {
            "ecutwfc": own.cutoff / Ry,
            "ecutrho": self.density_factor * own.cutoff / Ry,
            "occupations": "smearing",
            "smearing": own.smearing,
            "degauss": self.width(frame) / Ry,
            "nspin": 1 if frame.moments is None else 2,
        }
        return {
            "control": {"tprnfor": True, "tstress": True, "verbosity": "high"},
            "system": system | frame.fixed,
            "electrons": {"conv_thr": _THRESHOLD, "electron_maxstep": own.max_cycles},
        }

    def elements(self) -> tuple[str, ...]:
        """Elements with a pseudopotential.

        Raises
        ------
        DFTError
            If the program or the folder is not there, or an element has several.
        """
        self._found_command()
        return tuple(sorted(self._chosen()))

    def version(self) -> str:
        """What the program says of itself.

        Raises
        ------
        DFTError
            If it is not there.
        """
        return _version(self._found_command())

    def pseudopotentials(self) -> str:
        """How many, and a hash of their contents."""
        chosen = sorted(self._chosen().items())
        digest = hashlib.sha256()
        for _, name in chosen:
            digest.update((self._pseudo_folder() / name).read_bytes())
        return f"{len(chosen)} files of {self._pseudo_folder()}, SHA-256 {digest.hexdigest()[:16]}"

    def fixed(self, calculator: Any) -> dict[str, Any]:
        """The real-space grids, which must not jump with the strain."""
        return grids_in(_output(calculator))

    def effort(self, calculator: Any) -> tuple[int | None, int | None]:
        """Irreducible k-points and cycles."""
        return effort_in(_output(calculator))

    def gap(self, calculator: Any) -> float | None:
        """See `DFTCode.gap`."""
        results, electrons = calculator.results, electrons_in(_output(calculator))
        if electrons is None or "eigenvalues" not in results:
            return None
        return band_gap(results["eigenvalues"], electrons, results.get("magmom", 0.0))

    def _found_command(self) -> str:
        program = shlex.split(self.command)[0]
        if shutil.which(program) is None:
            raise DFTError(
                f"there is no program '{program}': install Quantum ESPRESSO (Debian: "
                "apt-get install quantum-espresso), or say how it is called (command=...)"
            )
        return self.command

    def _pseudo_folder(self) -> Path:
        folder = self.folder or os.environ.get(_FOLDER)
        if not folder or not Path(folder).is_dir():
            raise DFTError(
                f"no folder of pseudopotentials for Quantum ESPRESSO ({folder}): set {_FOLDER}, "
                "or give folder=..."
            )
        return Path(folder)

    def _chosen(self) -> dict[str, str]:
        """Names of files by element."""
        if self.files is not None:
            return self.files
        by_element: dict[str, list[str]] = defaultdict(list)
        for file in sorted(self._pseudo_folder().iterdir()):
            if file.suffix.lower() == ".upf":
                symbol = re.split(r"[._-]", file.name)[0].capitalize()
                by_element[symbol].append(file.name)
        for symbol, names in by_element.items():
            if len(names) > 1:
                raise DFTError(
                    f"{symbol} has {len(names)} pseudopotentials in {self._pseudo_folder()} "
                    f"({', '.join(names[:3])}, ...): say which by files={{...}}"
                )
        return {symbol: names[0] for symbol, names in by_element.items()}


def _output(calculator: Any) -> str:
    return (Path(calculator.directory) / OUTPUT).read_text()


@lru_cache(maxsize=8)
def _version(command: str) -> str:
    from ase.calculators.espresso import EspressoProfile

    return str(EspressoProfile(command, ".").version())
