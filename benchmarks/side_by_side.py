"""Judging crystals side by side: ``python benchmarks/side_by_side.py --potential 7net-0``.

Sixteen binaries of two and four atoms, off their equilibrium, are relaxed and strained one after
the other and several at once; results are compared with those of one after the other.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import TYPE_CHECKING

from pymatgen.core import Lattice, Structure

from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.side_by_side import side_by_side
from elatbot_flows.potentials.validation import validate_crystal

if TYPE_CHECKING:
    from elatbot_flows.documents import ElasticResult

PAIRS = ("Ni Al", "Cu Zn", "Co Ti", "Fe Al", "Ag Mg", "Pd Y", "Ru Hf", "Rh Sc")
FACES = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--potential", action="append", required=True)
    parser.add_argument("--dtype")
    parser.add_argument("--device", default="cpu", help="with 'cuda' read the wall time")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 4, 8, 16])
    options = parser.parse_args()
    print(
        "| potential | at once | CPU s | wall s | evaluations | calls | same status | largest "
        "difference of K, GPa |"
    )
    print("|" + "---|" * 8)
    for name in options.potential:
        table(name, options)


def table(name: str, options: argparse.Namespace) -> None:
    potential = load_potential(name, options.device, options.dtype)
    label = f"{name.rpartition('/')[2]}, {potential.dtype}, {potential.device}"
    validate_crystal(crystals()[0], potential)  # loading
    calls = 0
    calculate, batch = potential.calculator.calculate, potential.batch

    def alone(*arguments, **named):
        nonlocal calls
        calls += 1
        return calculate(*arguments, **named)

    def together(cells):
        nonlocal calls
        calls += 1
        return batch(cells)

    potential.calculator.calculate, potential.batch = alone, together
    first: list[ElasticResult] = []
    for number in options.at_once:
        calls, evaluations = 0, potential.evaluations
        cpu, wall = time.process_time(), time.perf_counter()
        tasks = [partial(validate_crystal, crystal) for crystal in crystals()]
        found = side_by_side(tasks, potential, number)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        first = first or found
        print(
            f"| {label} | {number} | {cpu:.1f} | {wall:.1f} | "
            f"{potential.evaluations - evaluations} | {calls} | {differences(first, found)} |",
            flush=True,
        )


def differences(first: list[ElasticResult], found: list[ElasticResult]) -> str:
    pairs = list(zip(first, found, strict=True))
    same = sum(one.status == other.status for one, other in pairs)
    both = [(a.bulk_modulus, b.bulk_modulus) for a, b in pairs if a.bulk_modulus and b.bulk_modulus]
    return f"{same} of {len(pairs)} | {max(abs(a - b) for a, b in both):.1e}"


def crystals() -> list[Structure]:
    """B2 and L1_2 cells, distorted so that they have to be relaxed."""
    made = []
    for place, (one, other) in enumerate(pair.split() for pair in PAIRS):
        lattice = Lattice.tetragonal(3 + 0.02 * place, 3.05 + 0.01 * place)
        made.append(Structure(lattice, [one, other], [[0, 0, 0], [0.5, 0.5, 0.5]]))
        made.append(Structure(Lattice.cubic(3.7 + 0.02 * place), [one, *[other] * 3], FACES))
    return made


if __name__ == "__main__":
    main()
