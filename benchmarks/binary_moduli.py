"""Bulk and shear moduli of Materials Project binaries, by each potential and by all together.

Run from the root of the repository::

    python benchmarks/binary_moduli.py --data FOLDER --potential 7net-0 --potential DIRECTORY \
        --n 704 --seed 0 --results FILE.jsonl --table benchmarks/binary_moduli.md

FOLDER holds ``binary_moduli_with_structures.jsonl.gz``. FILE.jsonl takes one line per crystal and
potential, failures included; a run that was interrupted goes on where it stopped. With ``--fit
src/elatbot_flows/weights/modulus_combination.json`` the combination is fitted and calibrated anew,
on crystals of which no table tells but the first.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import warnings
from pathlib import Path

from binary_tables import MOST_SITES, TEXT, Case, print_tables
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from elatbot_flows.engines.mini.generator import Generator, load_generator
from elatbot_flows.potentials import Potential, load_potential
from elatbot_flows.potentials.validation import validate_crystal
from elatbot_flows.training.calibration.combination import KnownMaterial, calibrate, choose_scale
from elatbot_flows.training.data.binaries import CrystalRow, load_crystals
from elatbot_flows.training.data.bulk_modulus import formula_hash
from elatbot_flows.uncertainty import Combination, load_combination
from elatbot_flows.uncertainty.calibrated import Member

FILE = "binary_moduli_with_structures.jsonl.gz"
NOVEL_IN_FOUR = 3
"""Of four sampled crystals, those whose formula the text model was not trained on."""
OFFSETS = {"bulk_modulus": (5.0, 10.0, 20.0, 40.0, 80.0), "shear_modulus": (0.0, 2.0, 5.0, 10.0)}
POWERS = (0.0, 0.5, 1.0)


def sample(rows: list[CrystalRow], generator: Generator, n: int, seed: int) -> list[CrystalRow]:
    """Draw `n` crystals; a larger `n` continues the same sequence."""
    small = [row for row in rows if len(row.structure) <= MOST_SITES]
    random.Random(seed).shuffle(small)  # noqa: S311
    novel = [row for row in small if generator.is_unseen(row.formula)]
    known = [row for row in small if not generator.is_unseen(row.formula)]
    chosen: list[CrystalRow] = []
    while len(chosen) < n and (novel or known):
        wants_novel = len(chosen) % 4 < NOVEL_IN_FOUR
        source = (novel or known) if wants_novel else (known or novel)
        chosen.append(source.pop(0))
    return chosen


def part(formula: str) -> str:
    """Half of the formulas to report, a quarter to fit, a quarter to calibrate."""
    if formula_hash(formula, salt="binary_moduli:") % 2 == 0:
        return "report"
    return "fit" if formula_hash(formula, salt="binary_moduli 2:") % 2 else "calibrate"


def member(name: str) -> str:
    return Path(name).name


def evaluate(row: CrystalRow, potential: Potential) -> dict:
    """One line of the results."""
    start = time.process_time()
    found = validate_crystal(row.structure, potential, source=row.source)
    fields = ["status", "reason", "bulk_modulus", "shear_modulus", "evaluations"]
    fields += ["volume_change", "initial_spacegroup_number", "spacegroup_number"]
    return {
        "source": row.source,
        "formula": row.formula,
        "potential": member(potential.name),
        "weights_sha256": potential.weights_sha256,
        **{field: getattr(found, field) for field in fields},
        "cpu_s": round(time.process_time() - start, 2),
    }


def run(rows: list[CrystalRow], potentials: list[Potential], results: Path) -> None:
    """Evaluate what is not in the file of results yet."""
    lines = read_results(results)
    done = {(line["source"], line["potential"]) for line in lines}
    with results.open("a", encoding="utf-8") as stream:
        for row in rows:
            for potential in potentials:
                if (row.source, member(potential.name)) not in done:
                    stream.write(json.dumps(evaluate(row, potential)) + "\n")
                    stream.flush()


def read_results(results: Path) -> list[dict]:
    if not results.is_file():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def cases_of(rows: list[CrystalRow], lines: list[dict], generator: Generator) -> list[Case]:
    """Crystals that every potential was asked about, with what all members say."""
    found: dict[str, dict[str, dict]] = {}
    for line in lines:
        found.setdefault(line["source"], {})[line["potential"]] = line
    names = {line["potential"] for line in lines}
    rows = [row for row in rows if set(found.get(row.source, ())) == names]
    known = set(generator.info.elements)
    readable = [row for row in rows if {e.symbol for e in row.structure.composition} <= known]
    texts = generator.predict_bulk_modulus([(row.formula, system(row)) for row in readable])
    text = dict(zip([row.source for row in readable], texts, strict=True))
    return [
        Case(
            row=row,
            part=part(row.formula),
            novel=generator.is_unseen(row.formula),
            potentials=found[row.source],
            text=text.get(row.source),
        )
        for row in rows
    ]


def system(row: CrystalRow) -> str:
    symmetry = SpacegroupAnalyzer(row.structure, symprec=0.1)
    return str(symmetry.get_crystal_system()).capitalize()


def fit(cases: list[Case], file: Path, provenance: dict) -> None:
    """Fit and calibrate both properties and write the file."""
    hashes: dict[str, set[str]] = {}
    for name, line in (item for case in cases for item in case.potentials.items()):
        hashes.setdefault(name, set()).add(line["weights_sha256"])
    members = [Member(name, tuple(sorted(known))) for name, known in sorted(hashes.items())]
    scales, calibrations = {}, {}
    for name, offsets in OFFSETS.items():
        materials = {
            part: [known_material(c, name) for c in cases if c.part == part]
            for part in ("fit", "calibrate")
        }
        names = tuple(hashes) + ((TEXT,) if name == "bulk_modulus" else ())
        powers = POWERS if TEXT in names else (0.0,)
        used = [m for m in materials["fit"] if m.opinions]
        scales[name], tried = choose_scale(used, names, offsets=offsets, powers=powers)
        for row in tried:
            print(name, "offset {:g} GPa, power {:g}: {:.3f}".format(*row), file=sys.stderr)
        calibrations[name] = calibrate(scales[name], materials["calibrate"])
    counts = {part: sum(c.part == part for c in cases) for part in ("fit", "calibrate", "report")}
    text = Member(TEXT, (provenance.pop("text_sha256"),))
    combination = Combination(
        (*members, text), scales, calibrations, provenance | {"crystals": counts}
    )
    file.write_text(json.dumps(combination.as_dict(), indent=1) + "\n", encoding="utf-8")


def known_material(case: Case, name: str) -> KnownMaterial:
    return KnownMaterial(case.row.formula, case.label(name), case.kind, case.opinions(name))


def main() -> None:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--potential", action="append", required=True)
    parser.add_argument("--n", type=int, default=704)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--fit", type=Path, help="write a new combination to this file")
    parser.add_argument("--figure", type=Path, help="write the reliability diagram to this file")
    options = parser.parse_args()
    generator = load_generator()
    rows = sample(list(load_crystals(options.data / FILE).rows), generator, options.n, options.seed)
    if any(missing(rows, options.potential, options.results)):
        run(rows, [load_potential(name) for name in options.potential], options.results)
    wanted = {member(name) for name in options.potential}
    lines = [line for line in read_results(options.results) if line["potential"] in wanted]
    cases = cases_of(rows, lines, generator)
    command = f"--n {options.n} --seed {options.seed}"
    if options.fit:
        provenance = {
            "labels": f"Materials Project binaries, up to {MOST_SITES} atoms, VRH, 0 K (CC BY 4.0)",
            "method": "linear response, ions relaxed, from the crystal of the Materials Project",
            "command": f"python benchmarks/binary_moduli.py {command}",
            "text_sha256": generator.info.weights_sha256,
        }
        fit(cases, options.fit, provenance)
    combination = load_combination(str(options.fit) if options.fit else None)
    text = print_tables(cases, combination, command, options.figure)
    if options.table:
        options.table.write_text(text, encoding="utf-8")
    else:
        print(text)


def missing(rows: list[CrystalRow], potentials: list[str], results: Path) -> list[str]:
    done = {(line["source"], line["potential"]) for line in read_results(results)}
    return [r.source for r in rows for p in potentials if (r.source, member(p)) not in done]


if __name__ == "__main__":
    main()
