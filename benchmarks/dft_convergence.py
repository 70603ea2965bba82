"""What elastic constants of a known crystal need by GPAW: a scan of k-points, one of cut-offs.

OMP_NUM_THREADS=1 python benchmarks/dft_convergence.py Al --width 0.2 --points 12 16 20 24 \
    --out scans/al --figure al.svg

Prints a table and writes the figure; both are what DFTConvergenceMaker says. The scan of cut-offs
has the first number of points. What is finished stays in the folder, also for a longer scan later.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from dft_known_answers import CRYSTALS

from elatbot_flows.database.stores import embedded_store
from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.convergence import converged_settings
from elatbot_flows.documents import ConvergenceDocument, ElasticResult
from elatbot_flows.judges import DFTConvergenceMaker, DFTElasticMaker
from elatbot_flows.potentials.measuring import primitive_cell
from elatbot_flows.report.dft_convergence import draw_convergence
from elatbot_flows.running.runner import run_flow

if TYPE_CHECKING:
    from jobflow import Flow
    from pymatgen.core import Structure


def last_output(flow: Flow, folder: Path) -> Any:
    store = embedded_store(folder)
    run_flow(flow, store, on_event=lambda event: print(event.kind, event.job, file=sys.stderr))
    with store:
        return store.get_output(flow.output.uuid, load=True)


def spacing(crystal: Structure, points: int) -> float:
    """The distance at which a mesh has this many points in each direction, 1/A."""
    cell, _ = primitive_cell(crystal, 0.01)
    return round(max(cell.lattice.reciprocal_lattice.abc) / (points - 0.5), 4)


def table(document: ConvergenceDocument) -> None:
    print("| cut-off, eV | k-points | distance, 1/A | K | C44 | CPU s |\n|---|---|---|---|---|---|")
    for point in [*document.by_mesh, *document.by_cutoff]:
        told = f"{point.message} | -"
        if point.bulk_modulus is not None:
            told = f"{point.bulk_modulus:.1f} | {point.shear_constants[0]:.1f}"
        mesh = point.mesh[0] if point.mesh else "-"
        time = f"{point.cpu_seconds:.0f}"
        print(f"| {point.cutoff:g} | {mesh} | {point.k_spacing:g} | {told} | {time} |")
    print(f"\n{document.message}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=CRYSTALS)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--width", type=float, default=0.5)
    parser.add_argument("--points", type=int, nargs="+", default=[12, 16, 20, 24])
    parser.add_argument("--cutoffs", type=float, nargs="+", default=[350, 450, 550])
    parser.add_argument("--out", type=Path, required=True, help="folder of the store")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--judge", action="store_true", help="compute once more with the answer")
    asked = parser.parse_args()
    crystal = CRYSTALS[asked.name]
    spacings = tuple(spacing(crystal, points) for points in asked.points)
    settings = DFTSettings.preset(asked.preset, width=asked.width, k_spacing=spacings[0])
    judge = DFTElasticMaker(code=GPAWCode(settings))
    maker = DFTConvergenceMaker(judge=judge, k_spacings=spacings, cutoffs=tuple(asked.cutoffs))
    found = last_output(maker.make(crystal), asked.out)
    document = ConvergenceDocument.model_validate(found)
    table(document)
    if asked.figure:
        draw_convergence(document, asked.figure)
    if asked.judge:
        sure = replace(judge, code=replace(judge.code, settings=converged_settings(document)))
        result = last_output(sure.make([crystal], [asked.name]), asked.out)[0]
        said = ElasticResult.model_validate(result)
        print(f"\nby a judge with this: K {said.bulk_modulus:.1f}, tensor (GPa)")
        print(np.round(said.elastic_tensor, 1))


if __name__ == "__main__":
    main()
