"""Elastic constants of known crystals by GPAW or Quantum ESPRESSO against published PBE values.

python benchmarks/dft_known_answers.py Al Si --preset quick >> answers.jsonl   # a line for each
python benchmarks/dft_known_answers.py LiAl --strains >> answers.jsonl   # finite strains beside it
python benchmarks/dft_known_answers.py Si --code espresso                # folder: ESPRESSO_PSEUDO
python benchmarks/dft_known_answers.py --kpoints                         # what directions cost
python benchmarks/dft_known_answers.py --table answers.jsonl                    # the table of them

Each crystal goes through the jobs of DFTElasticMaker, one after the other, on one core.
"""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

from elatbot_flows.dft import DFTSettings, EspressoCode, GPAWCode
from elatbot_flows.dft.meshes import irreducible_points, rotations_of
from elatbot_flows.dft.perturbing import plan_perturbations
from elatbot_flows.dft.relaxing import frame_of
from elatbot_flows.documents import ElasticResult
from elatbot_flows.elasticity.response import choose_directions
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.judges import DFTElasticMaker
from elatbot_flows.potentials.measuring import primitive_cell


def cubic(group: str, edge: float, *atoms: tuple[str, tuple[float, float, float]]) -> Structure:
    symbols, places = zip(*atoms, strict=True)
    return Structure.from_spacegroup(group, Lattice.cubic(edge), symbols, places)


ORIGIN, CENTRE, FACE, QUARTER = (0, 0, 0), (0.5, 0.5, 0.5), (0, 0.5, 0.5), (0.25, 0.25, 0.25)
CRYSTALS = {
    "Al": cubic("Fm-3m", 4.02, ("Al", ORIGIN)),
    "Cu": cubic("Fm-3m", 3.62, ("Cu", ORIGIN)),
    "Si": cubic("Fd-3m", 5.45, ("Si", ORIGIN)),
    "SiC": cubic("F-43m", 4.38, ("Si", ORIGIN), ("C", QUARTER)),
    "AlN zinc blende": cubic("F-43m", 4.40, ("Al", ORIGIN), ("N", QUARTER)),
    "Fe": cubic("Im-3m", 2.84, ("Fe", ORIGIN)),
    "NiAl": cubic("Pm-3m", 2.88, ("Ni", ORIGIN), ("Al", CENTRE)),
    "CuZn": cubic("Pm-3m", 2.95, ("Cu", ORIGIN), ("Zn", CENTRE)),
    "LiAl": cubic("Fd-3m", 6.36, ("Li", ORIGIN), ("Al", CENTRE)),
    "AlN": Structure.from_spacegroup(
        "P6_3mc",
        Lattice.hexagonal(3.13, 5.02),
        ["Al", "N"],
        [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]],
    ),
    "TiCu": Structure(
        Lattice.tetragonal(3.11, 5.92),
        ["Cu", "Cu", "Ti", "Ti"],
        [[0.25, 0.25, 0.1], [0.75, 0.75, 0.9], [0.25, 0.25, 0.65], [0.75, 0.75, 0.35]],
    ),
    "BC2N": Structure(
        Lattice.orthorhombic(2.55, 2.53, 3.62),
        ["C", "C", "N", "B"],
        [[0, 0, 0], [0.5, 0, 0.25], [0.5, 0.5, 0.5], [0, 0.5, 0.75]],
    ),
}
"""Crystals, deliberately off their lattice constant."""
MORE = {
    "Ni3Al L1_2": cubic("Pm-3m", 3.57, ("Al", ORIGIN), ("Ni", FACE)),
    "Mg hcp": Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(3.2, 5.2), ["Mg"], [[1 / 3, 2 / 3, 0.25]]
    ),
    "TiNi B19": Structure.from_spacegroup(
        "Pmma",
        Lattice.orthorhombic(4.2, 2.9, 4.6),
        ["Ti", "Ni"],
        [[0.25, 0, 0.2], [0.25, 0.5, 0.69]],
    ),
}
"""Crystals of which k-points alone are counted."""


CODES = {"gpaw": GPAWCode, "espresso": EspressoCode}


def judged(
    name: str, preset: str, changed: dict[str, float], code: str, *, strains: bool
) -> dict[str, Any]:
    """What DFT says of a crystal, as a line of a file."""
    maker = DFTElasticMaker(code=CODES[code](DFTSettings.preset(preset, **changed)))
    row = {
        "name": name,
        "code": code,
        "preset": preset,
        "result": asked(maker, CRYSTALS[name], name),
    }
    if strains:
        settings = replace(maker.settings, method="finite_strain")
        row["strains"] = asked(replace(maker, settings=settings), CRYSTALS[name], name)
    return row


def asked(maker: DFTElasticMaker, crystal: Structure, name: str) -> dict[str, Any]:
    """The result of a Maker as plain values; cycles and time are those of the relaxation too."""
    flow = maker.make([crystal], [name])
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    result = ElasticResult.model_validate(done[flow.output.uuid][1].output[0])
    plain: dict[str, Any] = jsanitize(result.model_dump(), strict=True)
    return plain


def kpoints() -> None:
    """Irreducible k-points of perturbed crystals, general directions and chosen ones."""
    method = DFTElasticMaker(code=GPAWCode(DFTSettings.preset("quick"))).method
    print("| crystal | atoms | relaxed cell | general directions | chosen ones |")
    print("|---|---|---|---|---|")
    for name, crystal in (CRYSTALS | MORE).items():
        cell, _ = primitive_cell(crystal, 0.01)
        symmetry = crystal_symmetry(cell)
        rotations = rotations_of(cell, symmetry)
        frame = frame_of(cell, method.code, 0.01)
        plan = plan_perturbations(cell, frame, method)
        general = 2 * choose_directions(symmetry).shape[1]
        half = irreducible_points(frame.mesh, np.eye(3, dtype=int)[None])
        print(
            f"| {name} | {len(cell)} | {irreducible_points(frame.mesh, rotations)} | "
            f"{general}, {general * half} | {len(plan.steps)}, {sum(plan.kpoints)} |"
        )


def table(path: Path) -> None:
    """The table of answers, and the one of both methods."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    print("| crystal | preset | K | C11 | C12 | C44 | A^3/atom | calculations | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        result = row["result"]
        if result["status"] != "passed":
            print(f"| {row['name']} | {row['preset']} | {result['reason']} |||||||")
            continue
        tensor, dft = np.array(result["elastic_tensor"]), result["dft"]
        first = " | ".join(f"{tensor[i, j]:.1f}" for i, j in ((0, 0), (0, 1), (3, 3)))
        done = f"{dft['relaxation_calculations']} + {dft['calculations']}"
        print(
            f"| {row['name']} | {row['preset']} | {result['bulk_modulus']:.1f} | {first} | "
            f"{result['volume_per_atom']:.2f} | {done} | {dft['cpu_seconds']:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *CRYSTALS])
    parser.add_argument("--preset", default="quick")
    for setting in ("k-spacing", "cutoff", "width"):
        parser.add_argument(f"--{setting}", type=float)
    parser.add_argument("--code", choices=list(CODES), default="gpaw")
    parser.add_argument("--strains", action="store_true")
    parser.add_argument("--kpoints", action="store_true")
    parser.add_argument("--table", type=Path, metavar="FILE")
    asked = parser.parse_args()
    logging.basicConfig()  # to stderr, where progress does not spoil the lines
    logging.getLogger("jobflow").setLevel(logging.INFO)
    given = {name: getattr(asked, name) for name in ("k_spacing", "cutoff", "width")}
    changed = {name: value for name, value in given.items() if value is not None}
    for name in asked.names:
        line = judged(name, asked.preset, changed, asked.code, strains=asked.strains)
        print(json.dumps(line), flush=True)
    if asked.kpoints:
        kpoints()
    if asked.table:
        table(asked.table)


if __name__ == "__main__":
    main()
