"""Build crystals for formulas of your own, and screen them with a cheap relaxation.

    python examples/build_crystals.py AlNi:Cubic Al2Cu:Tetragonal

Up to half a minute for each.
"""

from __future__ import annotations

import argparse

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows import load_potential
from elatbot_flows.documents import CandidateDocument, GeneratorRecord, MethodRecord, RunRecord
from elatbot_flows.jobs import BuildMaker


def main() -> None:
    """Build, relax roughly, show the best crystals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "materials", nargs="*", default=["AlNi:Cubic"], help="FORMULA:Crystal-system"
    )
    parser.add_argument("--potential", default="ase.calculators.emt:EMT")
    arguments = parser.parse_args()

    hand = GeneratorRecord(name="me", version="-", weights_sha256="-", parameters=0, temperature=0)
    judge = MethodRecord(**load_potential(arguments.potential).record())
    run = RunRecord(
        run_id="own", target={}, requested=1, seed=0, generator=hand, potential=judge, versions={}
    )
    pairs = [material.split(":") for material in arguments.materials]
    candidates = [
        CandidateDocument(
            candidate_id=f"own-{i}", run_id="own", formula=formula, proposed_crystal_system=system
        )
        for i, (formula, system) in enumerate(pairs)
    ]
    job = BuildMaker(potential=arguments.potential).make(candidates, run)
    responses = run_locally(job, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    for candidate in responses[job.uuid][1].output.candidates:
        print(candidate.formula, candidate.message or "")
        for crystal in candidate.polymorphs:
            _, spacegroup = crystal.structure.get_space_group_info()
            print(
                f"  space group {spacegroup}, {len(crystal.structure)} sites, "
                f"K about {crystal.bulk_modulus:.0f} GPa, from {crystal.source}: {crystal.label}"
            )


if __name__ == "__main__":
    main()
