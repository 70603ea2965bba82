"""Relax crystals of your own, compute their elastic tensors and say whether they meet a target.

    python examples/validate_candidates.py                  # copper
    python examples/validate_candidates.py mine.cif --potential 7net-0

About ten seconds for copper. The judge also goes behind any job that ends in a structure:
``PotentialJudge().make([relax_job.output.structure])``.
"""

from __future__ import annotations

import argparse

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from elatbot_flows import DesignTarget, Interval, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer


def main() -> None:
    """Judge what is given, as it is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="CIF files")
    parser.add_argument("--potential", default="7net-0")
    arguments = parser.parse_args()
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    structures = [Structure.from_file(file) for file in arguments.files] or [copper]

    target = DesignTarget(bulk_modulus=Interval(120, 150), pugh_ratio=Interval(1.75, 4))
    flow = InverseDesignMaker(
        n=None,
        proposer=GivenProposer(materials=structures, sources=arguments.files or ["copper"]),
        build=None,
        judges=[PotentialJudge(potential=arguments.potential)],
        hull=None,
    ).make(target)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, log=False, ensure_success=True)
    for found in read_result(store, flow.output.uuid).candidates:
        if found.status != "passed":
            print(f"{found.formula}: {found.message}")
            continue
        print(f"{found.formula}: {found.verdict}, probability {found.probability:.2f}")
        modulus = found.estimate.bulk_modulus
        print(f"  K = {modulus.value:.0f} GPa, 90 % within {modulus.low:.0f} to {modulus.high:.0f}")


if __name__ == "__main__":
    main()
