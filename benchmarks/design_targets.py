"""How often candidates meet the target, how stable they are, and what a run costs.

Runs ``elatbot design`` for several bulk modulus intervals and element sets in fresh processes and
writes one table row for each. Usage::

    python benchmarks/design_targets.py --out /tmp/design --table benchmarks/design_targets.md
    python benchmarks/design_targets.py --out /tmp/design --table FILE -n 50 --only 95:105 --cold

CPU seconds by step are those of the whole run shared out by wall time, which is right for one
worker on an idle machine. A target that is finished in ``--out`` is not run again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from processor_time import seconds_of_command

TARGETS = (
    ("55:65", None),
    ("75:85", None),
    ("95:105", None),
    ("120:130", None),
    ("150:170", None),
    ("180:200", None),
    ("210:230", None),
    ("240:250", None),
    ("150:170", "Ni,Al,Ti,Co,Fe,Cr"),
    ("60:80", "Mg,Al,Ca,Zn,Cu,Ag"),
    ("100:120", "Ti,Zr,Nb,Al,Sn"),
    ("200:230", "Fe,Co,Ni,Cr,Mo,W,Re"),
)
HULLS = (0.05, 0.1)


@dataclass
class Row:
    """What one run gave."""

    interval: str
    elements: str
    counts: dict
    stated: float
    low_hits: list[int]
    above: int
    cpu: float
    shares: list[float]

    def cells(self) -> list[str]:
        """The row as text."""
        counts = self.counts
        return [
            self.interval,
            self.elements,
            f"{counts['passed']} of {counts['judged']}",
            f"{counts['hits']} ({counts['open']} open)",
            f"{self.stated:.1f}",
            *map(str, self.low_hits),
            str(self.above),
            f"{self.cpu:.0f}",
            f"{self.cpu / counts['hits']:.1f}" if counts["hits"] else "-",
            " / ".join(f"{share:.0%}" for share in self.shares),
            " / ".join(f"{share * self.cpu / counts['hits']:.1f}" for share in self.shares)
            if counts["hits"]
            else "-",
        ]


def shares(folder: Path) -> list[float]:
    """Shares of the wall time for start and proposing / building / judging / hull.

    Read from when jobs were stored: a step lasts from the end of the last one to its own end.
    """
    from elatbot_flows.database.stores import open_store
    from elatbot_flows.jobs.stages import stage_of

    store, _ = open_store(folder, existing=True)
    ended: dict[str, float] = {}
    for document in store.docs_store.query({}, properties=["name", "completed_at", "metadata"]):
        step = stage_of(document["name"], document.get("metadata"))
        when = datetime.fromisoformat(document["completed_at"]).timestamp()
        ended[step] = max(ended.get(step, 0.0), when)
    marks = [ended[stage] for stage in ("begin", "propose", "build", "judge", "hull")]
    lengths = [after - before for before, after in itertools.pairwise(marks)]
    return [length / sum(lengths) for length in lengths]


def _timed(command: list[str], environment: dict[str, str], note: Path) -> float:
    """CPU seconds of a command, run now or, by the note it left, before."""
    if not note.is_file():
        note.write_text(str(seconds_of_command(command, environment)))
    return float(note.read_text())


def run(interval: str, elements: str | None, args: argparse.Namespace) -> Row:
    """One design run in processes of its own."""
    folder = args.out / f"{interval.replace(':', '-')}-{(elements or 'all').replace(',', '')}"
    command = [sys.executable, "-m", "elatbot_flows.cli", "design", "--bulk-modulus", interval]
    command += ["-n", str(args.n), "--out", str(folder), "--seed", str(args.seed)]
    command += ["--workers", str(args.workers)]
    for potential in args.potential or []:
        command += ["--potential", potential]
    if elements:
        command += ["--elements", elements]
    if args.prototypes:
        command.append("--no-learned-types")
    environment = dict(os.environ)
    if args.cold:
        environment["ELATBOT_FLOWS_CACHE"] = str(folder / "cache")
    cpu = _timed(command, environment, folder / "cpu_seconds")
    (file,) = folder.rglob("result.json")
    result = json.loads(file.read_text())
    passed = [c for c in result["candidates"] if c["status"] == "passed"]
    hits = [c for c in passed if c["verdict"] == "hit"]
    hulls = [c["energy_above_hull"] for c in hits if c["energy_above_hull"] is not None]
    return Row(
        interval=interval,
        elements=elements or "all",
        counts=result["counts"],
        stated=sum(c["probability"] or 0.0 for c in hits),
        low_hits=[sum(energy <= edge for energy in hulls) for edge in HULLS],
        above=sum((c["above_ground_state"] or 0.0) > 0 for c in passed),
        cpu=cpu,
        shares=shares(folder),
    )


def table(rows: list[Row], command: str) -> str:
    """The rows and their sums as Markdown."""
    head = ["K (GPa)", "elements", "passed of judged", "hits", "sum of their probabilities"]
    head += [f"hits with hull <= {edge} eV/atom" for edge in HULLS]
    head += ["passed above their ground state", "CPU s", "CPU s per hit"]
    head += ["start, propose / build / judge / hull", "CPU s per hit by step"]
    lines = [f"Command: `{command}`", "", "| " + " | ".join(head) + " |"]
    lines.append("|" + "---|" * len(head))
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    passed, judged = (sum(row.counts[name] for row in rows) for name in ("passed", "judged"))
    hits, cpu = sum(row.counts["hits"] for row in rows), sum(row.cpu for row in rows)
    sums = ["all", "", f"{passed} of {judged}", str(hits), f"{sum(r.stated for r in rows):.1f}"]
    sums += [str(sum(row.low_hits[place] for row in rows)) for place in range(len(HULLS))]
    sums += [str(sum(row.above for row in rows)), f"{cpu:.0f}", f"{cpu / max(hits, 1):.1f}", "", ""]
    return "\n".join([*lines, "| " + " | ".join(sums) + " |", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("-n", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--potential", action="append")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", action="append", help="intervals to run, such as 95:105")
    parser.add_argument("--prototypes", action="store_true", help="without learned types")
    parser.add_argument("--cold", action="store_true", help="a cache of its own for every run")
    args = parser.parse_args()
    rows = []
    for interval, elements in TARGETS:
        if args.only and interval not in args.only:
            continue
        rows.append(run(interval, elements, args))
        print(" | ".join(rows[-1].cells()), flush=True)
    options = f"-n {args.n} --seed {args.seed}"
    options += "".join(f" --potential {name}" for name in args.potential or [])
    options += "".join(f" --only {interval}" for interval in args.only or [])
    options += "".join(f" --{name}" for name in ("prototypes", "cold") if getattr(args, name))
    command = f"python benchmarks/design_targets.py --out DIR --table FILE {options}"
    args.table.write_text(table(rows, command))


if __name__ == "__main__":
    main()
