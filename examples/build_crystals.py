"""Build crystals for formulas of your own, have them judged, and see who stands for each.

    python examples/build_crystals.py NiAl Cu3Au

Up to half a minute for each.
"""

from __future__ import annotations

import argparse

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows import InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer


def main() -> None:
    """Build, relax, judge; the flow is that of a design without its first step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formulas", nargs="*", default=["NiAl"])
    parser.add_argument("--potential", default="ase.calculators.emt:EMT")
    arguments = parser.parse_args()

    flow = InverseDesignMaker(
        n=None,
        proposer=GivenProposer(materials=arguments.formulas),
        build=BuildMaker(potential=arguments.potential),
        judges=[PotentialJudge(potential=arguments.potential)],
        hull=None,
    ).make()
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, log=False, ensure_success=True)
    for candidate in read_result(store, flow.output.uuid).candidates:
        print(candidate.formula, candidate.status, candidate.message or "")
        for place, crystal in enumerate(candidate.polymorphs):
            _, spacegroup = crystal.structure.get_space_group_info()
            mark = "*" if place == candidate.polymorph else " "
            print(
                f" {mark} space group {spacegroup}, {crystal.energy_per_atom:.3f} eV/atom, "
                f"from {crystal.source}: {crystal.label}"
            )


if __name__ == "__main__":
    main()
