"""Training records made of the published data, held against the published texts and split.

    python benchmarks/training_data.py DATA --out benchmarks/training_data.md --describe 50

DATA is a folder with elastic_tensors_0K, finiteT_raw, finiteT_tensor, finiteT_bulk,
bulk_modulus_to_formula and infill_mp (.jsonl.gz), rows of ElaTBot's data. ``--describe`` puts so
many of the crystals in words again, two at a time, 60 s of processor time each.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pymatgen.core import Structure
from training_split import split, told

from elatbot_flows.documents import Averages, Description, LabelledMaterial
from elatbot_flows.training.data.descriptions import describe_many
from elatbot_flows.training.data.given import read_given
from elatbot_flows.training.data.json_lines import read_json_lines
from elatbot_flows.training.data.task_records import RecordSettings, material_records

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DIALECTS = ("elatbot", "elatbot-constants", "compact-2")
WORDS = {
    "tensor_from_structure": "input_structure_json",
    "tensor_from_words": "input_structure_text",
    "tensor_from_composition": "input_composition_text",
    "tensor_from_full_text": "input_full_text",
    "tensor": "input_full_text",
    "bulk_modulus": "input_full_text",
}
LATER = ("tensor", "bulk_modulus", "generation", "infill")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--describe", type=int, default=0)
    given = parser.parse_args()
    crystals = read(given.data, "elastic_tensors_0K")
    parts = [
        head(given),
        *zero_kelvin(crystals),
        *finite_temperature(given.data),
        *generation(given.data),
        *split(given.data, crystals),
        *(described(crystals, given.describe) if given.describe else []),
    ]
    text = "\n".join(parts) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text)


def head(given: argparse.Namespace) -> str:
    option = f" --describe {given.describe}" if given.describe else ""
    return (
        "# Training records of the published data\n\n"
        f"    python benchmarks/training_data.py DATA --out benchmarks/training_data.md{option}\n"
    )


def read(folder: Path, name: str) -> list[dict]:
    return read_json_lines(folder / f"{name}.jsonl.gz")


def table(columns: str, rows: list[tuple]) -> list[str]:
    names = columns.split("|")
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    return [*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows), ""]


def material(row: dict, place: int) -> LabelledMaterial:
    moduli = row["moduli_GPa"]
    return LabelledMaterial(
        material_id=row["material_id"], origin="published", label="dft", last_updated=NOW,
        place=place, formula=row["formula"], written=row["formula"], chemsys="",
        crystal_system=row["crystal_system"], on_hull=row["mp_on_hull"],
        structure=Structure(
            row["lattice"], row["species"], row["xyz"], coords_are_cartesian=True
        ),
        elastic_tensor=row["elastic_tensor_GPa"],
        bulk_modulus=Averages(voigt=moduli["K_V"], reuss=moduli["K_R"], vrh=moduli["K_H"]),
        shear_modulus=Averages(voigt=moduli["G_V"], reuss=moduli["G_R"], vrh=moduli["G_H"]),
    )  # fmt: skip


def zero_kelvin(rows: list[dict]) -> list[str]:
    """Records at 0 K: made, equal to the published texts, dropped."""
    made, questions, answers, dropped = Counter(), Counter(), Counter(), Counter()
    steps, turned, start = Counter(), 0, time.process_time()
    for place, row in enumerate(rows):
        words = Description(
            material_id=row["material_id"], made_from="", words=row["input_structure_text"],
            seconds=0, last_updated=NOW,
        )  # fmt: skip
        labelled = material(row, place)
        found = material_records(labelled, words, RecordSettings(DIALECTS))
        steps[f"{found.step}: {found.reason}" if found.step else "kept"] += 1
        found = material_records(labelled, words, RecordSettings(DIALECTS, clean=False))
        turned += found.turned
        plain = RecordSettings(DIALECTS, turn=False, clean=False)
        for record in material_records(labelled, words, plain).records:
            name = f"{record.dialect}/{record.task}"
            questions[name] += record.input == row.get(WORDS.get(record.task, ""))
            answers[name] += record.answer == str(row["elastic_tensor_GPa"])
        made.update(f"{r.dialect}/{r.task}" for r in found.records)
        dropped.update(f"{what}: {why}" for what, why in found.dropped.items())
    seconds = (time.process_time() - start) / len(rows) / 3
    lines = [
        f"## At 0 K: {len(rows)} crystals with tensors",
        "",
        f"Words are the published ones. {turned} tetragonal tensors are turned, not so what is",
        f"compared with the published texts. {1000 * seconds:.0f} ms of CPU time for all 18",
        f"records of a crystal. Cleaning: {told(steps)}.",
        "",
    ]
    cells = [
        (
            name,
            number,
            questions[name] if name.startswith("elatbot/") and name[8:] in WORDS else "-",
            answers[name] if name.startswith("elatbot/tensor") else "-",
        )
        for name, number in made.items()
    ]
    lines += table("dialect/task|records|input equals the published|answer equals", cells)
    lines += [f"Not written: {told(dropped)}.", ""]
    return lines


def as_file(rows: list[dict], name: str) -> tuple[list, dict]:
    """Materials of rows, by way of a file as a user has it, and what was not read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)))
        found = read_given(path)
    return list(found.materials), found.skipped


def finite_temperature(folder: Path) -> list[str]:
    """Records above 0 K from the raw file of constants, in its order."""
    materials, skipped = as_file(read(folder, "finiteT_raw"), "finiteT_raw")
    warm = [each for each in materials if each.temperature > 0]
    published = {
        "tensor": read(folder, "finiteT_tensor"),
        "bulk_modulus": read(folder, "finiteT_bulk"),
    }
    made, dropped, equal = Counter(), Counter(), Counter()
    masks, twins = set(), 0
    settings = RecordSettings(DIALECTS, LATER, clean=False)
    for place, each in enumerate(warm):
        found = material_records(each, None, settings)
        twins += found.turned
        for record in found.records:
            name = f"{record.dialect}/{record.task}"
            if record.task == "infill":
                masks.add((name, record.formula))
                continue
            made[name] += 1
            row = published.get(record.task, [{}] * len(warm))[place]
            texts = (record.instruction, record.input, record.answer)
            equal[name] += texts == tuple(row.get(k) for k in ("instruction", "input", "output"))
        dropped.update(f"{what}: {why}" for what, why in found.dropped.items())
    made.update(name for name, _ in masks)
    lines = [
        f"## Above 0 K: {len(materials) + sum(skipped.values())} rows of constants",
        "",
        f"Read as a user's file: {len(warm)} above 0 K, {len(materials) - len(warm)} at 0 K; not",
        f"read: {told(Counter(skipped))}. {twins} turned.",
        "",
    ]
    cells = [
        (n, c, equal[n] if n in ("elatbot/tensor", "elatbot/bulk_modulus") else "-")
        for n, c in made.items()
    ]
    lines += table("dialect/task|records|question and answer equal the published", cells)
    return [*lines, f"Not written: {told(dropped)}.", ""]


def generation(folder: Path) -> list[str]:
    """Records that need formula, crystal system and bulk modulus alone."""
    rows = read(folder, "bulk_modulus_to_formula")
    materials, skipped = as_file(rows, "bulk_modulus_to_formula")
    numbers = [int(re.search(r"row (\d+)", each.material_id)[1]) - 1 for each in materials]
    masked = {(row["input"], row["output"]) for row in read(folder, "infill_mp")}
    made, dropped, equal, masks = Counter(), Counter(), Counter(), {}
    settings = RecordSettings(DIALECTS, (*LATER,), clean=False)
    for number, each in zip(numbers, materials, strict=True):
        found = material_records(each, None, settings)
        for record in found.records:
            name = f"{record.dialect}/{record.task}"
            if record.task == "infill":
                masks.setdefault((name, record.formula, each.temperature > 0), record)
                continue
            made[name] += 1
            wanted = (rows[number]["input"], rows[number]["output"])
            equal[name] += record.input == wanted[0]
            equal[f"{name} answer"] += record.answer == wanted[1]
        dropped.update(f"{what}: {why}" for what, why in found.dropped.items())
    cold = [r for (name, _, warm), r in masks.items() if name == "elatbot/infill" and not warm]
    equal["elatbot/infill"] = sum((r.input, r.answer) in masked for r in cold)
    equal["elatbot/infill answer"] = equal["elatbot/infill"]
    made.update(name for name, _, _ in masks)
    lines = [
        f"## Formula, crystal system and bulk modulus: {len(rows)} rows",
        "",
        f"Read as a user's file: {len(materials)}; not read: {told(Counter(skipped)) or 'none'}.",
        f"A masked formula is asked for once at 0 K ({len(cold)}; {len(masked)} are published) and",
        "once above.",
        "",
    ]
    compared = ("elatbot/generation", "elatbot/infill")
    cells = [
        (n, c, *((equal[n], equal[f"{n} answer"]) if n in compared else "--"))
        for n, c in made.items()
    ]
    lines += table("dialect/task|records|questions equal the published|answers equal", cells)
    return [*lines, f"Not written: {told(dropped)}.", ""]


def described(crystals: list[dict], number: int) -> list[str]:
    """Crystals put in words again: time, time-outs, equality."""
    sample = crystals[:: len(crystals) // number][:number]
    given = [(row["material_id"], material(row, 0).structure) for row in sample]
    published = {row["material_id"]: row["input_structure_text"] for row in sample}
    sites = [len(crystal) for _, crystal in given]
    start = time.perf_counter()
    found = list(describe_many(given, workers=2, limit=60.0))
    wall = time.perf_counter() - start
    seconds = sorted(each.seconds for each in found if each.words)
    mean = np.mean(seconds)
    failed = Counter(each.reason for each in found if each.reason)
    same = sum(each.words == published[each.material_id] for each in found)
    return [
        f"## {number} crystals put in words",
        "",
        f"Every {len(crystals) // number}th crystal, {min(sites)} to {max(sites)} sites (median",
        f"{int(np.median(sites))}), two processes, 60 s of processor time each: {len(seconds)}",
        f"described, not: {told(failed) or 'none'}. {mean:.1f} s each on average, median",
        f"{np.median(seconds):.1f} s, longest {seconds[-1]:.1f} s; {wall:.0f} s in all, on a busy",
        f"machine with two cores. {same} have the published words, which release 0.2.9 wrote.",
        "",
    ]


if __name__ == "__main__":
    main()
