"""Whether intervals for the predictions of text models hold as often as they say.

Run from the root of the repository::

    python benchmarks/text_calibration.py --data FILE > benchmarks/text_calibration.md

FILE is ``published_predictions.jsonl.gz``: one material per line with its formula, the true elastic
tensor ``label`` and one predicted tensor for each model.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elatbot_flows.training.data.json_lines import read_json_lines
from elatbot_flows.uncertainty.predictions import COVERAGES, calibrate_predictions

MODELS = ("prompt1 (V100)", "prompt2", "prompt3", "prompt4", "Darwin", "Random Forest", "MatTen")
CHOSEN, OTHERS = "prompt4", ("prompt1 (V100)", "prompt2", "prompt3")
SEEDS = 200
HEAD = """\
# Intervals for text predictions

`python benchmarks/text_calibration.py --data FILE > benchmarks/text_calibration.md`

Voigt bulk modulus (GPa) of {n} test materials with published predictions. A random half, divided
by formula, calibrates and the other half tests; mean ± standard deviation over {seeds} divisions
(seeds 0 to {last}). The deviation is of one division, not of the mean: with {half} materials on
each side chance alone makes 6.3 % at 50 %, 5.0 % at 80 % and 3.8 % at 90 %. Intervals are symmetric
about the prediction: prediction ± quantile x scale. The constants of the scales were not fitted.

| model | scale | {columns} |
|---|---|{rules}|"""


@dataclass(frozen=True)
class Division:
    """Materials that calibrate, and the others."""

    calibrate: np.ndarray
    test: np.ndarray


def divide(formulas: list[str], seed: int) -> Division:
    """Half of the formulas to each side."""
    distinct = sorted(set(formulas))
    random.Random(seed).shuffle(distinct)  # noqa: S311
    half = set(distinct[: len(distinct) // 2])
    chosen = np.array([formula in half for formula in formulas])
    return Division(chosen, ~chosen)


def bulk_modulus(tensor: Any) -> float:
    """Voigt's average; it needs no inverse, so every tensor has one."""
    return float(np.mean(np.array(tensor, dtype=float)[:3, :3]))


def scales(rows: list[dict[str, Any]], values: np.ndarray) -> dict[str, np.ndarray | None]:
    """What is known of the error before the answer is."""
    others = np.array([[bulk_modulus(row[name]) for name in OTHERS] for row in rows])
    spread = np.std(np.column_stack([others, values]), axis=1, ddof=1)
    return {
        "one width": None,
        "prediction + 20 GPa": values + 20.0,
        "spread of prompts 1 to 4, 5 % of prediction + 1 GPa at least": np.hypot(
            spread, 0.05 * values + 1.0
        ),
    }


def measure(
    formulas: list[str], values: np.ndarray, labels: np.ndarray, scale: np.ndarray | None
) -> str:
    """Cells of one row: measured coverage and median width by stated coverage."""
    shares: dict[float, list[float]] = {coverage: [] for coverage in COVERAGES}
    widths: dict[float, list[float]] = {coverage: [] for coverage in COVERAGES}
    for seed in range(SEEDS):
        division = divide(formulas, seed)
        a, b = division.calibrate, division.test
        known, asked = (None, None) if scale is None else (scale[a], scale[b])
        found = calibrate_predictions(values[a], labels[a], known)
        for row in found.measure(values[b], labels[b], asked):
            shares[row.stated].append(row.measured)
            widths[row.stated].append(row.width or 0.0)
    return " | ".join(
        f"{np.mean(shares[c]):.1%} ± {np.std(shares[c]):.1%} ({np.mean(widths[c]):.1f})"
        for c in COVERAGES
    )


TAIL = """
The halves are alike because they were divided at random, and that is what coverage rests on. All
materials here are calculated crystals on the convex hull; of candidates far from known materials
the table says nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    rows = read_json_lines(parser.parse_args().data)
    columns = " | ".join(f"stated {c:.0%}: measured (median width)" for c in COVERAGES)
    rules = "|".join("---" for _ in COVERAGES)
    print(
        HEAD.format(
            n=len(rows),
            half=len(rows) // 2,
            seeds=SEEDS,
            last=SEEDS - 1,
            columns=columns,
            rules=rules,
        )
    )
    for model in (CHOSEN, *(name for name in MODELS if name != CHOSEN)):
        given = [row for row in rows if row[model] is not None]
        values = np.array([bulk_modulus(row[model]) for row in given])
        labels = np.array([bulk_modulus(row["label"]) for row in given])
        formulas = [row["formula"] for row in given]
        kinds = scales(given, values) if model == CHOSEN else {"one width": None}
        for name, scale in kinds.items():
            print(f"| {model} | {name} | {measure(formulas, values, labels, scale)} |")
    print(TAIL)


if __name__ == "__main__":
    main()
