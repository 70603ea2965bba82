"""Design alloys from Python: all steps, on all cores, into a folder that can be queried later.

    python examples/design_alloys.py --out runs/alloys

Minutes on two cores; with ``--potential ase.calculators.emt:EMT -n 1`` half a minute.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from elatbot_flows import DesignTarget, Interval, InverseDesignMaker
from elatbot_flows.cli.options import available_cores
from elatbot_flows.database.results import read_result
from elatbot_flows.database.stores import open_store
from elatbot_flows.jobs import BuildMaker, HullMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.report import write_report
from elatbot_flows.running.runner import run_flow


def main() -> None:
    """Design, store, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/alloys"))
    parser.add_argument("--potential", default="7net-0")
    parser.add_argument("-n", type=int, default=4)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)

    target = DesignTarget(
        bulk_modulus=Interval(150, 190), elements=("Ni", "Al", "Cu", "Pd", "Pt"), max_sites=8
    )
    flow = InverseDesignMaker(
        n=arguments.n,
        build=BuildMaker(potential=arguments.potential),
        judges=[PotentialJudge(potential=arguments.potential)],
        hull=HullMaker(potential=arguments.potential),
    ).make(target)

    # jobflow's store if one is configured, else files in the folder. A second run resumes.
    store, where = open_store(arguments.out)
    summary = run_flow(flow, store, workers=available_cores(), potentials=[arguments.potential])
    print(f"{len(summary.finished)} jobs run, {len(summary.resumed)} taken over; {where}")
    for name, error in summary.failed.items():
        raise SystemExit(f"{name} failed: {error}")

    result = read_result(store, flow.output.uuid)
    for candidate in result.passed:
        print(
            f"{candidate.rank}. {candidate.formula}: K = {candidate.bulk_modulus:.0f} GPa, "
            f"{candidate.verdict} ({candidate.probability:.2f})"
        )
    print(write_report(result, arguments.out).html)


if __name__ == "__main__":  # worker processes import this file
    main()
