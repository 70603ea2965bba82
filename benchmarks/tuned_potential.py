"""A potential tuned to elasticity beside others, on binaries that nothing was tuned to.

Run from the root of the repository::

    python benchmarks/tuned_potential.py --data FOLDER --potential 7net-0 --potential 7net-l3i5 \
        --potential DIRECTORY --potential FILE.pth --n 120 --seed 0 --results RESULTS.jsonl \
        --start 7net-l3i5 --table benchmarks/tuned_potential.md

FOLDER holds ``binary_moduli_with_structures.jsonl.gz``. RESULTS.jsonl takes one line per crystal and
potential; a run that was interrupted goes on where it stopped. FILE.pth was made by
``FineTunePotentialMaker``, which leaves alone the formulas that are reported here.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
import warnings
from collections import Counter
from pathlib import Path

from ase.build import bulk
from binary_cases import MOST_SITES, binaries, part, read_results
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.potentials import Potential, load_potential
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.potentials.validation import validate_crystal
from elatbot_flows.training.data.binaries import CrystalRow
from elatbot_flows.uncertainty.elements import shares_of
from elatbot_flows.uncertainty.kinds import material_kind

SETTINGS = ValidationSettings(follow=0)
FIELDS = ("status", "reason", "bulk_modulus", "shear_modulus", "residual", "energy_per_atom")
SMALL = 8
MEASURED = {"V": 162, "Nb": 170, "W": 323, "Fe": 168, "Co": 191, "Ni": 186}
"""Bulk moduli of elements (GPa; Kittel, Introduction to Solid State Physics)."""
UNSTABLE = ("fcc V", "fcc Nb", "fcc W", "bcc Al", "bcc Cu", "bcc Ti", "bcc Zr", "sc Al")
"""Known to be mechanically unstable (Grimvall et al., Rev. Mod. Phys. 84, 945 (2012))."""


def reported(folder: Path, n: int, seed: int) -> list[CrystalRow]:
    """The first `n` of the reported rows in a random order."""
    rows = [r for r in binaries(folder) if part(r.formula) == "report"]
    rows = [row for row in rows if len(row.structure) <= MOST_SITES]
    random.Random(seed).shuffle(rows)  # noqa: S311
    return rows[:n]


def known() -> dict[str, Structure]:
    """Crystals that universal potentials find hard, and some that are unstable."""
    cubic = Structure.from_spacegroup
    found = {symbol: adapted(bulk(symbol)) for symbol in MEASURED}
    found["FeCo"] = adapted(bulk("FeCo", "cesiumchloride", a=2.85))
    found["Ni2TiAl"] = cubic(
        "Fm-3m",
        Lattice.cubic(5.9),
        ["Ni", "Ti", "Al"],
        [[0.25, 0.25, 0.25], [0, 0, 0], [0.5, 0.5, 0.5]],
    )
    volumes = {"V": 13.6, "Nb": 18.3, "W": 16.1, "Al": 16.9, "Cu": 12.0, "Ti": 17.3, "Zr": 22.9}
    cells = {"fcc": 4, "bcc": 2, "sc": 1}
    for name in UNSTABLE:
        lattice, symbol = name.split()
        edge = (volumes[symbol] * cells[lattice]) ** (1 / 3)
        found[name] = adapted(bulk(symbol, lattice, a=edge))
    return found


def adapted(atoms: object) -> Structure:
    return AseAtomsAdaptor.get_structure(atoms)


def evaluate(source: str, structure: Structure, potential: Potential) -> dict:
    start = time.process_time()
    found = validate_crystal(structure, potential, SETTINGS, source=source)
    return {
        "source": source,
        "potential": Path(potential.name).name,
        "weights_sha256": potential.weights_sha256,
        **{field: getattr(found, field) for field in FIELDS},
        "cpu_s": round(time.process_time() - start, 2),
    }


def run(crystals: dict[str, Structure], names: list[str], results: Path) -> None:
    """Evaluate what is not in the file of results yet."""
    done = {(line["source"], line["potential"]) for line in read_results([results])}
    with results.open("a", encoding="utf-8") as stream:
        for name in names:
            left = [s for s in crystals if (s, Path(name).name) not in done]
            potential = load_potential(name) if left else None
            for source in left:
                line = evaluate(source, crystals[source], potential)
                stream.write(json.dumps(line) + "\n")
                stream.flush()


def table(
    rows: list[CrystalRow], lines: dict[str, dict[str, dict]], start: str | None, command: str
) -> str:
    """The page; `lines` by potential and source."""
    small = [row for row in rows if len(row.structure) <= SMALL]
    kinds = {r.source: material_kind(shares_of(r.structure.composition)) for r in rows}
    common = [
        row for row in rows if all(of[row.source]["status"] == "passed" for of in lines.values())
    ]
    text = [
        "# A potential tuned to elasticity\n",
        f"`{command}`\n",
        f"{len(rows)} random binaries of the Materials Project of up to {MOST_SITES} atoms, of "
        f"formulas that nothing was tuned to; {len(small)} have up to {SMALL} atoms. All have "
        "positive moduli by density functional theory, and all that do not pass count as rejected. "
        "K, G: mean absolute errors in GPa (*own*: of those that the potential lets pass, *common*: "
        f"of the {len(common)} that all let pass), G/DFT: median of those passed. Asymmetry: of the "
        "second derivatives, the largest and the 99th percentile. CPU s: for one crystal.\n",
        "| potential | rejected | rejected, small | reasons | K own | G own | K common | G common "
        "| G/DFT | asymmetry | CPU s |",
        "|---" * 11 + "|",
    ]
    for name, of in lines.items():
        text.append(f"| {name} | " + " | ".join(columns(rows, small, common, of)) + " |")
    text += ["", "Rejected and errors of those passed by kind:", ""]
    text += ["| potential | kind | n | rejected | K | G |", "|---" * 6 + "|"]
    for name, of in lines.items():
        for kind in ("metal", "other", "magnetic"):
            own = [row for row in rows if kinds[row.source] == kind]
            passed = [row for row in own if of[row.source]["status"] == "passed"]
            text.append(
                f"| {name} | {kind} | {len(own)} | {1 - len(passed) / max(1, len(own)):.0%} "
                f"| {error(passed, of, 'bulk')} | {error(passed, of, 'shear')} |"
            )
    return "\n".join([*text, "", *special(lines), "", *energies(rows, lines, start), ""])


def columns(
    rows: list[CrystalRow], small: list[CrystalRow], common: list[CrystalRow], of: dict[str, dict]
) -> list[str]:
    passed = [row for row in rows if of[row.source]["status"] == "passed"]
    reasons = Counter(of[r.source]["reason"] for r in rows if of[r.source]["reason"])
    ratios = [of[row.source]["shear_modulus"] / row.shear_modulus for row in passed]
    residuals = sorted(of[r.source]["residual"] for r in rows if of[r.source]["residual"])
    rejected = [1 - sum(r in passed for r in group) / len(group) for group in (rows, small)]
    return [
        *(f"{share:.1%}" for share in rejected),
        ", ".join(f"{reason} {n}" for reason, n in reasons.most_common()),
        *(error(group, of, kind) for group in (passed, common) for kind in ("bulk", "shear")),
        f"{statistics.median(ratios):.2f}",
        f"{residuals[-1]:.1%}, {residuals[int(0.99 * len(residuals))]:.1%}",
        f"{statistics.fmean(of[row.source]['cpu_s'] for row in rows):.2f}",
    ]


def error(rows: list[CrystalRow], of: dict[str, dict], kind: str) -> str:
    name = f"{kind}_modulus"
    return f"{statistics.fmean(abs(of[r.source][name] - getattr(r, name)) for r in rows):.1f}"


def special(lines: dict[str, dict[str, dict]]) -> list[str]:
    """K/G of known crystals, and how many unstable ones are called unstable."""
    text = [
        "K/G (GPa) of known crystals, with the measured bulk moduli; - is called unstable. FeCo and",
        "Ni2TiAl: moduli by density functional theory. Prototypes of elements were among what the",
        f"tuned one learned from its teacher. Last: how many of {', '.join(UNSTABLE)}, all unstable,",
        "are called so.\n",
        "| | known | " + " | ".join(lines) + " |",
        "|---" * (2 + len(lines)) + "|",
    ]
    references = {n: str(k) for n, k in MEASURED.items()} | {"FeCo": "190/91", "Ni2TiAl": "164/62"}
    for source, reference in references.items():
        said = [moduli(of[source]) for of in lines.values()]
        text.append(f"| {source} | {reference} | " + " | ".join(said) + " |")
    failed = [sum(of[name]["status"] != "passed" for name in UNSTABLE) for of in lines.values()]
    text.append(f"| unstable | {len(UNSTABLE)} | " + " | ".join(map(str, failed)) + " |")
    return text


def moduli(line: dict) -> str:
    if line["status"] != "passed":
        return "-"
    return f"{line['bulk_modulus']:.0f}/{line['shear_modulus']:.0f}"


def energies(
    rows: list[CrystalRow], lines: dict[str, dict[str, dict]], start: str | None
) -> list[str]:
    """How far energies of relaxed crystals are from those of the start."""
    if start is None:
        return []
    text = [f"Energies of the relaxed crystals less those of {start}, meV/atom:\n"]
    text += ["| potential | mean | mean deviation from that |", "|---|---|---|"]
    for name, of in lines.items():
        pairs = [(of[r.source], lines[start][r.source]) for r in rows]
        found = [
            1000 * (one["energy_per_atom"] - other["energy_per_atom"])
            for one, other in pairs
            if one["energy_per_atom"] and other["energy_per_atom"]
        ]
        mean = statistics.fmean(found)
        text.append(
            f"| {name} | {mean:.0f} | {statistics.fmean(abs(x - mean) for x in found):.0f} |"
        )
    return text


def main() -> None:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--potential", action="append", required=True)
    parser.add_argument("--n", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--start", help="potential that the tuned one started from")
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    rows = reported(options.data, options.n, options.seed)
    run({r.source: r.structure for r in rows} | known(), options.potential, options.results)
    if options.table is None:
        return
    lines: dict[str, dict[str, dict]] = {Path(name).name: {} for name in options.potential}
    for line in read_results([options.results]):
        if line["potential"] in lines:
            lines[line["potential"]][line["source"]] = line
    names = " ".join(f"--potential {'DIRECTORY' if '/' in n else n}" for n in options.potential)
    command = (
        f"python benchmarks/tuned_potential.py --data FOLDER {names} --n {options.n} "
        f"--seed {options.seed} --results RESULTS.jsonl --table benchmarks/tuned_potential.md"
    )
    options.table.write_text(table(rows, lines, options.start, command), encoding="utf-8")


if __name__ == "__main__":
    main()
