"""Relax crystals of your own, compute their elastic tensors and judge them against a target.

    python examples/validate_candidates.py                  # copper
    python examples/validate_candidates.py mine.cif --potential 7net-0

About five seconds for copper.
"""

from __future__ import annotations

import argparse

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from elatbot_flows import DesignTarget, Interval, load_potential
from elatbot_flows.jobs import ValidateMaker
from elatbot_flows.schemas import (
    CandidateDocument,
    GeneratorRecord,
    Polymorph,
    PotentialRecord,
    RunRecord,
)


def main() -> None:
    """Validate and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="CIF files")
    parser.add_argument("--potential", default="ase.calculators.emt:EMT")
    arguments = parser.parse_args()
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    structures = [Structure.from_file(file) for file in arguments.files] or [copper]

    target = DesignTarget(bulk_modulus=Interval(130, 190), pugh_ratio=Interval(1.75, 4))
    hand = GeneratorRecord(name="me", version="-", weights_sha256="-", parameters=0, temperature=0)
    judge = PotentialRecord(**load_potential(arguments.potential).record())
    run = RunRecord(
        run_id="own", target={}, requested=1, seed=0, generator=hand, potential=judge, versions={}
    )
    crystals = [
        Polymorph(structure=s, source="own", label=s.reduced_formula, energy_per_atom=0)
        for s in structures
    ]
    candidates = [
        CandidateDocument(candidate_id=f"own-{i}", run_id="own", polymorphs=[p], formula=p.label)
        for i, p in enumerate(crystals)
    ]
    job = ValidateMaker(potential=arguments.potential).make(candidates, run, target)
    responses = run_locally(job, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    for found in responses[job.uuid][1].output.candidates:
        print(f"{found.formula}: {found.message or found.verdict}")
        if found.status == "validated":
            print(f"  K = {found.bulk_modulus:.1f} GPa, K/G = {found.pugh_ratio:.2f}")


if __name__ == "__main__":
    main()
