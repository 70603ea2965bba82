"""Elastic constants of known crystals by GPAW against published PBE values.

python benchmarks/dft_known_answers.py Al Si --preset quick >> answers.jsonl   # a line for each
python benchmarks/dft_known_answers.py --table answers.jsonl                    # the table of them

Each crystal goes through the jobs of DFTElasticMaker, one after the other, on one core.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.judges import DFTElasticMaker

if TYPE_CHECKING:
    from elatbot_flows.documents import ElasticResult


def cubic(group: str, edge: float, *atoms: tuple[str, tuple[float, float, float]]) -> Structure:
    symbols, places = zip(*atoms, strict=True)
    return Structure.from_spacegroup(group, Lattice.cubic(edge), symbols, places)


ORIGIN, CENTRE, FACE = (0, 0, 0), (0.5, 0.5, 0.5), (0, 0.5, 0.5)
CRYSTALS = {
    "Al": cubic("Fm-3m", 4.02, ("Al", ORIGIN)),
    "Cu": cubic("Fm-3m", 3.62, ("Cu", ORIGIN)),
    "Si": cubic("Fd-3m", 5.45, ("Si", ORIGIN)),
    "Fe": cubic("Im-3m", 2.84, ("Fe", ORIGIN)),
    "NiAl": cubic("Pm-3m", 2.88, ("Ni", ORIGIN), ("Al", CENTRE)),
    "CuZn": cubic("Pm-3m", 2.95, ("Cu", ORIGIN), ("Zn", CENTRE)),
    "Al3Sc": cubic("Pm-3m", 4.08, ("Sc", ORIGIN), ("Al", FACE)),
}
"""Crystals, deliberately off their lattice constant."""


def judged(name: str, preset: str, **changed: Any) -> dict[str, Any]:
    """What DFT says of a crystal, as a line of a file."""
    maker = DFTElasticMaker(code=GPAWCode(DFTSettings.preset(preset)), **changed)
    flow = maker.make([CRYSTALS[name]], [name])
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    result: ElasticResult = done[flow.output.uuid][1].output[0]
    return {"name": name, "preset": preset, "result": jsanitize(result.model_dump(), strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *CRYSTALS])
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--table", type=Path, metavar="FILE")
    asked = parser.parse_args()
    for name in asked.names:
        print(json.dumps(judged(name, asked.preset)), flush=True)


if __name__ == "__main__":
    main()
