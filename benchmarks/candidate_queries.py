"""The commonest questions to the collection of candidates.

``OMP_NUM_THREADS=1 python benchmarks/candidate_queries.py``

Candidates are made up, documents as `elatbot_flows.database` publishes them, without estimate and
hull. Seconds are processor time of one process, the median of five; the first
page has 50 candidates.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Lattice, Structure

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import samples
from elatbot_flows import Interval
from elatbot_flows.database.builder import _plain
from elatbot_flows.database.collections import index_candidates
from elatbot_flows.database.entries import described
from elatbot_flows.database.queries import best_of_each, count_by, find_candidates
from elatbot_flows.database.sqlite_store import SqliteStore
from elatbot_flows.documents import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

METALS = ("Al", "Ti", "V", "Cr", "Fe", "Co", "Ni", "Cu", "Zn", "Zr", "Nb", "Mo", "Ru", "Rh", "Pd")
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "hits, the likeliest first": lambda s: find_candidates(
        s, verdict="hit", status="passed", limit=50
    ),
    "hits of an element set": lambda s: find_candidates(
        s, verdict="hit", elements=["Ni", "Al", "Ti", "Co"], limit=50
    ),
    "bulk modulus in an interval": lambda s: find_candidates(
        s, intervals={"bulk_modulus": Interval(150, 160)}, status="passed", limit=50
    ),
    "two intervals and an element": lambda s: find_candidates(
        s,
        intervals={"bulk_modulus": Interval(120, 180), "pugh_ratio": Interval(1.75, None)},
        contains=["Ni"],
        limit=50,
    ),
    "everything of a formula": lambda s: find_candidates(s, formula="AlNi"),
    "everything of a chemical system": lambda s: find_candidates(s, chemsys="Al-Ni"),
    "best of each of 20 chemical systems": lambda s: [
        d for d, _ in zip(best_of_each(s, status="passed"), range(20), strict=False)
    ],
    "most disagreement": lambda s: find_candidates(s, sort="disagreement", limit=50),
    "near the hull": lambda s: find_candidates(
        s, max_above_hull=0.02, sort="energy_above_hull", descending=False, limit=50
    ),
    "why they failed": lambda s: count_by(s, "reason"),
    "page 5 of what passed": lambda s: find_candidates(s, status="passed", skip=200, limit=50),
}


def template() -> dict[str, Any]:
    """A published candidate."""
    cell = Structure(Lattice.cubic(2.9), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    tensor = (np.diag([110.0] * 3 + [60.0] * 3) + 90 * np.pad(np.ones((3, 3)), (0, 3))).tolist()
    said = samples.result(
        structure=cell, elastic_tensor=tensor, bulk_modulus=160.0, shear_modulus=60.0
    )
    evidence = [Evidence(polymorph=0, result=said)] * 2
    found = samples.candidate(0, status="passed", evidence=evidence, structure=cell)
    return _plain(described(found, last_updated=datetime.now(UTC)))


def documents(count: int) -> list[dict[str, Any]]:
    """Candidates of many systems, half of which passed."""
    rng, like = np.random.default_rng(0), template()
    made = []
    for number in range(count):
        elements = sorted(rng.choice(METALS, size=rng.integers(2, 4), replace=False).tolist())
        passed = bool(rng.random() < 0.5)
        bulk, pugh = float(rng.normal(160, 40)), float(rng.normal(2.2, 0.6))
        made.append(
            like
            | {
                "candidate_id": f"run{number // 500}-{number:06d}",
                "run_id": f"run{number // 500}",
                "elements": elements,
                "nelements": len(elements),
                "chemsys": "-".join(elements),
                "formula": "".join(elements),
                "formula_pretty": "".join(elements),
                "status": "passed" if passed else "failed",
                "reason": None if passed else str(rng.choice(["soft_mode", "born_unstable"])),
                "verdict": str(rng.choice(["hit", "open", "miss"])) if passed else "unknown",
                "probability": float(rng.random()) if passed else None,
                "bulk_modulus": bulk if passed else None,
                "pugh_ratio": pugh if passed else None,
                "disagreement": float(1 + rng.exponential(0.2)) if passed else None,
                "energy_above_hull": float(rng.exponential(0.05)) if passed else None,
            }
        )
    return made


def seconds(ask: Callable[[], Any]) -> float:
    """Median processor time of five times."""
    spent = []
    for _ in range(5):
        start = time.process_time()
        ask()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10_000, 100_000])
    counts = parser.parse_args().counts
    columns = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteStore(Path(folder) / "s.sqlite", "candidates", key="candidate_id")
            store.connect()
            index_candidates(store)
            made = documents(count)
            start = time.process_time()
            for first in range(0, count, 500):
                store.update(made[first : first + 500], key="candidate_id")
            written = time.process_time() - start
            columns[count] = {"write one (ms)": 1000 * written / count}
            for name, ask in QUESTIONS.items():
                if not ask(store):
                    raise SystemExit(f"{name}: nothing found among {count}, so nothing is measured")
                columns[count][name] = seconds(lambda ask=ask, store=store: ask(store))
    print("| question | " + " | ".join(f"{count:,} candidates" for count in counts) + " |")
    print("|---|" + "---|" * len(counts))
    for name in columns[counts[0]]:
        print(f"| {name} | " + " | ".join(f"{columns[c][name]:.3f}" for c in counts) + " |")


if __name__ == "__main__":
    main()
