"""Published models of the elastic tensor next to simple baselines.

Run from the repository root::

    python benchmarks/evaluation_baselines.py DATA > benchmarks/evaluation_baselines.md

DATA is a folder with ``published_predictions.jsonl.gz`` (labels and predictions at 0 K),
``elastic_tensors_0K.jsonl.gz`` (tensors to learn from) and ``finiteT_raw.jsonl.gz`` (elastic
constants at finite temperature from the literature).
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

from elatbot_flows.evaluation import read_predictions, score_predictions
from elatbot_flows.evaluation.baselines import KINDS, add_baselines
from elatbot_flows.evaluation.baselines.comparison import ALL_KINDS
from elatbot_flows.evaluation.symmetry import CRYSTAL_SYSTEMS
from elatbot_flows.training.data.bulk_modulus import formula_hash
from elatbot_flows.training.data.json_lines import read_json_lines

REPEATED = ("prompt1 (A100)", "prompt1 (L20)")
HELD_OUT = 0.2
SIZES = (113, 226, 452)
SEEDS = (0, 1, 2)


def main(folder: Path) -> None:
    print("# Baselines next to published models\n")
    print(
        "```\npython benchmarks/evaluation_baselines.py DATA > benchmarks/evaluation_baselines.md\n"
        "elatbot evaluate published_predictions.jsonl.gz --train elastic_tensors_0K.jsonl.gz "
        "--by-system  # the first two tables and two more runs of prompt 1\n```\n"
    )
    zero_kelvin(folder)
    finite_temperature(folder)


def zero_kelvin(folder: Path) -> None:
    records = read_json_lines(folder / "published_predictions.jsonl.gz")
    records = [{k: v for k, v in r.items() if k not in REPEATED} for r in records]
    training = read_json_lines(folder / "elastic_tensors_0K.jsonl.gz")
    predictions = read_predictions(records)
    with_baselines, reports = add_baselines(predictions, records, training, kinds=KINDS)
    report = reports["baseline: mean"]
    print(f"## Tensors at 0 K, {len(predictions.rows)} materials\n")
    print(
        f"Baselines have learned from {report.rows} tensors; {report.left_out} more were left out "
        "because their formula is among those that are scored. The published Random Forest, "
        "MatTen and language models have learned from 9,498: a baseline here shows what little "
        "data gives, not what its method can do.\n"
    )
    scores = score_predictions(with_baselines)
    errors_table(scores)
    print("\nMAE of the Voigt bulk modulus by crystal system (GPa):\n")
    systems_table(scores)
    print("\n## What the number of tensors and the projection on the symmetry do\n")
    print(
        f"Same {len(predictions.rows)} materials, baselines only; mean over {len(SEEDS)} seeds, "
        "with other trees and, where not all are used, other tensors.\n"
    )
    learning_table(records, training)


def errors_table(scores: dict) -> None:
    print(
        "| model | n | mean of 36, MAE / R2 | K Voigt, MAE / R2 | 36 elements, MAE | G VRH, MAE | "
        "not pos. definite | K Voigt MAE less that of the best, 95 % |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, s in scores.items():
        other = s.k_voigt_difference
        apart = f"{other.difference:+.2f} [{other.low:+.2f}, {other.high:+.2f}]" if other else "-"
        print(
            f"| {name} | {s.n} | {s.mean36_mae:.3f} / {s.mean36_r2:.4f} | {s.k_voigt_mae:.3f} / "
            f"{s.k_voigt_r2:.4f} | {s.elem36_mae:.3f} | {s.g_vrh_mae:.2f} | "
            f"{s.not_positive_definite} | {apart} |"
        )


def systems_table(scores: dict) -> None:
    first = next(iter(scores.values())).by_system
    systems = [system for system in CRYSTAL_SYSTEMS if system in first]
    print("| model | " + " | ".join(f"{s} (n={first[s].n})" for s in systems) + " |")
    print("|---" * (len(systems) + 1) + "|")
    for name, s in scores.items():
        print(
            f"| {name} | " + " | ".join(f"{s.by_system[x].k_voigt_mae:.2f}" for x in systems) + " |"
        )


def learning_table(records: list, training: list) -> None:
    scored = {record["formula"] for record in records}
    rest = [record for record in training if record["formula"] not in scored]
    kinds = [kind for kind in KINDS if kind != "mean"]
    bare = read_predictions(records, models=["prompt4"])
    print(
        "| tensors | projected | " + " | ".join(f"{k}: K Voigt / 36 elements" for k in kinds) + " |"
    )
    print("|---" * (len(kinds) + 2) + "|")
    for size, project in [(size, True) for size in SIZES] + [(SIZES[-1], False)]:
        each = []
        for seed in SEEDS:
            chosen = np.random.default_rng(seed).choice(len(rest), min(size, len(rest)), False)
            rows = [rest[i] for i in chosen]
            found, _ = add_baselines(bare, records, rows, kinds=kinds, seed=seed, project=project)
            scores = score_predictions(found, resamples=0)
            picked = [scores[f"baseline: {kind}"] for kind in kinds]
            each.append([(s.k_voigt_mae, s.elem36_mae) for s in picked])
        cells = (f"{k:.2f} / {e:.2f}" for k, e in np.mean(each, axis=0))
        print(f"| {size} | {'yes' if project else 'no'} | " + " | ".join(cells) + " |")


def finite_temperature(folder: Path) -> None:
    rows = [
        row
        for row in read_json_lines(folder / "finiteT_raw.jsonl.gz")
        if row["pressure"] == 1 and row["temperature"] > 0
    ]
    held = [
        r for r in rows if formula_hash(f"{r['formula']} {r['temperature']}") / 2**64 < HELD_OUT
    ]
    records = [r | {"label": r["elastic tensor voigt notation"], "none": None} for r in held]
    bare = read_predictions(records, models=["none"])
    found, reports = add_baselines(bare, records, rows, kinds=ALL_KINDS)
    report = reports["baseline: temperature"]
    print(f"\n## Tensors at finite temperature, {len(bare.rows)} rows from the literature\n")
    print(
        f"A fifth of {len(rows)} rows, chosen by a hash of formula and temperature. Interpolation "
        f"in temperature knows the {report.rows} others, of the same alloys at other temperatures; "
        f"{report.extrapolated} of its answers are those of the nearest temperature because all "
        "rows of the alloy are on one side. The other baselines know "
        f"{reports['baseline: mean'].rows} rows of other alloys. No published model has answers "
        "for these rows.\n"
    )
    scores = score_predictions(found, resamples=0)
    del scores["none"]
    print("| baseline | n | no answer | K Voigt, MAE / R2 | 36 elements, MAE |")
    print("|---|---|---|---|---|")
    for name, s in scores.items():
        unanswered = ", ".join(f"{k} {v}" for k, v in s.unparsable_reasons.items()) or "0"
        print(
            f"| {name} | {s.n} | {unanswered} | {s.k_voigt_mae:.2f} / {s.k_voigt_r2:.3f} | "
            f"{s.elem36_mae:.2f} |"
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
