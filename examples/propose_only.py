"""Let the text model propose materials and say what it expects of them, without any physics.

    python examples/propose_only.py

About ten seconds.
"""

from __future__ import annotations

import argparse

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows import DesignTarget, Interval
from elatbot_flows.jobs import ProposeMaker


def main() -> None:
    """Propose, most promising first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=4, help="candidates to validate later")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    target = DesignTarget(bulk_modulus=Interval(150, 170), elements=("Ni", "Al", "Cu", "Pt"))
    # The potential is named here because only elements it knows are worth proposing.
    job = ProposeMaker(oversample=5).make(
        target, "ase.calculators.emt:EMT", "cpu", arguments.n, arguments.seed
    )
    responses = run_locally(job, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    batch = responses[job.uuid][1].output
    for candidate in batch.candidates:
        if candidate.status != "proposed":
            continue
        mean, std = candidate.predicted_bulk_modulus, candidate.predicted_bulk_modulus_std
        print(
            f"{candidate.formula:12} {candidate.proposed_crystal_system:12} "
            f"K = {mean:.0f} +- {std:.0f} GPa expected{', novel' if candidate.novel else ''}"
        )


if __name__ == "__main__":
    main()
