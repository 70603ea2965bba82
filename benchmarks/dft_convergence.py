"""What elastic constants of a known crystal need by GPAW: a scan of k-points, one of cut-offs.

OMP_NUM_THREADS=1 python benchmarks/dft_convergence.py Al --width 0.2 --points 12 16 20 24 \
    --figure benchmarks/dft_convergence_al.svg

Prints a table and writes the figure; both are what DFTConvergenceMaker says. The answer is then
handed to a judge, which computes the crystal once more with it.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from dft_known_answers import CRYSTALS
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.convergence import converged_settings
from elatbot_flows.documents import ConvergenceDocument, ElasticResult
from elatbot_flows.judges import DFTConvergenceMaker, DFTElasticMaker
from elatbot_flows.potentials.measuring import primitive_cell
from elatbot_flows.report.dft_convergence import draw_convergence

if TYPE_CHECKING:
    from jobflow import Flow
    from pymatgen.core import Structure


def last_output(flow: Flow) -> Any:
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    return done[flow.output.uuid][1].output


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
    parser.add_argument("--out", type=Path, help="where the document is kept, as JSON")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--judge", action="store_true", help="compute once more with the answer")
    asked = parser.parse_args()
    crystal = CRYSTALS[asked.name]
    judge = DFTElasticMaker(code=GPAWCode(DFTSettings.preset(asked.preset, width=asked.width)))
    spacings = tuple(spacing(crystal, points) for points in asked.points)
    maker = DFTConvergenceMaker(judge=judge, k_spacings=spacings, cutoffs=tuple(asked.cutoffs))
    document = ConvergenceDocument.model_validate(last_output(maker.make(crystal)))
    if asked.out:
        asked.out.write_text(document.model_dump_json(), encoding="utf-8")
    table(document)
    if asked.figure:
        draw_convergence(document, asked.figure)
    if asked.judge:
        sure = replace(judge, code=replace(judge.code, settings=converged_settings(document)))
        result = ElasticResult.model_validate(last_output(sure.make([crystal], [asked.name]))[0])
        print(f"\nby a judge with this: K {result.bulk_modulus:.1f}, tensor (GPa)")
        print(np.round(result.elastic_tensor, 1))


if __name__ == "__main__":
    main()
