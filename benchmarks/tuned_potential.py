"""A potential tuned to elasticity beside others, on binaries that nothing was tuned to.

Run from the root of the repository::

    python benchmarks/tuned_potential.py --data FOLDER --potential 7net-0 --potential 7net-l3i5 \
        --potential DIRECTORY --potential FILE.pth --n 100 --seed 0 --results RESULTS.jsonl \
        --start 7net-l3i5 --table benchmarks/tuned_potential.md

FOLDER holds ``binary_moduli_with_structures.jsonl.gz``. RESULTS.jsonl takes one line per crystal
and potential; a run that was interrupted goes on where it stopped. FILE.pth was made by
``FineTunePotentialMaker``, which leaves alone the formulas that are reported here.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from ase.build import bulk
from known_cases import MOST_SITES, binaries, part, read_results
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor
from tuned_tables import MEASURED, UNSTABLE, table

from elatbot_flows.potentials import Potential, load_potential
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.potentials.validation import validate_crystal

if TYPE_CHECKING:
    from elatbot_flows.training.data.binaries import CrystalRow

SETTINGS = ValidationSettings(follow=0)
FIELDS = ("status", "reason", "bulk_modulus", "shear_modulus", "residual", "energy_per_atom")


def reported(folder: Path, n: int, seed: int) -> list[CrystalRow]:
    """The first `n` of the reported rows in a random order."""
    rows = [r for r in binaries(folder) if part(r.formula) == "report"]
    rows = [row for row in rows if len(row.structure) <= MOST_SITES]
    random.Random(seed).shuffle(rows)  # noqa: S311
    return rows[:n]


def known() -> dict[str, Structure]:
    """Crystals that universal potentials find hard, and some that are unstable."""
    cubic = Structure.from_spacegroup
    found = {symbol: adapted(bulk(symbol)) for symbol in MEASURED}
    found["FeCo"] = adapted(bulk("FeCo", "cesiumchloride", a=2.85))
    found["Ni2TiAl"] = cubic(
        "Fm-3m",
        Lattice.cubic(5.9),
        ["Ni", "Ti", "Al"],
        [[0.25, 0.25, 0.25], [0, 0, 0], [0.5, 0.5, 0.5]],
    )
    volumes = {"V": 13.6, "Nb": 18.3, "W": 16.1, "Al": 16.9, "Cu": 12.0, "Ti": 17.3, "Zr": 22.9}
    cells = {"fcc": 4, "bcc": 2, "sc": 1}
    for name in UNSTABLE:
        lattice, symbol = name.split()
        edge = (volumes[symbol] * cells[lattice]) ** (1 / 3)
        found[name] = adapted(bulk(symbol, lattice, a=edge))
    return found


def adapted(atoms: object) -> Structure:
    return AseAtomsAdaptor.get_structure(atoms)


def evaluate(source: str, structure: Structure, potential: Potential) -> dict:
    start = time.process_time()
    found = validate_crystal(structure, potential, SETTINGS, source=source)
    return {
        "source": source,
        "potential": Path(potential.name).name,
        "weights_sha256": potential.weights_sha256,
        **{field: getattr(found, field) for field in FIELDS},
        "cpu_s": round(time.process_time() - start, 2),
    }


def run(crystals: dict[str, Structure], names: list[str], results: Path) -> None:
    """Evaluate what is not in the file of results yet."""
    done = {(line["source"], line["potential"]) for line in read_results([results])}
    with results.open("a", encoding="utf-8") as stream:
        for name in names:
            left = [s for s in crystals if (s, Path(name).name) not in done]
            potential = load_potential(name) if left else None
            for source in left:
                line = evaluate(source, crystals[source], potential)
                stream.write(json.dumps(line) + "\n")
                stream.flush()


def shown_as(name: str) -> str:
    """A potential without the folders of this machine."""
    if name.endswith(".pth"):
        return "FILE.pth"
    return "DIRECTORY" if "/" in name else name


def main() -> None:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--potential", action="append", required=True)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--start", help="potential that the tuned one started from")
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    rows = reported(options.data, options.n, options.seed)
    run({r.source: r.structure for r in rows} | known(), options.potential, options.results)
    if options.table is None:
        return
    lines: dict[str, dict[str, dict]] = {Path(name).name: {} for name in options.potential}
    for line in read_results([options.results]):
        if line["potential"] in lines:
            lines[line["potential"]][line["source"]] = line
    shown = [shown_as(name) for name in options.potential]
    names = " ".join(f"--potential {name}" for name in shown)
    command = (
        f"python benchmarks/tuned_potential.py --data FOLDER {names} --n {options.n} "
        f"--seed {options.seed} --results RESULTS.jsonl --start {options.start} "
        "--table benchmarks/tuned_potential.md"
    )
    options.table.write_text(table(rows, lines, options.start, command), encoding="utf-8")


if __name__ == "__main__":
    main()
