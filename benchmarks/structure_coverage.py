"""How often the crystal builder finds something, how often the right thing, and how large.

Run from the repository root::

    python benchmarks/structure_coverage.py --data FOLDER > benchmarks/structure_coverage.md

FOLDER holds ``binary_moduli_with_structures.jsonl.gz``, ``generated_2000.jsonl`` and
``elastic_tensors_0K.jsonl.gz``: Materials Project crystals and published model generations.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pymatgen.analysis.structure_prediction.volume_predictor import DLSVolumePredictor
from pymatgen.core import Composition, Lattice, Structure
from pymatgen.core.structure_matcher import StructureMatcher
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from elatbot_flows.crystals import build_structures, minimum_distance_ratio, predict_volume
from elatbot_flows.crystals.geometry import elemental_volume
from elatbot_flows.errors import StructureError

MAX_SITES = 16
SEED = 0
PROTOTYPES = ("aflow", "intermetallics")


@dataclass(frozen=True)
class Row:
    """A formula with its crystal system and, where known, its crystal."""

    formula: str
    crystal_system: str
    spacegroup: int | None = None
    structure: Structure | None = None


def read(path: Path) -> list[dict]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def all_metal(formula: str) -> bool:
    try:
        return all(element.is_metal for element in Composition(formula))
    except (ValueError, AttributeError):
        return False


def generated_rows(folder: Path) -> list[Row]:
    """Distinct all-metal proposals of the published model."""
    rows = {
        (row["formula"], row["crystal_system"])
        for row in read(folder / "generated_2000.jsonl")
        if row.get("formula") and row.get("crystal_system") and all_metal(row["formula"])
    }
    return [Row(*row) for row in sorted(rows)]


def known_rows(folder: Path, count: int) -> list[Row]:
    """Sample Materials Project crystals with at most `MAX_SITES` atoms."""
    rows = []
    for row in read(folder / "elastic_tensors_0K.jsonl.gz"):
        lattice = Lattice(row["lattice"])
        full = Structure(lattice, row["species"], row["xyz"], coords_are_cartesian=True)
        crystal = full.get_primitive_structure()
        rows.append(Row(row["formula"], row["crystal_system"], row["spacegroup_number"], crystal))
    return random.Random(SEED).sample(  # noqa: S311
        rows, min(count, len(rows))
    )


def binary_rows(folder: Path, count: int) -> list[Row]:
    """Sample metallic binaries that played no part in the choice of tabulated types.

    The first 300 of this order did.
    """
    rows = read(folder / "binary_moduli_with_structures.jsonl.gz")
    random.Random(1).shuffle(rows)  # noqa: S311
    kept = []
    for row in rows:
        crystal = Structure.from_dict(row["structure"])
        if len(crystal) <= MAX_SITES and all_metal(row["formula"]):
            symmetry = SpacegroupAnalyzer(crystal, symprec=0.1)
            system = symmetry.get_crystal_system().capitalize()
            number = symmetry.get_space_group_number()
            kept.append(Row(row["formula"], system, number, crystal.get_primitive_structure()))
        if len(kept) == 300 + count:
            break
    return kept[300:]


def guesses_of(row: Row, sources: tuple[str, ...]) -> list:
    try:
        return build_structures(
            row.formula,
            row.crystal_system,
            max_sites=MAX_SITES,
            seed=SEED,
            sources=sources,
            max_guesses=200,
        )
    except StructureError:
        return []


def print_volumes(folder: Path) -> None:
    bond_lengths = DLSVolumePredictor(min_scaling=None, max_scaling=None)
    errors: dict[tuple[str, str], list[float]] = {}
    ratios = []
    for row in read(folder / "binary_moduli_with_structures.jsonl.gz"):
        crystal = Structure.from_dict(row["structure"])
        kind = "metals" if all_metal(crystal.formula) else "with a non-metal"
        resized = crystal.copy()
        try:
            ratios.append(minimum_distance_ratio(crystal))
            elemental = elemental_volume(crystal.composition)
            resized.scale_lattice(elemental)
            guesses = {
                "elemental volumes": elemental,
                "bond lengths (DLS)": bond_lengths.predict(resized),
                "predict_volume": predict_volume(crystal),
            }
        except (StructureError, ValueError, TypeError):
            continue
        for name, guess in guesses.items():
            errors.setdefault((kind, name), []).append(float(np.log(guess / crystal.volume)))
    print("\n## Volumes of known binaries\n")
    print("Relative error of the volume predicted from the shape alone.\n")
    print("| compounds | predictor | n | bias | median | mean | 90 % below |")
    print("|---|---|---|---|---|---|---|")
    for (kind, name), values in sorted(errors.items()):
        size = np.abs(values)
        print(
            f"| {kind} | {name} | {len(values)} | {np.median(values):+.1%} | {np.median(size):.1%}"
            f" | {size.mean():.1%} | {np.quantile(size, 0.9):.1%} |"
        )
    low = np.quantile(ratios, [0, 0.001, 0.01, 0.5])
    print("\nSmallest distance over sum of radii of these crystals: minimum {:.2f}, 0.1 % {:.2f}, "
          "1 % {:.2f}, median {:.2f}.".format(*low))  # fmt: skip


def print_coverage(title: str, rows: list[Row], sources: tuple[str, ...]) -> None:
    found, right, numbers, cpu = 0, 0, [], []
    for row in rows:
        start = time.process_time()
        guesses = guesses_of(row, sources)
        cpu.append(time.process_time() - start)
        found += bool(guesses)
        right += any(guess.crystal_system == row.crystal_system for guess in guesses)
        numbers.append(len(guesses))
    print(
        f"| {title} | {'+'.join(sources)} | {len(rows)} | {found / len(rows):.1%} | "
        f"{right / len(rows):.1%} | {np.mean(numbers):.1f} | {np.median(cpu):.3f} "
        f"| {np.mean(cpu):.3f} | {max(cpu):.2f} |"
    )


def print_hits(title: str, rows: list[Row], sources: tuple[str, ...]) -> None:
    matcher = StructureMatcher(scale=True)
    ranks, volume_errors = [], []
    for row in rows:
        for rank, guess in enumerate(guesses_of(row, sources), start=1):
            same_group = guess.spacegroup_number == row.spacegroup
            if same_group and matcher.fit(guess.structure, row.structure):
                ranks.append(rank)
                per_atom = guess.structure.volume / len(guess.structure)
                volume_errors.append(abs(per_atom / row.structure.volume * len(row.structure) - 1))
                break
    within = " | ".join(f"{sum(r <= n for r in ranks) / len(rows):.1%}" for n in (1, 3, 8, 24))
    print(
        f"| {title} | {'+'.join(sources)} | {len(rows)} | {len(ranks) / len(rows):.1%} | {within} "
        f"| {np.median(volume_errors):.1%} | {np.mean(volume_errors):.1%} |"
    )


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--known", type=int, default=300, help="size of the sample of crystals")
    parser.add_argument("--random", type=int, default=100, help="rows on which chance is tried")
    options = parser.parse_args()
    build_structures("Fe", "Cubic", sources=PROTOTYPES)  # loads the library outside the timing
    print("# Crystals built from formulas\n")
    print(f"`python benchmarks/structure_coverage.py --data FOLDER --known {options.known} "
          f"--random {options.random}`; at most {MAX_SITES} sites, seed {SEED}.")  # fmt: skip
    print_volumes(options.data)
    generated = generated_rows(options.data)
    known = known_rows(options.data, options.known)
    small = [row for row in known if len(row.structure) <= MAX_SITES]
    metallic = [row for row in small if all_metal(row.formula)]
    few = random.Random(SEED).sample(  # noqa: S311
        generated, min(options.random, len(generated))
    )
    print("\n## Formulas for which something is found\n")
    print("| formulas | sources | n | any crystal | of the crystal system | crystals each "
          "| CPU s median | mean | largest |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for sources in (("aflow",), ("intermetallics",), PROTOTYPES):
        print_coverage("generated, all-metal", generated, sources)
    for sources in (("random",), (*PROTOTYPES, "random")):
        print_coverage("sample of these", few, sources)
    for sources in (("aflow",), PROTOTYPES):
        print_coverage("known", known, sources)
    print("\n## Known crystals that are among the guesses\n")
    print(f"Of {len(known)} sampled crystals {len(small)} have at most {MAX_SITES} sites.\n")
    print("| crystals | sources | n | found | first | in 3 | in 8 | in 24 | volume error median "
          "| mean |\n|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    binaries = binary_rows(options.data, options.known)
    for title, rows in (
        ("up to 16 sites", small),
        ("of these all-metal", metallic),
        ("other metallic binaries", binaries),
    ):
        for sources in (("aflow",), PROTOTYPES):
            print_hits(title, rows, sources)
    print_hits("all-metal, sample", metallic[: options.random], ("random",))
    print_hits("all-metal, sample", metallic[: options.random], (*PROTOTYPES, "random"))
    kinds = Counter(
        Composition(row.formula).anonymized_formula
        for row in generated
        if not guesses_of(row, PROTOTYPES)
    )
    print("\nFormula types of generated proposals without any prototype:",
          ", ".join(f"{kind} {n}" for kind, n in kinds.most_common(12)) + ".")  # fmt: skip


if __name__ == "__main__":
    main()
