"""Cost of a relaxed-ion elastic tensor: ours, atomate2's ElasticMaker, matcalc.

Every crystal is relaxed and strained by each method in turn, in one process with one thread, with
the same potential object. CPU seconds are process time, evaluations are counted in the calculator.
Usage::

    OMP_NUM_THREADS=1 python benchmarks/elastic_cost.py --potential 7net-0 --table FILE
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

CUBIC = {
    "Al": ("Fm-3m", 4.10, ["Al"], [[0, 0, 0]]),
    "Cu": ("Fm-3m", 3.66, ["Cu"], [[0, 0, 0]]),
    "W": ("Im-3m", 3.20, ["W"], [[0, 0, 0]]),
    "Ni3Al": ("Pm-3m", 3.62, ["Al", "Ni"], [[0, 0, 0], [0.5, 0.5, 0]]),
    "NiAl": ("Pm-3m", 2.92, ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "Si": ("Fd-3m", 5.49, ["Si"], [[0, 0, 0]]),
    "MgO": ("Fm-3m", 4.27, ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
}
FREE = [0.25, 0, 0.16], [0, 0.5, 0.65], [0, 0, 0.65]
ALLOYS = {
    "Al3Ti D0_22": ("I4/mmm", (3.9, 3.9, 8.7), ["Ti", "Al", "Al"],
                    [[0, 0, 0], [0, 0, 0.5], [0, 0.5, 0.25]]),
    "Cu3Ti D0_a": ("Pmmn", (5.2, 4.4, 4.6), ["Cu", "Cu", "Ti"], FREE),
    "TiNi B19": ("Pmma", (4.2, 2.9, 4.6), ["Ti", "Ni"], [[0.25, 0, 0.81], [0.25, 0.5, 0.31]]),
    "FeB B27": ("Pnma", (5.5, 2.95, 4.06), ["Fe", "B"],
                [[0.18, 0.25, 0.12], [0.04, 0.25, 0.61]]),
    "Al2Cu C16": ("I4/mcm", (6.1, 6.1, 4.9), ["Cu", "Al"], [[0, 0, 0.25], [0.16, 0.66, 0]]),
    "TiNiSi E_a": ("Pnma", (6.15, 3.67, 7.02), ["Ti", "Ni", "Si"],
                   [[0.02, 0.25, 0.18], [0.14, 0.25, 0.56], [0.77, 0.25, 0.62]]),
    "Fe4Nb2 C14": ("P6_3/mmc", (4.8, 4.8, 7.9, 120), ["Nb", "Fe", "Fe"],
                   [[1 / 3, 2 / 3, 0.06], [0, 0, 0], [0.83, 0.66, 0.25]]),
    "MoSi2 C11_b": ("I4/mmm", (3.25, 3.25, 7.9), ["Mo", "Si"], [[0, 0, 0], [0, 0, 0.335]]),
}  # fmt: skip


@dataclass
class Cost:
    """What one method needed and found."""

    cpu: float
    evaluations: int
    outcome: str


def crystals() -> dict:
    """All crystals of the benchmark, primitive cells somewhat too large."""
    from pymatgen.core import Lattice, Structure

    made = {}
    for name, (group, a, species, sites) in CUBIC.items():
        cell = Structure.from_spacegroup(group, Lattice.cubic(a), species, sites)
        made[name] = cell.get_primitive_structure()
    for name, (group, lengths, species, sites) in ALLOYS.items():
        angles = (90, 90, lengths[3]) if len(lengths) > 3 else (90, 90, 90)
        lattice = Lattice.from_parameters(*lengths[:3], *angles)
        cell = Structure.from_spacegroup(group, lattice, species, sites)
        made[name] = cell.get_primitive_structure()
    return made


def ours(structure, potential) -> str:
    """Moduli of a stable crystal, or the reason why there are none."""
    from elatbot_flows.potentials.validation import validate_crystal

    found = validate_crystal(structure, potential)
    if found.status == "failed":
        return str(found.reason)
    return written(found.bulk_modulus, found.shear_modulus)


def written(bulk: float, shear: float) -> str:
    return f"{bulk:.1f}/{shear:.1f}"


def atomate2(structure, potential, optimizer: str, fmax: float, steps: int) -> str:
    """atomate2's ElasticMaker run locally, its documents in memory."""
    from atomate2.forcefields.flows.elastic import ElasticMaker
    from atomate2.forcefields.jobs import ForceFieldRelaxMaker
    from jobflow import JobStore, run_locally
    from maggma.stores import MemoryStore

    def relaxer(relax_cell: bool) -> ForceFieldRelaxMaker:
        return ForceFieldRelaxMaker(
            force_field_name={
                "@module": "elatbot_flows.potentials.calculator",
                "@callable": "load_calculator",
            },
            calculator_kwargs={"name": potential.name},
            relax_cell=relax_cell,
            fix_symmetry=True,
            steps=steps,
            relax_kwargs={"fmax": fmax, "final_atoms_object_file": None},
            optimizer_kwargs={"optimizer": optimizer},
        )

    flow = ElasticMaker(
        bulk_relax_maker=relaxer(True), elastic_relax_maker=relaxer(False), socket=True
    ).make(structure)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(flow, store=store, log=False, ensure_success=True)
    derived = responses[flow.output.uuid][1].output.derived_properties
    return written(derived.k_vrh, derived.g_vrh)


def matcalc(structure, potential) -> str:
    """Matcalc's ElasticityCalc with ions relaxed in the strained cells."""
    from matcalc import ElasticityCalc

    calc = ElasticityCalc(
        potential.calculator, fmax=1e-3, relax_structure=True, relax_deformed_structures=True
    )
    found = calc.calc(structure)
    to_gpa = 160.21766208
    return written(found["bulk_modulus_vrh"] * to_gpa, found["shear_modulus_vrh"] * to_gpa)


METHODS = {
    "ours": ours,
    "atomate2 default": lambda s, p: atomate2(s, p, "FIRE", 1e-5, 500),
    "atomate2 BFGS 1e-3": lambda s, p: atomate2(s, p, "BFGS", 1e-3, 500),
    "matcalc relaxed 1e-3": matcalc,
}


def measure(method, structure, potential) -> Cost:
    """Run one method on one crystal."""
    before, start = potential.evaluations, time.process_time()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            outcome = method(structure.copy(), potential)
    except Exception as error:  # noqa: BLE001 - a failure is a row of the table
        print(f"    failed: {type(error).__name__}: {error}")
        outcome = f"failed ({type(error).__name__})"
    return Cost(time.process_time() - start, potential.evaluations - before, outcome)


def row(name: str, n: int, costs: dict[str, Cost]) -> list[str]:
    """One line of the table: cost, moduli and ratios."""
    cells = [f"{name} ({n})"]
    for method, cost in costs.items():
        cells.append(f"{cost.cpu:.2f} / {cost.evaluations} / {cost.outcome}")
        if method != "ours":
            cells[-1] += f" ({cost.cpu / costs['ours'].cpu:.1f}x)"
    return cells


def geometric_mean(rows: list[dict[str, Cost]], method: str) -> float:
    return float(np.exp(np.mean([np.log(c[method].cpu / c["ours"].cpu) for c in rows])))


def table(potential: str, methods: Iterable[str], measured: dict[str, tuple[int, dict]]) -> str:
    """What was measured so far."""
    methods = list(methods)
    command = "OMP_NUM_THREADS=1 python benchmarks/elastic_cost.py"
    left_out = "".join(f' "{name}"' for name in METHODS if name not in methods)
    command += f" --potential {potential} --table F" + (f" --skip{left_out}" if left_out else "")
    text = [f"Command: `{command}`", "", "CPU s / evaluations / K/G in GPa (CPU over ours)", ""]
    text += [line(["crystal (atoms)", *methods]), "|" + "---|" * (len(methods) + 1)]
    text += [line(row(name, n, costs)) for name, (n, costs) in measured.items()]
    for group, members in (("cubic", CUBIC), ("alloys", ALLOYS)):
        rows = [costs for name, (_, costs) in measured.items() if name in members]
        means = [f"{geometric_mean(rows, m):.1f}x" for m in methods if m != "ours" and rows]
        text.append(line([f"geometric mean, {group}", "1", *means]))
    return "\n".join([*text, ""])


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--potential", default="7net-0")
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--skip", nargs="*", default=[], help="methods to leave out")
    args = parser.parse_args()
    import torch

    from elatbot_flows.potentials import load_potential

    torch.set_num_threads(1)
    potential = load_potential(args.potential)
    methods = {name: m for name, m in METHODS.items() if name not in args.skip}
    made = crystals()
    for method in methods.values():  # imports and first calls are not what is measured
        measure(method, made["Al"], potential)
    measured = {}
    for name, structure in made.items():
        costs = {label: measure(m, structure, potential) for label, m in methods.items()}
        measured[name] = len(structure), costs
        print(line(row(name, *measured[name])), flush=True)
        args.table.write_text(table(Path(args.potential).name, methods, measured))


if __name__ == "__main__":
    main()
