"""What a model with retrieval has to beat: interpolation of the rows that it is given.

Run from the repository root::

    python benchmarks/retrieval.py DATA > benchmarks/retrieval.md

DATA is a folder with ``rag_merged_data_for_test.csv`` (the published knowledge base),
``rag_merged_data.csv`` (the same with the answers), ``finiteT_alloys_37_predictions.jsonl``
(published answers without retrieval) and ``finiteT_raw.jsonl.gz`` (elastic constants at finite
temperature from the literature).
"""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from elatbot_flows.evaluation.baselines.temperature import SAME_TEMPERATURE
from elatbot_flows.retrieval import (
    ALLOY_NAMES,
    Interpolation,
    KnowledgeBase,
    answer_with_references,
    interpolate,
    retrieve,
)

POINTS = tuple(
    (name, temperature)
    for name, temperatures in (
        ("Ni3Al", (113, 162, 223)),
        ("gamma-PE16", (113, 162, 223)),
        ("gamma-TiAl", (170, 230, 270)),
    )
    for temperature in temperatures
)
PUBLISHED = (
    ("model, free question, no retrieval", 42.6, "9 answers published as pictures"),
    ("model with retrieval from these 28 rows", 1.47, "0.86 %"),
    ("model with retrieval from 37 rows, 9 of which are the answers", 0.73, "not a test"),
)
QUANTITY = "bulk_modulus_voigt"


@dataclass(frozen=True)
class Guess:
    """A value read off from other rows, next to the measured one (GPa)."""

    alloy: tuple
    truth: float
    value: float
    error: float | None = None

    @property
    def miss(self) -> float:
        """Absolute error."""
        return abs(self.value - self.truth)


def main(folder: Path) -> None:
    print("# Retrieval against interpolation of the same rows\n")
    print("```\npython benchmarks/retrieval.py DATA > benchmarks/retrieval.md\n```\n")
    held_out(folder)
    literature(KnowledgeBase.from_files(folder / "finiteT_raw.jsonl.gz"))


def held_out(folder: Path) -> None:
    """The nine points of the published test."""
    base = KnowledgeBase.from_files(folder / "rag_merged_data_for_test.csv")
    answers = KnowledgeBase.from_files(folder / "rag_merged_data.csv")
    lines = (folder / "finiteT_alloys_37_predictions.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in lines.splitlines()]
    model = {(r["alloy"], r["temperature_K"]): r["K_voigt_pred_GPa"] for r in records}
    print("## Nine held-out points of three alloys\n")
    print(
        f"Voigt bulk modulus in GPa; {len(base.rows)} rows of the three alloys are known. The "
        "model is the published multi-task ElaTBot with its structured question and no retrieval; "
        "its answers are in the data.\n"
    )
    print(
        "| alloy | T (K) | measured | linear in T | +- leave-one-out | nearest T | model | rows |"
    )
    print("|---|---|---|---|---|---|---|---|")
    misses = []
    for name, kelvin in POINTS:
        formula = ALLOY_NAMES.get(name, name)
        context = answer_with_references(base, formula, kelvin)
        found, truth = context.interpolation, interpolate(answers, formula, kelvin).value
        said = model[name, kelvin]
        print(
            f"| {name} | {kelvin} | {truth:.2f} | {found.value:.2f} | {found.error:.2f} | "
            f"{found.nearest:.2f} | {said:.2f} | {context.support} |"
        )
        misses.append([abs(value - truth) for value in (found.value, found.nearest, said)])
    linear, nearest, without = np.mean(misses, axis=0)
    print("\n| answer | MAE (GPa) | remark |\n|---|---|---|")
    print(f"| linear in T, same 28 rows | **{linear:.3f}** | no model |")
    print(f"| nearest T, same 28 rows | {nearest:.2f} | no model |")
    print(f"| model, structured question, no retrieval | {without:.2f} | recomputed here |")
    for words, error, remark in PUBLISHED:
        print(f"| {words} | {error:.2f} | published, not recomputed: {remark} |")
    print(
        "\nThe answers of the model with retrieval are not among the data. The rows contradict "
        "each other:\n"
    )
    for each in answers.disagreements():
        print(f"- {each} ({100 * each.difference:.1f} %)")


def literature(base: KnowledgeBase) -> None:
    """Every temperature of every alloy left out in turn."""
    alloys = {}
    for row in base.rows:
        alloys.setdefault((row.percent, row.crystal_system), []).append(row)
    pairs = base.disagreements()
    contradicted = {id(row) for each in pairs for row in (each.first, each.second)}
    print("\n## Literature values of many alloys, each temperature left out in turn\n")
    print(
        f"{len(base.rows)} rows of {len(alloys)} alloys and elements (skipped: "
        f"{base.skipped_counts}); {len(contradicted)} rows contradict another one of the same "
        f"alloy ({len(pairs)} pairs of moduli).\n"
    )
    guesses: dict[str, list[Guess]] = {}
    for alloy, rows in alloys.items():
        for kelvin in sorted({row.temperature for row in rows}):
            kind, guess = left_out(alloy, rows, kelvin)
            if guess is not None:
                guesses.setdefault(kind, []).append(guess)
    guesses["another alloy: nearest composition"] = strangers(base, alloys)
    print(
        "| the other rows | n | alloys | MAE (GPa) | median (GPa) | median (%) | "
        "within the error estimate | within twice |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for kind in (*KINDS, "another alloy: nearest composition"):
        print(summary(kind, guesses[kind]))
    print(
        "\nThe last line answers for each alloy at its median temperature from the rows of all "
        "other alloys: the value of the nearest composition."
    )


KINDS = {
    "bracketed": "bracket the temperature and do not contradict each other",
    "disagreeing": "bracket it, but contradict each other",
    "extrapolated": "are all on one side: nearest temperature",
}


def left_out(alloy: tuple, rows: list, kelvin: float) -> tuple[str, Guess | None]:
    same = [row for row in rows if abs(row.temperature - kelvin) < SAME_TEMPERATURE]
    rest = tuple(row for row in rows if row not in same)
    formula, system = rows[0].formula, rows[0].crystal_system
    if not rest:
        return "", None
    found: Interpolation = interpolate(
        KnowledgeBase(rest), formula, kelvin, crystal_system=system, quantity=QUANTITY
    )
    kind = "extrapolated" if found.how == "extrapolated" else "bracketed"
    if kind == "bracketed" and found.disagreements:
        kind = "disagreeing"
    truth = float(np.mean([row.value(QUANTITY) for row in same]))
    return kind, Guess(alloy, truth, found.value, found.error)


def strangers(base: KnowledgeBase, alloys: dict) -> list[Guess]:
    found = []
    for alloy, rows in alloys.items():
        ordered = sorted(rows, key=lambda row: row.temperature)
        row = ordered[len(ordered) // 2]
        others = KnowledgeBase(tuple(r for r in base.rows if r.percent != row.percent))
        (nearest,) = retrieve(others, row.formula, row.temperature, k=1)
        found.append(Guess(alloy, row.value(QUANTITY), nearest.row.value(QUANTITY)))
    return found


def summary(kind: str, guesses: list[Guess]) -> str:
    misses = np.array([guess.miss for guess in guesses])
    relative = np.median([guess.miss / guess.truth for guess in guesses])
    told = [guess for guess in guesses if guess.error is not None]
    shares = ["-", "-"]
    if told:
        shares = [
            f"{sum(g.miss <= factor * g.error for g in told)} of {len(told)}" for factor in (1, 2)
        ]
    return (
        f"| {KINDS.get(kind, kind)} | {len(guesses)} | {len({g.alloy for g in guesses})} | "
        f"{misses.mean():.2f} | {np.median(misses):.2f} | {100 * relative:.2f} | "
        f"{' | '.join(shares)} |"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
