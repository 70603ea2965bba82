"""Moduli of Materials Project binaries: each source, and all together as a probability.

Run from the root of the repository::

    python benchmarks/known_moduli.py --data FOLDER --potential 7net-0 --potential 7net-l3i5 \
        --potential DIRECTORY --results FILE.jsonl \
        --results benchmarks/known_evidence.jsonl.gz \
        --fit src/elatbot_flows/weights --table benchmarks/known_moduli.md

FOLDER holds ``binary_moduli_with_structures`` and ``elastic_tensors_0K``, each ``.jsonl.gz``.
FILE.jsonl takes one line per crystal and potential, failures included; a run that was interrupted
goes on where it stopped, and several files may be given (lines are added to the first).
``known_evidence.jsonl.gz`` has what three potentials say of all of them, so that a fit takes
minutes; without it everything is computed anew, in about 140 CPU minutes. With
``--fit`` composition model and calibration are fitted anew and written to that folder. No number
of the reported part of the formulas takes part in any fit.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from known_cases import (
    MOST_SITES,
    TEXT,
    Case,
    cases_of,
    crystals,
    known_compositions,
    read_results,
)
from known_tables import print_tables

from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.potentials import Potential, load_potential
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.potentials.validation import validate_crystal
from elatbot_flows.training.calibration.calibrate import fit_calibration
from elatbot_flows.uncertainty.calibration import load_calibration
from elatbot_flows.uncertainty.opinions import Member

if TYPE_CHECKING:
    from elatbot_flows.training.data.binaries import CrystalRow

SETTINGS = ValidationSettings(follow=0)
"""Crystals with known moduli are judged as they are: what a potential calls a saddle has failed."""
FIELDS = (
    *("status", "reason", "bulk_modulus", "shear_modulus", "evaluations", "volume_change"),
    *("volume_per_atom", "energy_per_atom", "softest_mode", "smallest_eigenvalue"),
    "elastic_tensor",
)


def member(name: str) -> str:
    return Path(name).name


def evaluate(row: CrystalRow, potential: Potential) -> dict:
    """One line of the results."""
    start = time.process_time()
    found = validate_crystal(row.structure, potential, SETTINGS, source=row.source)
    return {
        "source": row.source,
        "formula": row.formula,
        "potential": member(potential.name),
        "weights_sha256": potential.weights_sha256,
        **{field: getattr(found, field) for field in FIELDS},
        "cpu_s": round(time.process_time() - start, 2),
    }


def run(rows: list[CrystalRow], names: list[str], results: list[Path]) -> None:
    """Evaluate what is in no file of results yet."""
    done = {(line["source"], line["potential"]) for line in read_results(results)}
    left = [(row, name) for row in rows for name in names if (row.source, member(name)) not in done]
    potentials = {name: load_potential(name) for name in {name for _, name in left}}
    with results[0].open("a", encoding="utf-8") as stream:
        for row, name in left:
            stream.write(json.dumps(evaluate(row, potentials[name])) + "\n")
            stream.flush()


def fit(cases: list[Case], data: Path, folder: Path, command: str, text_sha256: str) -> None:
    """Fit everything to the crystals that no table is of, and write it."""
    hashes: dict[str, set[str]] = {}
    for name, line in (item for case in cases for item in case.potentials.items()):
        hashes.setdefault(name, set()).add(line["weights_sha256"])
    members = [Member(name, tuple(sorted(known))) for name, known in sorted(hashes.items())]
    known = known_compositions(data)
    materials = [case.judged() for case in cases if case.part != "report"]
    provenance = {
        "calibrated_on": (
            f"{len(materials)} crystals of the Materials Project (up to {MOST_SITES} atoms, "
            f"{sum(len(m.shares) == 2 for m in materials)} of them binary, DFT-PBE moduli at 0 K), "
            "each estimated without its own formula; the composition model "
            f"learned from {len(known)} crystals"
        ),
        "labels": "Materials Project, Voigt-Reuss-Hill, 0 K (CC BY 4.0)",
        "method": "linear response, ions relaxed, from the crystal of the Materials Project",
        "command": command,
        "crystals": {
            "composition": len(known),
            "judged": len(materials),
            "judged_binary": sum(len(m.shares) == 2 for m in materials),
        },
    }
    found = fit_calibration(
        known,
        materials,
        [*members, Member(TEXT, (text_sha256,))],
        [*(True for _ in members), False],
        provenance,
    )
    text = json.dumps(found.as_dict(), indent=1) + "\n"
    (folder / "joint_calibration.json").write_text(text, encoding="utf-8")
    found.composition.save(folder / "composition_moduli.npz")


def main() -> None:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--potential", action="append", default=[])
    parser.add_argument("--results", type=Path, action="append", required=True)
    parser.add_argument("--fit", type=Path, help="write a new calibration to this folder")
    parser.add_argument("--calibration", type=Path, help="the file of one that is not the shipped")
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    generator = load_generator()
    rows = crystals(options.data)
    run(rows, options.potential, options.results)
    cases = cases_of(rows, read_results(options.results), generator)
    command = (
        "python benchmarks/known_moduli.py --data FOLDER --potential 7net-0 --potential 7net-l3i5 "
        "--potential DIRECTORY --results FILE.jsonl "
        "--results benchmarks/known_evidence.jsonl.gz "
        "--fit src/elatbot_flows/weights --table benchmarks/known_moduli.md"
    )
    if options.fit:
        fit(cases, options.data, options.fit, command, generator.info.weights_sha256)
    file = options.fit / "joint_calibration.json" if options.fit else options.calibration
    if options.table is None and options.fit:
        return
    text = print_tables(cases, load_calibration(str(file) if file else None), command)
    if options.table:
        options.table.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
