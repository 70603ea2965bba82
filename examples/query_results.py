"""Ask the store of a run for candidates, long after and from another process.

    python examples/query_results.py runs/alloys

About two seconds. Without a folder of its own, a store configured for jobflow is asked.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from elatbot_flows import Interval
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.queries import find_candidates
from elatbot_flows.database.stores import open_store


def main() -> None:
    """Ask three questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/alloys"))
    arguments = parser.parse_args()
    store, where = open_store(arguments.folder, existing=True)
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

    print("What became of the others:")  # any MongoDB query works as well
    others = candidates.query({"status": {"$in": ["rejected", "failed"]}}, properties=["reason"])
    for reason, number in Counter(d["reason"] for d in others).most_common():
        print(f"  {number:4} {reason}")


if __name__ == "__main__":
    main()
