"""Ask the store of a run for candidates, long after and from another process.

    python examples/query_results.py runs/alloys

About two seconds. Without a folder of its own, a store configured for jobflow is asked.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from elatbot_flows import Interval
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.queries import count_by, find_candidates
from elatbot_flows.database.stores import open_store


def main() -> None:
    """Ask three questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/alloys"))
    arguments = parser.parse_args()
    store, where = open_store(arguments.folder, existing=True)
    publish_candidates(store)  # whatever is new
    candidates = candidate_store(store)
    print(where)

    print("Hits, best first:")
    for found in find_candidates(candidates, verdict="hit", sort="probability"):
        print(
            f"  {found['formula']}: K = {found['bulk_modulus']:.0f} GPa, "
            f"P = {found['probability']:.2f}, run {found['run_id']}"
        )

    print("Ductile and stiff, whatever they were designed for:")
    wanted = {"pugh_ratio": Interval(1.75, 10), "youngs_modulus": Interval(100, 300)}
    for found in find_candidates(candidates, intervals=wanted, sort="youngs_modulus"):
        print(f"  {found['formula']}: E = {found['youngs_modulus']:.1f} GPa")

    print("What became of the others:")
    for reason, number in count_by(candidates, "reason").items():
        print(f"  {number:4} {reason}")

    print("Any MongoDB query works as well; tensors, as emmet's documents have them:")
    for found in candidates.query({"elasticity.bulk_modulus.vrh": {"$gt": 100}}, limit=3):
        print(f"  {found['formula_pretty']}: {found['elasticity']['bulk_modulus']}")


if __name__ == "__main__":
    main()
