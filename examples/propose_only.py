"""Let the text model propose materials and say what it expects of them, without any physics.

    python examples/propose_only.py

About ten seconds.
"""

from __future__ import annotations

import argparse

from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore

from elatbot_flows import DesignTarget, Interval
from elatbot_flows.documents import Shortlist
from elatbot_flows.jobs import JudgeMaker, begin
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import TextProposer


def main() -> None:
    """Propose, most promising first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=4, help="candidates that are to pass later")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    target = DesignTarget(bulk_modulus=Interval(150, 170), elements=("Ni", "Al", "Cu", "Pt"))
    proposer = TextProposer(oversample=5)
    # A judge is named because only elements it knows are worth proposing.
    judging = JudgeMaker(judges=[PotentialJudge(potential="ase.calculators.emt:EMT")])
    asked, steps = (proposer.model, proposer.expectation), (None, judging, None)
    run = begin(target, arguments.n, arguments.seed, *asked, *steps, proposer.settings())
    proposed = proposer.make(target, arguments.n, run.output)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(Flow([run, proposed]), store=store, log=False, ensure_success=True)
    for row in Shortlist.model_validate(store.get_output(proposed.uuid)).rows:
        mean, spread = row.expected
        print(
            f"{row.formula:12} {row.crystal_system:12} "
            f"K = {mean:.0f} +- {spread:.0f} GPa expected{', unseen' if row.unseen else ''}"
        )


if __name__ == "__main__":
    main()
