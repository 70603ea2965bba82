"""Solid solutions over composition and size of cell, by potentials, beside measured crystals.

OMP_NUM_THREADS=1 python benchmarks/solid_solutions.py --potential 7net-l3i5 --potential DIR \
    --out solutions.jsonl --table benchmarks/solid_solutions.md
OMP_NUM_THREADS=1 python benchmarks/solid_solutions.py --potential 7net-l3i5 --potential DIR \
    --potential gpaw --small --out small.jsonl     # cells that a density functional can afford

A line is written for each alloy as soon as it is known; a second start goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from jobflow import run_locally
from pymatgen.core import Lattice, Structure

from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.documents import ElasticResult
from elatbot_flows.flows import SolidSolutionMaker
from elatbot_flows.judges import DFTElasticMaker, Judge, PotentialJudge

ALLOYS = (
    *("Ni0.875Al0.125 fcc", "Ni0.75Al0.25 fcc"),
    *("Cu0.875Zn0.125 fcc", "Cu0.75Zn0.25 fcc"),
    *("Ti0.75Nb0.25 bcc", "Ti0.5Nb0.5 bcc", "Ti0.25Nb0.75 bcc"),
    *("Mo0.75W0.25 bcc", "Mo0.5W0.5 bcc", "Mo0.25W0.75 bcc"),
)
SIZED = ("Cu0.75Zn0.25 fcc", "Mo0.5W0.5 bcc", "Ti0.5Nb0.5 bcc", "Ni0.75Al0.25 fcc")
SIZES = (8, 16, 32)
USUAL = 16
SMALL = {"fcc": 8, "bcc": 4}
"""Atoms in the cells of which there is one arrangement each, for all judges."""
ELEMENTS = {
    "Ni": ("fcc", 3.52), "Cu": ("fcc", 3.61), "Nb": ("bcc", 3.30),
    "Mo": ("bcc", 3.15), "W": ("bcc", 3.17),
}  # fmt: skip
MEASURED = {
    "Ni": (248.1, 154.9, 124.2),
    "Cu": (168.4, 121.4, 75.4),
    "Nb": (246.5, 133.3, 28.4),
    "Mo": (463.7, 157.8, 109.2),
    "W": (522.4, 204.4, 160.8),
    "Cu0.75Zn0.25 fcc": (147.3, 111.3, 71.9),
}
"""C11, C12, C44 (GPa) at room temperature. Elements: Simmons and Wang, Single Crystal Elastic
Constants (1971), as textbooks have them. Brass: 72 % of copper by weight, Masima and Sachs (1928),
S11, S12, S44 = 19.4, -8.35, 13.9 / TPa."""


def hill(c11: float, c12: float, c44: float) -> tuple[float, float]:
    """K and G of a polycrystal of cubic crystals."""
    voigt = (c11 - c12 + 3 * c44) / 5
    reuss = 5 * (c11 - c12) * c44 / (4 * c44 + 3 * (c11 - c12))
    return (c11 + 2 * c12) / 3, (voigt + reuss) / 2


def cell(element: str) -> Structure:
    kind, length = ELEMENTS[element]
    corner = (
        [[-1, 1, 1], [1, -1, 1], [1, 1, -1]] if kind == "bcc" else [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    )
    lattice = Lattice([[length / 2 * x for x in row] for row in corner])
    return Structure(lattice, [element], [[0, 0, 0]])


def judge_of(name: str) -> Judge:
    """A potential, or ``gpaw`` at its quick preset."""
    if name == "gpaw":
        return DFTElasticMaker(code=GPAWCode(DFTSettings.preset("quick")))
    return PotentialJudge(potential=name)


def judged(name: str, size: int, potential: str, count: int) -> dict[str, Any]:
    """A line: mean and spread of K and G of one alloy by one judge."""
    judge = judge_of(potential)
    line = {"alloy": name, "size": size, "potential": Path(potential).name}
    start = time.process_time()
    if name in ELEMENTS:
        flow: Any = judge.make([cell(name)], [name])
        (document,) = run_locally(flow, log=False)[flow.output.uuid][1].output
        found = ElasticResult.model_validate(document)
        line |= {
            "asked": 1,
            "passed": int(found.status == "passed"),
            "reason": found.reason,
            "messages": [found.message],
        }
        line |= {"K": [found.bulk_modulus, None], "G": [found.shear_modulus, None]}
    else:
        flow = SolidSolutionMaker(judges=[judge], count=count, most_atoms=size).make(name)
        document = run_locally(flow, log=False, ensure_success=True)[flow.output.uuid][1].output
        (said,) = document.judged
        reasons = sorted({str(one.reason) for one in said.results if one.reason})
        line |= {"asked": len(said.results), "passed": said.passed, "reason": ", ".join(reasons)}
        line |= {"messages": [one.message for one in said.results]}
        line |= {"atoms": len(document.approximants.structures[0])}
        for letter, pooled in (("K", said.bulk_modulus), ("G", said.shear_modulus)):
            line[letter] = None if pooled is None else [pooled.mean, pooled.spread]
    return line | {"cpu_seconds": time.process_time() - start}


def table(lines: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(line["potential"] for line in lines))
    rows = [
        "| alloy | atoms | judge | passed | K | G | measured K, G | CPU s |",
        "|---|" + "---|" * 7,
    ]
    for line in sorted(
        lines, key=lambda one: (_place(one["alloy"]), one["size"], names.index(one["potential"]))
    ):
        known = MEASURED.get(line["alloy"])
        said = "" if known is None else ", ".join(f"{value:.0f}" for value in hill(*known))
        passed = f"{line['passed']} of {line['asked']}" + (
            f" ({line['reason']})" if line["reason"] else ""
        )
        values = [_shown(line["K"]), _shown(line["G"])]
        cells = [line["alloy"], str(line.get("atoms", 1)), line["potential"], passed, *values, said]
        rows.append("| " + " | ".join([*cells, f"{line['cpu_seconds']:.0f}"]) + " |")
    return "\n".join(rows)


def _place(alloy: str) -> tuple[int, int]:
    names = (*ELEMENTS, *ALLOYS)
    first = [k for k, name in enumerate(ALLOYS) if name.startswith(alloy[:2])]
    return (min(first, default=0), names.index(alloy))


def _shown(pair: list[float | None] | None) -> str:
    if pair is None or pair[0] is None:
        return "-"
    return f"{pair[0]:.1f}" + ("" if pair[1] is None else f" +- {pair[1]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--potential", action="append", required=True)
    parser.add_argument("--small", action="store_true", help="small cells, one arrangement each")
    parser.add_argument("--only", nargs="*", help="these alloys alone")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", action="store_true", help="print what is known")
    asked = parser.parse_args()
    text = asked.out.read_text(encoding="utf-8") if asked.out.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    done = {(line["alloy"], line["size"], line["potential"]) for line in lines}
    wanted = [(name, 1) for name in ELEMENTS]
    if asked.small:
        wanted += [(name, SMALL[name[-3:]]) for name in ALLOYS]
    else:
        wanted += [(name, USUAL) for name in ALLOYS]
        wanted += [(name, size) for size in SIZES for name in SIZED if size != USUAL]
    for name, size in [] if asked.table else wanted:
        for potential in asked.potential:
            known = (name, size, Path(potential).name) in done
            if known or (asked.only and name not in asked.only):
                continue
            line = judged(name, size, potential, count=1 if asked.small else 3)
            with asked.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
    if asked.table:
        print(table(lines))


if __name__ == "__main__":
    main()
