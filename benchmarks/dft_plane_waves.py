"""Pressure of a crystal by GPAW against cut-off, grid and smearing, as the code says and corrected.

python benchmarks/dft_plane_waves.py > scan.md

Copper at a = 3.632 A, and a little smaller and larger.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.basis import measure_basis
from elatbot_flows.dft.plane_waves import completed
from elatbot_flows.dft.static import calculate
from elatbot_flows.documents import DFTFrame

CUTOFFS = (300, 350, 400, 450, 550, 700, 1000)
OTHERS = (
    {"points": 10},
    {"grid": 24},
    {"width": 0.1},
    {"width": 0.5},
    {"smearing": "fermi-dirac", "width": 0.1},
)
"""One thing changed at 450 eV."""
BASE = DFTSettings(cutoff=450, width=0.3)


def line(
    edge: float = 3.632, points: int = 6, grid: int | None = None, **settings: Any
) -> tuple[float, float]:
    """Print one line; energy (eV) and pressure (GPa), both corrected."""
    half = edge / 2
    crystal = Structure(
        Lattice([[0, half, half], [half, 0, half], [half, half, 0]]), ["Cu"], [[0] * 3]
    )
    code = GPAWCode(replace(BASE, **settings))
    frame = DFTFrame(mesh=(points,) * 3, fixed={} if grid is None else {"gpts": [grid] * 3})
    found, fixed = calculate(crystal, frame, code)
    frame = frame.model_copy(update={"fixed": fixed})
    basis = measure_basis(crystal, frame, code, found)
    frame = frame.model_copy(update={"basis_slope": basis.slope})
    whole = completed(found, crystal, frame, code.settings.cutoff)
    said, corrected = (-np.trace(one.stress) / 3 for one in (found, whole))
    own = code.settings
    print(
        f"| {own.cutoff:g} | {edge} | {fixed['gpts'][0]} | {points} | {own.smearing} {own.width} "
        f"| {found.energy:.4f} | {said:.2f} | {said - corrected:.2f} | {corrected:.2f} "
        f"| {basis.doubt:.2f} |",
        flush=True,
    )
    return float(whole.energy or 0.0), float(corrected)


def main() -> None:
    head = "| cut-off, eV | a, A | grid | k-points | smearing | E, eV | P, GPa | Pulay | corrected"
    print(head, "| doubt |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for cutoff in CUTOFFS:
        line(cutoff=cutoff)
    for changed in OTHERS:
        line(**changed)
    edges = (3.56, 3.6, 3.632, 3.66)
    curve = [line(edge) for edge in edges]
    print("\n| from a, A | to | P of the difference of energies | mean of P |\n|---|---|---|---|")
    for one, two, (low, high), (next_low, next_high) in zip(
        edges, edges[1:], curve, curve[1:], strict=False
    ):
        by_energy = -(next_low - low) / ((two**3 - one**3) / 4) * 160.21766
        print(f"| {one} | {two} | {by_energy:.2f} | {(high + next_high) / 2:.2f} |")


if __name__ == "__main__":
    main()
