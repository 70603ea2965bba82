"""How often validated candidates meet the target, and what a run costs.

Runs ``elatbot design`` for several bulk modulus intervals and element sets in fresh processes and
writes one table row for each. Usage::

    python benchmarks/design_targets.py --out /tmp/design --table benchmarks/design_targets.md
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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
TOLERANCE = 0.15


@dataclass
class Row:
    """What one run gave."""

    interval: str
    elements: str
    counts: dict
    hits: int
    near: int
    novel: int
    novel_hits: int
    novel_near: int
    cpu: float
    wall: float
    shares: str

    def cells(self) -> list[str]:
        """The row as text."""
        n = self.counts["stable"]
        failed = self.counts["validated"] - n
        return [
            self.interval,
            self.elements,
            f"{n} (+{failed} failed)",
            f"{self.hits} of {n}",
            f"{self.near} of {n}",
            f"{self.novel_hits} of {self.novel}",
            f"{self.novel_near} of {self.novel}",
            f"{self.cpu:.0f}",
            f"{self.wall:.0f}",
            self.shares,
        ]


def is_near(value: float, low: float, high: float) -> bool:
    """Whether a value is inside the interval or within 15 % of its nearest edge."""
    return low * (1 - TOLERANCE) <= value <= high * (1 + TOLERANCE)


def _first_write(folder: Path) -> float:
    """When the run made its store: the settings file is written first and never again."""
    return min(path.stat().st_mtime for path in (folder / "store").rglob("*") if path.is_file())


def shares(folder: Path) -> str:
    """Percent of the wall time for start and proposing / building / validating.

    Read from when jobs were stored: a step lasts from the end of the last one to its own end.
    """
    from elatbot_flows.campaign.store import open_store

    store, _ = open_store(folder, existing=True)
    ended: dict[str, float] = {}
    for document in store.docs_store.query({}, properties=["name", "completed_at"]):
        step = document["name"].split()[0]
        when = datetime.fromisoformat(document["completed_at"]).timestamp()
        ended[step] = max(ended.get(step, 0.0), when)
    marks = [_first_write(folder), ended["propose"], ended["build"], ended["validate"]]
    lengths = [after - before for before, after in itertools.pairwise(marks)]
    return " / ".join(f"{length / sum(lengths):.0%}" for length in lengths)


def run(interval: str, elements: str | None, args: argparse.Namespace) -> Row:
    """One design run in processes of its own."""
    folder = args.out / f"{interval.replace(':', '-')}-{(elements or 'all').replace(',', '')}"
    command = [sys.executable, "-m", "elatbot_flows.cli", "design", "--bulk-modulus", interval]
    command += ["-n", str(args.n), "--out", str(folder), "--seed", str(args.seed)]
    command += ["--potential", args.potential]
    if elements:
        command += ["--elements", elements]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        command, check=True, stdout=subprocess.DEVNULL, env=os.environ
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = json.loads((folder / "result.json").read_text())
    low, high = (float(edge) for edge in interval.split(":"))
    done = [c for c in result["candidates"] if c["status"] == "validated"]
    novel = [c for c in done if c["novel"]]
    return Row(
        interval=interval,
        elements=elements or "all",
        counts=result["counts"],
        hits=sum(c["verdict"] == "hit" for c in done),
        near=sum(is_near(c["bulk_modulus"], low, high) for c in done),
        novel=len(novel),
        novel_hits=sum(c["verdict"] == "hit" for c in novel),
        novel_near=sum(is_near(c["bulk_modulus"], low, high) for c in novel),
        cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        wall=wall,
        shares=shares(folder),
    )


def table(rows: list[Row], command: str) -> str:
    """The rows and their sums as Markdown."""
    head = ["K (GPa)", "elements", "validated", "in the interval", "within 15 %"]
    head += ["novel, in", "novel, within 15 %", "CPU s", "wall s", "propose / build / validate"]
    lines = [f"Command: `{command}`", "", "| " + " | ".join(head) + " |"]
    lines.append("|" + "---|" * len(head))
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    n, novel = sum(r.counts["stable"] for r in rows), sum(r.novel for r in rows)
    sums = ["all", "", str(n)]
    sums += [f"{sum(r.hits for r in rows) / max(n, 1):.0%}"]
    sums += [f"{sum(r.near for r in rows) / max(n, 1):.0%}"]
    sums += [f"{sum(r.novel_hits for r in rows) / max(novel, 1):.0%} of {novel}"]
    sums += [f"{sum(r.novel_near for r in rows) / max(novel, 1):.0%} of {novel}"]
    sums += [f"{sum(r.cpu for r in rows):.0f}", f"{sum(r.wall for r in rows):.0f}", ""]
    return "\n".join([*lines, "| " + " | ".join(sums) + " |", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("-n", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--potential", default="7net-0")
    args = parser.parse_args()
    rows = []
    for interval, elements in TARGETS:
        rows.append(run(interval, elements, args))
        print(" | ".join(rows[-1].cells()), flush=True)
    options = f"-n {args.n} --seed {args.seed} --potential {args.potential}"
    command = f"python benchmarks/design_targets.py --out DIR --table FILE {options}"
    args.table.write_text(table(rows, command))


if __name__ == "__main__":
    main()
