"""Design targets with learned structure types beside those without, from finished runs.

::

    python benchmarks/design_targets.py --out WITH --table FILE -n 8 --cold
    python benchmarks/design_targets.py --out WITHOUT --table FILE -n 8 --cold --prototypes
    python benchmarks/design_routes.py WITH WITHOUT
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

FAR = 0.025  # eV/atom, above which no crystal is called a hit that its own run has lower
SAME = 1.0  # meV/atom
HEAD = (
    "target", "route", "hits", "evaluations", "to build", "CPU s", "CPU s per hit",
    "hits the other route built", "of these lower", "higher", "higher by more than 25 meV/atom",
    "hits of no shipped prototype's type",
)  # fmt: skip


class Run:
    """What one target came to by one route."""

    def __init__(self, folder: Path) -> None:
        (file,) = folder.rglob("result.json")
        result = json.loads(file.read_text())
        self.cpu = float((folder / "cpu_seconds").read_text())
        self.built = {c["formula"]: c for c in result["candidates"] if c["polymorphs"]}
        self.hits = [c for c in self.built.values() if c["verdict"] == "hit"]
        self.evaluations = result["counts"]["evaluations"]
        self.to_build = sum(c["build_evaluations"] for c in self.built.values())

    def above(self, other: Run) -> dict[str, float]:
        """How far hits lie above the lowest crystal of the same formula there, eV/atom."""
        return {
            hit["formula"]: hit["polymorphs"][hit["polymorph"]]["energy_per_atom"]
            - lowest(other.built[hit["formula"]])
            for hit in self.hits
            if hit["formula"] in other.built
        }


def lowest(candidate: dict) -> float:
    """Energy of the lowest crystal of a candidate, eV/atom."""
    return candidate["polymorphs"][0]["energy_per_atom"]


def row(target: str, route: str, runs: list[Run], others: list[Run]) -> str:
    """Sums over runs as a row of the table."""
    hits = [hit for run in runs for hit in run.hits]
    above = [e for run, other in zip(runs, others, strict=True) for e in run.above(other).values()]
    cpu = sum(run.cpu for run in runs)
    unknown = sum(hit["known_as"] is None for hit in hits)
    cells = [
        target, route, len(hits), sum(run.evaluations for run in runs),
        sum(run.to_build for run in runs), f"{cpu:.0f}", f"{cpu / len(hits):.1f}" if hits else "-",
        len(above), sum(1000 * e < -SAME for e in above), sum(1000 * e > SAME for e in above),
        sum(e > FAR for e in above), f"{unknown} of {len(hits)}",
    ]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def table(names: list[str], routes: dict[str, list[Run]]) -> None:
    """Print a row for each target and route, and their sums."""
    print(f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|")
    others = dict(zip(routes, reversed(routes.values()), strict=True))
    for place, name in enumerate(names):
        for route, runs in routes.items():
            print(row(name, route, [runs[place]], [others[route][place]]))
    for route, runs in routes.items():
        print(row("all", route, runs, others[route]))
    for route, runs in routes.items():
        far = {
            formula: round(1000 * energy)
            for run, other in zip(runs, others[route], strict=True)
            for formula, energy in run.above(other).items()
            if energy > FAR
        }
        kinds = Counter(str(hit["known_as"]) for run in runs for hit in run.hits)
        print(f"\n{route}: far above the other route (meV/atom) {far}; types {dict(kinds)}")


def changes(learned: list[Run], prototypes: list[Run]) -> list[float]:
    """Where formulas that both routes built end in learned types, less where without, meV/atom."""
    return [
        1000 * (lowest(run.built[formula]) - lowest(candidate))
        for run, other in zip(learned, prototypes, strict=True)
        for formula, candidate in other.built.items()
        if formula in run.built
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("learned", type=Path, help="--out of the runs with learned types")
    parser.add_argument("prototypes", type=Path, help="that of the runs without")
    options = parser.parse_args()
    folders = (options.learned, options.prototypes)
    done = [{file.parent.name for file in folder.glob("*/cpu_seconds")} for folder in folders]
    names = sorted(set.intersection(*done))
    learned, prototypes = ([Run(folder / name) for name in names] for folder in folders)
    table(names, {"learned types": learned, "prototypes": prototypes})
    found = np.array(changes(learned, prototypes))
    print(
        f"\n{len(found)} formulas built by both: in learned types {(found < -SAME).mean():.0%} "
        f"end lower, {(found > SAME).mean():.0%} higher, mean {found.mean():+.1f} meV/atom."
    )


if __name__ == "__main__":
    main()
