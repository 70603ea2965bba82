"""Crystals for kept-back formulas by simple means, evaluated as those of language models are.

    OMP_NUM_THREADS=1 python benchmarks/crystal_evaluation.py DATA > crystal_evaluation.md

DATA holds ``binary_moduli_with_structures.jsonl.gz``. ``--also NAME=FILE`` adds crystals of a model
for the same formulas, those of one formula in its own order; ``--formulas`` prints the formulas.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crystal_peers import peers
from pymatgen.core import Composition, Structure

from elatbot_flows.crystals.build import PROTOTYPE_SOURCES, build_structures
from elatbot_flows.crystals.geometry import predict_volume
from elatbot_flows.crystals.guess import describe_symmetry
from elatbot_flows.crystals.prototypes import likely_crystals
from elatbot_flows.crystals.question import Question
from elatbot_flows.crystals.random_crystals import random_crystals
from elatbot_flows.crystals.ranking import SOURCE as LEARNED
from elatbot_flows.crystals.structure_types import load_structure_types
from elatbot_flows.errors import ParseError, StructureError
from elatbot_flows.evaluation.baselines.crystals import CrystalBaselines
from elatbot_flows.evaluation.crystals import (
    GeneratedCrystal,
    evaluate_crystals,
    match_by_formula,
    read_generated,
)
from elatbot_flows.evaluation.crystals.coverage import coverage
from elatbot_flows.evaluation.crystals.fingerprints import fingerprints
from elatbot_flows.text.wyckoff.protostructure import slots_of
from elatbot_flows.training.data.bulk_modulus import formula_hash, part_of
from elatbot_flows.training.data.json_lines import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from elatbot_flows.evaluation.crystals import Rate

GUESSES = 5
SEED = 0
SITES = 16
TRIALS = 6


@dataclass(frozen=True)
class Answers:
    """Crystals for each formula, the best first."""

    name: str
    crystals: dict[str, list[Structure]]
    seconds: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--also", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--formulas", action="store_true")
    parser.add_argument("--most", type=int, metavar="N", help="formulas, in the order of a hash")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = read_json_lines(arguments.data / "binary_moduli_with_structures.jsonl.gz")
    every = [Structure.from_dict(row["structure"]) for row in rows]
    parts = [part_of(formula_of(s), seed=SEED, validation=0.06, test=0.10) for s in every]
    test = [s for s, part in zip(every, parts, strict=True) if part == "test"]
    training = [s for s, part in zip(every, parts, strict=True) if part != "test"]
    formulas = sorted({formula_of(s) for s in test}, key=formula_hash)[: arguments.most]
    test = [s for s in test if formula_of(s) in set(formulas)]
    if arguments.formulas:
        print("\n".join(formulas))
        return
    answers = [answered(name, make, formulas) for name, make in makers(training, test).items()]
    answers += [given(*pair.split("=", 1), formulas) for pair in arguments.also]
    print("\n".join(table(answers, formulas, test, training, ["DATA", *sys.argv[2:]])))
    print("\n".join(peers()))


def formula_of(structure: Structure) -> str:
    return str(structure.composition.reduced_formula)


def makers(
    training: list[Structure], test: list[Structure]
) -> dict[str, Callable[[str], list[Structure]]]:
    """Ways to guess the crystals of a formula."""
    baselines = CrystalBaselines(training)
    systems = [describe_symmetry(s)[1] for s in training[:: len(training) // 250]]
    told = {formula_of(s): describe_symmetry(s)[1] for s in test}
    return {
        "random crystals": lambda formula: by_chance(formula, systems),
        "prototypes by frequency": lambda formula: baselines.frequent(formula, GUESSES),
        "element substitution": lambda formula: baselines.substitute(formula, GUESSES),
        "our common prototypes": lambda formula: [
            guess.structure
            for guess in likely_crystals(
                formula, max_sites=SITES, max_common_sites=SITES, most=GUESSES
            )
        ],
        "our builder, told the crystal system": lambda formula: built(formula, told[formula]),
        "our learned types": learned,
        "the same, told the crystal system": lambda formula: built(
            formula, told[formula], (LEARNED, *PROTOTYPE_SOURCES)
        ),
    }


def by_chance(formula: str, systems: list[str]) -> list[Structure]:
    """Random crystals of crystal systems drawn as often as they are among known ones."""
    rng = random.Random(f"{SEED} {formula}")  # noqa: S311
    found: list[Structure] = []
    for seed in range(GUESSES):
        try:
            question = Question.read(formula, rng.choice(systems), SITES)
            guesses = random_crystals(question, seed=seed, count=1, max_trials=TRIALS)
        except StructureError:
            continue
        found += [guess.structure for guess in guesses]
    return found


def learned(formula: str) -> list[Structure]:
    """Crystals in the likeliest types, of cells of any size."""
    composition, found = Composition(formula), []
    for likely in load_structure_types().likely(composition)[:GUESSES]:
        try:
            structure = likely.crystal(slots_of(composition)).structure()
        except ParseError:
            continue
        structure.scale_lattice(predict_volume(structure) * likely.size)
        found.append(structure)
    return found


def built(
    formula: str, system: str, sources: tuple[str, ...] = PROTOTYPE_SOURCES
) -> list[Structure]:
    try:
        guesses = build_structures(
            formula, system, max_sites=SITES, sources=sources, max_guesses=GUESSES
        )
    except StructureError:
        return []
    return [guess.structure for guess in guesses]


def answered(name: str, make: Callable[[str], list[Structure]], formulas: list[str]) -> Answers:
    started = time.process_time()
    crystals = {formula: make(formula) for formula in formulas}
    return Answers(name, crystals, (time.process_time() - started) / len(formulas))


def given(name: str, file: str, formulas: list[str]) -> Answers:
    crystals: dict[str, list[Structure]] = {formula: [] for formula in formulas}
    for crystal in read_generated(Path(file)):
        if crystal.structure is not None and formula_of(crystal.structure) in crystals:
            crystals[formula_of(crystal.structure)].append(crystal.structure)
    return Answers(name, crystals)


def table(
    answers: list[Answers],
    formulas: list[str],
    test: list[Structure],
    training: list[Structure],
    asked: list[str],
) -> list[str]:
    started = time.process_time()
    prints = fingerprints(test)
    lines = [
        "# Crystals for kept-back formulas",
        "",
        f"`OMP_NUM_THREADS=1 python benchmarks/crystal_evaluation.py {' '.join(asked)}`;",
        "95 % intervals by bootstrap.",
        "",
        f"{len(test)} binaries of {len(formulas)} formulas are kept back by a hash of the formula;",
        f"{len(training)} others are known. Everybody is asked with the formula alone, but for the",
        "builder. The first crystal for each formula:",
        "",
        "| crystals by | answered | valid | unique | in no data | recall | precision | density |",
        "|---|---|---|---|---|---|---|---|",
    ]
    matched = []
    floor = 0.0
    for one in answers:
        first = [
            GeneratedCrystal(formula, *one.crystals[formula][:1], formula=formula)
            if one.crystals[formula]
            else GeneratedCrystal(formula, reason="no_answer")
            for formula in formulas
        ]
        found = evaluate_crystals(
            first, reference=test, known=[*training, *test], with_coverage=False
        )
        made = fingerprints(c.structure for c in first if c.structure is not None)
        covered = coverage(made, prints, submitted=len(first))
        distance = found.differences["density"]
        floor = distance.floor or floor
        valid = found.steps["valid"].of_all
        cells = [found.steps["parsed"].of_all, valid, found.unique, found.novel]
        cells += [covered.recall, covered.precision_of_all]
        lines.append(
            f"| {one.name} | {' | '.join(map(share, cells))} | {distance.value:.2f} "
            f"({distance.low:.2f}-{distance.high:.2f}) |"
        )
        several = [s for each in one.crystals.values() for s in each[:GUESSES]]
        more = match_by_formula(several, test)
        spent = "-" if one.seconds is None else f"{one.seconds:.2f}"
        matched.append(
            f"| {one.name} | {share(more.first)} | {share(more.any)} | {more.rms.value:.3f} "
            f"({more.rms.low:.3f}-{more.rms.high:.3f}) | {spent} |"
        )
    seconds = time.process_time() - started
    return [
        *lines,
        "",
        "Shares: of all formulas (answered, valid, precision), of valid crystals (unique, in no",
        "data: neither known nor kept back), of kept-back crystals (recall). Density: Wasserstein",
        f"distance, g/cm3; draws of the reference set itself are {floor:.2f} apart.",
        "",
        f"Kept-back crystals matched by crystals of their formula, of all {len(test)}:",
        "",
        f"| crystals by | by the first | by the first {GUESSES} | rms | CPU s a formula |",
        "|---|---|---|---|---|",
        *matched,
        "",
        "rms: displacement over (volume/atom)^(1/3), mean of the best of matched crystals.",
        f"The evaluation took {seconds:.0f} CPU s.",
        "",
    ]


def share(rate: Rate) -> str:
    if rate.value is None:
        return "-"
    return f"{100 * rate.value:.1f} % ({100 * rate.low:.1f}-{100 * rate.high:.1f})"


if __name__ == "__main__":
    main()
