"""Crystals as text: round trips, published failures, damaged texts.

    OMP_NUM_THREADS=1 python benchmarks/crystal_texts.py DATA --crystals 1000

DATA holds ``binary_moduli_with_structures.jsonl.gz``, ``elastic_tensors_0K.jsonl.gz`` and the
folder ``peers``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystal_fuzz import fuzzed
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import brackets, cif, json_text, lines
from elatbot_flows.text.crystals.forms import FORMS, parse_crystal
from elatbot_flows.text.crystals.symmetry import restore
from elatbot_flows.text.crystals.written import find_space_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WRITERS: dict[str, tuple[str, Callable[[Structure], str]]] = {
    "crystal-text-llm": ("crystal-text-llm", lines.render),
    "LLaMat, JSON": ("llamat-json", json_text.render),
    "CrystaLLM": ("crystallm", cif.render),
    "CrystaLLM, P1": ("crystallm", lambda crystal: cif.render(crystal, symmetry=False)),
    "CrystaLLM-pi": ("crystallm-pi", brackets.render),
}
LTOL, STOL, ANGLE = 0.05, 0.1, 2.0
TOLERANCES = f"ltol={LTOL}, stol={STOL}, angle_tol={ANGLE:g}, scale=False"
RESTORED = 8
COMMAND = "OMP_NUM_THREADS=1 python benchmarks/crystal_texts.py"
MATCHER = StructureMatcher(ltol=LTOL, stol=STOL, angle_tol=ANGLE, scale=False)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Records of a compressed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def crystals(folder: Path) -> list[Structure]:
    """Crystals of both files."""
    binaries = records(folder / "binary_moduli_with_structures.jsonl.gz")
    tensors = records(folder / "elastic_tensors_0K.jsonl.gz")
    return [Structure.from_dict(row["structure"]) for row in binaries] + [
        Structure(Lattice(row["lattice"]), row["species"], row["xyz"], coords_are_cartesian=True)
        for row in tensors
    ]


def outcome(crystal: Structure, group: int | None, name: str, *, restored: bool) -> tuple[str, ...]:
    """What became of a crystal that was written and read strictly."""
    form, write = WRITERS[name]
    try:
        read = FORMS[form](write(crystal)).structure
    except ParseError as error:
        return (error.reason,)
    found = ["same" if MATCHER.fit(crystal, read) else "other"]
    if find_space_group(read) == group:
        found.append("group")
    if restored and group is not None:
        again = restore(read, group)
        found += ["restored"] if again and MATCHER.fit(crystal, again.structure) else []
    return tuple(found)


def round_trips(structures: list[Structure]) -> list[str]:
    """Table of what came back."""
    columns = ["form", "same crystal", "other crystal", "refused", "space group found at 0.1 A"]
    columns += [f"same with its symmetry restored (every {RESTORED}th)", "CPU ms each"]
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    groups = [find_space_group(crystal) for crystal in structures]
    total = len(structures)
    for name in WRITERS:
        began = time.process_time()
        lines_alone = name == "crystal-text-llm"
        found = [
            outcome(*each, name, restored=lines_alone and place % RESTORED == 0)
            for place, each in enumerate(zip(structures, groups, strict=True))
        ]
        spent = (time.process_time() - began) / total * 1000
        count = Counter(word for each in found for word in each)
        known = {"same", "other", "group", "restored"}
        refused = ", ".join(f"{n} {why}" for why, n in count.items() if why not in known) or "0"
        shown = f"{count['restored']} of {-(-total // RESTORED)}" if lines_alone else ""
        rows.append(
            f"| {name} | {count['same']} of {total} ({count['same'] / total:.2%}) | "
            f"{count['other']} | {refused} | {count['group']} ({count['group'] / total:.1%}) | "
            f"{shown} | {spent:.0f} |"
        )
        print(name, "done", file=sys.stderr)
    return rows


def failures(folder: Path) -> list[str]:
    """Table of published texts that hold no crystal, or one that the peers did not read."""
    with (folder / "llamat2_9046_parsed_failed.csv").open(newline="", encoding="utf-8") as file:
        texts = {"LLaMat-2": [row["original_gen_str"] for row in csv.DictReader(file)]}
    for name in ("atomgpt", "crystallm_pi", "nomad"):
        files = sorted((folder / name).iterdir())
        texts[name] = [path.read_text(encoding="utf-8") for path in files]
    rows = ["| from | texts | strict | tolerant |", "|---|---|---|---|"]
    for name, own in texts.items():
        found = []
        for tolerant in (False, True):
            count: Counter[str] = Counter()
            for text in own:
                try:
                    read = parse_crystal(text, tolerant=tolerant)
                    count[f"crystals ({', '.join(read.repairs) or 'as they are'})"] += 1
                except ParseError as error:
                    count[f"`{error.reason}`"] += 1
            found.append(", ".join(f"{n} {why}" for why, n in count.most_common()))
        rows.append(f"| {name} | {len(own)} | {' | '.join(found)} |")
    return rows


def main() -> None:
    """Print the report."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--crystals", type=int, help="a random sample of them (seed 0)")
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--parts", nargs="+", default=["trips", "failures", "damaged"])
    asked = parser.parse_args()
    structures = crystals(asked.data)
    total = len(structures)
    if asked.crystals:
        structures = random.Random(0).sample(structures, asked.crystals)  # noqa: S311
    options = " ".join(["DATA", *sys.argv[2:]])
    show("# Crystals as text", "", f"    {COMMAND} {options} > FILE", "")
    if "trips" in asked.parts:
        show(f"## {len(structures)} of {total} crystals, written and read strictly", "")
        show(f"Same: `StructureMatcher({TOLERANCES})`.", "")
        show(*round_trips(structures), "")
    if "failures" in asked.parts:
        show("## Published texts that hold no crystal, or that were not read", "")
        show(*failures(asked.data / "peers"), "")
    if "damaged" in asked.parts:
        show(f"## {asked.texts} damaged texts", "")
        show(
            *fuzzed(structures, asked.texts, {name: write for name, (_, write) in WRITERS.items()})
        )


def show(*rows: str) -> None:
    """Print rows at once."""
    print("\n".join(rows), flush=True)


if __name__ == "__main__":
    main()
