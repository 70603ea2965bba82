"""Processor time of placing crystals on the convex hull, and where they end up.

Usage::

    OMP_NUM_THREADS=1 python benchmarks/hull_cost.py --set Ni,Al,Ti,Co,Fe,Cr
    OMP_NUM_THREADS=1 python benchmarks/hull_cost.py --set Ag,Al,Cu,Pd,Ti,Zn --no-table

Crystals are relaxed before the clock starts, as a design run has done when it comes to the hull.
Nothing is read from the cache of the user.
"""

from __future__ import annotations

import argparse
import time

from pymatgen.core import Lattice, Structure

from elatbot_flows.potentials import load_potential
from elatbot_flows.stability import CrystalEnergy, HullSettings, PhaseCache, energy_above_hull
from elatbot_flows.stability.phases import relaxed_phase

HALF = (0.5, 0.5, 0.5)
B2 = ([(0, 0, 0), HALF], (3.0, 3.0, 3.0))
L1_0 = ([(0, 0, 0), HALF], (2.8, 2.8, 3.9))
L1_2 = ([(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)], (3.8, 3.8, 3.8))
B11 = ([(0.25, 0.25, 0.36), (0.75, 0.75, 0.64), (0.25, 0.25, 0.85), (0.75, 0.75, 0.15)],
       (3.1, 3.1, 5.9))  # fmt: skip
SETS = {
    "Ni,Al,Ti,Co,Fe,Cr": (
        "Ni2TiAl", "NiAl", "TiAl", "AlNi3", "FeAl", "AlTi3", "Co2TiAl", "Fe2CrAl",
    ),
    "Ag,Al,Cu,Pd,Ti,Zn": (
        "AlCu", "TiCu", "TiPd", "AgZn", "PdZn", "Cu2TiAl", "Pd2TiZn", "Cu2AlAg",
    ),
}  # fmt: skip
TYPES = {"TiAl": L1_0, "PdZn": L1_0, "AlNi3": L1_2, "AlTi3": "D0_19", "TiCu": B11}


def crystal(formula):
    """Textbook crystal of a formula: L2_1 if ternary, B2 unless named in `TYPES`."""
    from pymatgen.core import Composition

    amounts = Composition(formula).get_el_amt_dict()
    symbols = [symbol for symbol, n in amounts.items() for _ in range(int(n))]
    if len(amounts) == 3:
        double, *single = amounts
        return Structure.from_spacegroup(
            "Fm-3m", Lattice.cubic(6.0), [double, *single], [(0.25,) * 3, (0, 0, 0), HALF]
        ).get_primitive_structure()
    kind = TYPES.get(formula, B2)
    if kind == "D0_19":
        return Structure.from_spacegroup(
            "P6_3/mmc", Lattice.hexagonal(5.8, 4.65), list(amounts),
            [(1 / 3, 2 / 3, 0.25), (0.833, 0.666, 0.25)],
        )  # fmt: skip
    positions, cell = kind
    symbols = [symbol for symbol in symbols for _ in range(len(positions) // len(symbols))]
    return Structure(Lattice.orthorhombic(*cell), symbols, positions)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=SETS, default=next(iter(SETS)))
    parser.add_argument("--potential", default="7net-0")
    parser.add_argument("--no-table", action="store_true", help="do without the shipped table")
    parser.add_argument("--cache", help="folder to keep relaxed phases in; none by default")
    asked = parser.parse_args()
    potential = load_potential(asked.potential)
    settings = HullSettings()
    relaxed = [
        relaxed_phase(crystal(formula), potential, settings, "asked", formula)
        for formula in SETS[asked.set]
    ]
    cache = PhaseCache(asked.cache, table=not asked.no_table)
    total = 0.0
    print("| crystal | above hull, eV/atom | formation | evaluations | CPU s | products |")
    print("|---|---|---|---|---|---|")
    for name, phase in zip(SETS[asked.set], relaxed, strict=True):
        start = time.process_time()
        energy = CrystalEnergy(phase.formula, phase.energy_per_atom, phase.structure)
        (found,) = energy_above_hull([energy], potential, settings=settings, cache=cache)
        spent = time.process_time() - start
        total += spent
        products = ", ".join(f"{p.formula} {p.label.split(' [')[0]}" for p in found.decomposition)
        print(
            f"| {name} | {found.energy_above_hull:.4f} | {found.formation_energy_per_atom:.4f} "
            f"| {found.evaluations} | {spent:.1f} | {products} |",
            flush=True,
        )
    print(f"\nAll: {total:.1f} CPU s, {potential.evaluations} evaluations in this process.")


if __name__ == "__main__":
    main()
