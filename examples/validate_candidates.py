"""Relax crystals of your own, compute their elastic tensors and judge them against a target.

    python examples/validate_candidates.py                  # copper
    python examples/validate_candidates.py mine.cif --potential 7net-0

About five seconds for copper. The Maker also goes behind any job that ends in a structure:
``PotentialJudge().make(relax_job.output.structure)``.
"""

from __future__ import annotations

import argparse

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from elatbot_flows import DesignTarget, Interval
from elatbot_flows.elasticity.verdict import judge
from elatbot_flows.jobs import PotentialJudge


def main() -> None:
    """Validate and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="CIF files")
    parser.add_argument("--potential", default="ase.calculators.emt:EMT")
    arguments = parser.parse_args()
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    structures = [Structure.from_file(file) for file in arguments.files] or [copper]

    target = DesignTarget(bulk_modulus=Interval(130, 190), pugh_ratio=Interval(1.75, 4))
    job = PotentialJudge(potential=arguments.potential).make(structures)
    responses = run_locally(job, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    for found in responses[job.uuid][1].output:
        if found.status == "failed":
            print(f"{found.formula}: {found.message}")
            continue
        verdict = judge(target, {name: getattr(found, name) for name in target.intervals()})
        print(f"{found.formula}: {verdict.verdict}")
        print(f"  K = {found.bulk_modulus:.1f} GPa, K/G = {found.pugh_ratio:.2f}")


if __name__ == "__main__":
    main()
