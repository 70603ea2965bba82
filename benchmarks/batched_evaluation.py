"""Cost of one evaluation, alone and in batches: ``python benchmarks/batched_evaluation.py``.

On a CPU the unit is processor time of one thread, on a GPU time on the wall.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING

from ase.build import bulk
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.batch import evaluate_batch
from elatbot_flows.potentials.evaluation import energy_forces_stress

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymatgen.core import Structure

    from elatbot_flows.potentials import Potential

CELLS = {2: (1, 1, 1), 4: (1, 1, 2), 16: (2, 2, 2)}
"""Atoms of each cell of NiAl, and the repetitions that give it."""


def main() -> None:
    arguments = parse()
    if arguments.device == "cpu":
        import torch

        torch.set_num_threads(1)
    unit = "CPU ms" if arguments.device == "cpu" else "ms"
    batches = arguments.batch
    print(f"| potential | atoms | alone, {unit} | " + " | ".join(f"{n}" for n in batches) + " |")
    print("|---|---|---|" + "---|" * len(batches))
    for name in arguments.potential:
        potential = load_potential(name, arguments.device, arguments.dtype)
        label = f"{name.rstrip('/').split('/')[-1]}, {potential.dtype}"
        for atoms in CELLS:
            crystals = [crystal(atoms, seed) for seed in range(max(12, *batches))]
            times = [cost(partial(alone, crystals[:12], potential), arguments) / 12]
            for size in batches:
                task = partial(evaluate_batch, crystals[:size], potential, max_atoms=10**9)
                times.append(cost(task, arguments) / size)
            row = " | ".join(f"{1000 * seconds:.1f}" for seconds in times)
            print(f"| {label} | {atoms} | {row} |", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--potential", action="append", help="may be given several times")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", help="float32 or float64")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4, 12, 48])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    arguments.potential = arguments.potential or ["7net-0"]
    return arguments


def alone(crystals: list[Structure], potential: Potential) -> None:
    for one in crystals:
        energy_forces_stress(one, potential)


def crystal(atoms: int, seed: int) -> Structure:
    """A cell of NiAl whose atoms are a little off their places."""
    cell = bulk("NiAl", "cesiumchloride", a=2.9) * CELLS[atoms]
    cell.rattle(0.03, seed=seed)
    return AseAtomsAdaptor.get_structure(cell)


def cost(task: Callable[[], object], arguments: argparse.Namespace) -> float:
    """Median seconds of a task, after one call to warm up."""
    clock = time.process_time if arguments.device == "cpu" else time.perf_counter
    task()
    seconds = []
    for _ in range(arguments.repeats):
        start = clock()
        task()
        seconds.append(clock() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
