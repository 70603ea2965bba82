"""What ``pw.x`` writes, where ASE does not read it."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import numpy as np

__all__ = ["OUTPUT", "careful_template", "effort_in", "electrons_in", "grids_in", "moments_in"]

OUTPUT = "espresso.pwo"
"""ASE's name of the file."""
_GRIDS = {"nr": r"Dense  grid:", "nrs": r"Smooth grid:"}
_SIZES = r".*FFT dimensions: \(([\d, ]+)\)"
_ROOM = 1.1
"""How much finer the grid is than it must be, for higher cut-offs and strained cells."""


class SCFConvergenceError(Exception):
    """Self-consistency was not reached."""


class EspressoError(Exception):
    """The program ended with an error."""


def grids_in(text: str) -> dict[str, int]:
    """Numbers of points along the axes of the real-space grids, as input of later calculations.

    Parameters
    ----------
    text
        Output of ``pw.x``. A smooth grid is there if the density has a cut-off of its own.
    """
    found: dict[str, int] = {}
    for name, words in _GRIDS.items():
        if match := re.search(words + _SIZES, text):
            sizes = [_roomy(int(number)) for number in match[1].split(",")]
            found |= {f"nr{axis}{name[2:]}": n for axis, n in enumerate(sizes, start=1)}
    return found


def _roomy(number: int) -> int:
    """The next number of points that is fast to transform: powers of 2, 3 and 5."""
    number = int(_ROOM * number)
    while _without(number, (2, 3, 5)) > 1:
        number += 1
    return number


def _without(number: int, factors: tuple[int, ...]) -> int:
    for factor in factors:
        while number % factor == 0:
            number //= factor
    return number


def effort_in(text: str) -> tuple[int | None, int | None]:
    """Irreducible k-points and cycles."""
    kpoints = re.search(r"number of k points=\s*(\d+)", text)
    cycles = re.search(r"convergence has been achieved in\s+(\d+) iterations", text)
    return (int(kpoints[1]) if kpoints else None), (int(cycles[1]) if cycles else None)


def electrons_in(text: str) -> float | None:
    """Electrons that are treated."""
    found = re.search(r"number of electrons\s*=\s*([\d.]+)", text)
    return float(found[1]) if found else None


def moments_in(text: str) -> list[float] | None:
    """Moments of the atoms, Bohr magnetons, as they were told last; None without spin."""
    found = re.findall(r"atom:?\s+(\d+)\s.*magn(?::|=)\s*(-?[\d.]+)", text)
    last = {int(number): float(moment) for number, moment in found}
    return [last[number] for number in sorted(last)] or None


def careful_template() -> Any:
    """ASE's way to run ``pw.x``, with reasons of failures, and moments of all its versions."""
    from ase.calculators.espresso import EspressoTemplate

    class Careful(EspressoTemplate):  # type: ignore[misc]
        def execute(self, directory: Any, profile: Any) -> None:
            try:
                super().execute(directory, profile)
            except CalledProcessError as error:
                raise _failure(Path(directory), error) from error

        def read_results(self, directory: Any) -> dict[str, Any]:
            results: dict[str, Any] = super().read_results(directory)
            if moments := moments_in((Path(directory) / OUTPUT).read_text()):
                results["magmoms"] = np.array(moments)
            return results

    return Careful()


def _failure(directory: Path, error: CalledProcessError) -> Exception:
    """What the program says of its end."""
    file = directory / OUTPUT
    text = file.read_text() if file.is_file() else ""
    if "convergence NOT achieved" in text:
        return SCFConvergenceError("pw.x did not reach self-consistency: raise max_cycles")
    said = re.search(r"Error in routine (\S+).*?\n\s*(\S[^\n]*)", text)
    words = f"{said[1]}: {said[2]}" if said else f"exit status {error.returncode}"
    return EspressoError(f"pw.x: {words}")
