"""Documents of a design run under FireWorks: ``python benchmarks/fireworks_size.py -n 200``.

FireWorks runs in this process with mongomock for its database, and a quick analytic potential
stands for the real one: sizes of documents hardly depend on it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from elatbot_flows import DesignTarget, Interval, InverseDesignMaker
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from fireworks_trial import LIMIT, Trial, run_through_fireworks
from mongo_server.running import mongodb_uri

EMT = "ase.calculators.emt:EMT"
METALS = ("Ni", "Cu", "Pd", "Ag", "Pt", "Au")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=200, help="candidates that are to pass")
    parser.add_argument(
        "--mongodb", action="store_true", help="over the wire, see tests/mongo_server"
    )
    parser.add_argument("--chunk-size", type=int, help="candidates in one job")
    arguments = parser.parse_args()
    flow = InverseDesignMaker(
        n=arguments.n,
        chunk_size=arguments.chunk_size,
        build=BuildMaker(potential=EMT, max_guesses=4, max_relaxed=2),
        judges=[PotentialJudge(potential=EMT)],
        hull=None,
    ).make(DesignTarget(bulk_modulus=Interval(100, 200), elements=METALS, max_sites=4))
    with tempfile.TemporaryDirectory() as name:
        folder, work = Path(name), Path(name) / "work"
        work.mkdir()
        with mongodb_uri(folder) if arguments.mongodb else nullcontext() as uri:
            trial = run_through_fireworks(flow, work, uri)
    print(table(trial))


def table(trial: Trial) -> str:
    """The largest documents of a trial, as rows of Markdown."""
    states = ", ".join(f"{number} {state}" for state, number in sorted(trial.states.items()))
    rows = [
        f"Fireworks: {states}\n",
        "| largest | bytes | of MongoDB's limit | job |",
        "|---|---|---|---|",
    ]
    for kind in ("spec", "launch", "workflow", "output"):
        largest = getattr(trial, kind)
        share = largest.size / LIMIT
        rows.append(f"| {kind} | {largest.size} | {share:.1%} | {largest.name} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
