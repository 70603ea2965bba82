"""How good elatbot-mini is on formulas it never saw, and against simple rivals.

::

    python benchmarks/mini_model.py FOLDER --held-out FILE --ask ASKED.json
    python benchmarks/mini_answers.py ASKED.json --generator OLD --out OLD.json    # release 1.0
    python benchmarks/mini_answers.py ASKED.json --out NEW.json
    python benchmarks/mini_model.py FOLDER --held-out FILE --answers OLD.json --answers NEW.json \
        --records RECORDS.jsonl.gz --table benchmarks/mini_model.md

FOLDER holds the published files, FILE the formulas held out whatever the division says. No number of
a test row took part in any training or choice.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from generator_judges import Judge, rich_features
from mini_other_tasks import other_tasks

from elatbot_flows.text.formula import formula_counts, join_counts, reduced_formula
from elatbot_flows.training.mini.rows import gather, part_in, tensors
from elatbot_flows.training.mini.scores import error_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.training.mini.rows import MiniRow

Pair = tuple[str, str]
BULK, SHEAR = (40, 100, 160, 250), (20, 40, 80, 120)
KEPT = 40
SAMPLES = 500


@dataclass(frozen=True)
class Row:
    """A labelled pair, as the judges take it."""

    formula: str
    crystal_system: str
    bulk_modulus: float


@dataclass
class Bench:
    """Rows: learned by a release, learned with their shear modulus, and neither."""

    train: list[MiniRow]
    stiff: list[MiniRow]
    test: list[MiniRow]
    rest: list[MiniRow]

    @classmethod
    def load(cls, folder: Path, held_out: Path) -> Bench:
        held = set(held_out.read_text().split())
        tensors(folder, held)
        parts = defaultdict(list)
        for row in gather(folder):
            parts[part_in(row.formula, ())].append(row)
        stiff = [row for row in parts["train"] if row.formula not in held]
        rest = [*parts["validation"], *parts["test"]]
        return cls(parts["train"], stiff, parts["test"], rest)

    @property
    def rows(self) -> list[MiniRow]:
        return [*self.train, *self.rest]

    def learned(self, what: str) -> list[Row]:
        return labelled(self.train if what == "bulk_modulus" else self.stiff, what)


def pairs_of(rows: Sequence[MiniRow]) -> list[Pair]:
    return [(row.formula, row.crystal_system) for row in rows]


def labelled(rows: Sequence[MiniRow], what: str) -> list[Row]:
    found = [(row, getattr(row, what)) for row in rows]
    return [Row(r.formula, r.crystal_system, value) for r, value in found if value is not None]


def asked(bench: Bench) -> dict:
    targets = {f"K={k}": {"bulk_modulus": k} for k in BULK}
    targets |= {f"G={g}": {"shear_modulus": g} for g in SHEAR}
    shear = [row for row in bench.test if row.shear_modulus is not None]
    return {
        "bulk": pairs_of(bench.test),
        "shear": pairs_of(shear),
        "targets": targets,
        "samples": SAMPLES,
    }


def forest(train: Sequence[Row], pairs: Sequence[Pair]) -> np.ndarray:
    from sklearn.ensemble import RandomForestRegressor

    trees = RandomForestRegressor(100, random_state=0, n_jobs=1, max_features=0.4)
    trees.fit(rich_features([(r.formula, r.crystal_system) for r in train]), _values(train))
    return trees.predict(rich_features(pairs))


def neighbour(train: Sequence[Row], pairs: Sequence[Pair]) -> np.ndarray:
    """Label of the nearest row by scaled features."""
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), KNeighborsRegressor(1, metric="manhattan"))
    model.fit(rich_features([(r.formula, r.crystal_system) for r in train]), _values(train))
    return model.predict(rich_features(pairs))


def _values(rows: Sequence[Row]) -> np.ndarray:
    return np.array([row.bulk_modulus for row in rows])


def prediction_table(bench: Bench, answers: list[dict], what: str) -> list[str]:
    """Errors on rows that no release was trained on."""
    train, test = bench.learned(what), labelled(bench.test, what)
    pairs = [(row.formula, row.crystal_system) for row in test]
    truth = _values(test)
    short = what.split("_")[0]
    found = {
        "nearest row": neighbour(train, pairs),
        "random forest": forest(train, pairs),
        "extra trees + gradient boosting": Judge().fit(train)(pairs),
    }
    told = {a["name"]: np.array(a[short]) for a in answers if short in a}
    found |= {name: values[:, 0] for name, values in told.items()}
    symbol, stiff = ("K", 200) if short == "bulk" else ("G", 100)
    lines = [
        f"| {symbol}, {len(test)} rows | MAE | median | R2 | Spearman | MAE from {stiff} GPa on |",
        "|---|---|---|---|---|---|",
    ]
    for name, values in found.items():
        s = error_scores(truth, values)
        high = np.abs(values - truth)[truth >= stiff].mean()
        lines.append(
            f"| {name} | {s['mae']:.1f} | {s['median']:.1f} | {s['r2']:.3f} | {s['rho']:.3f} "
            f"| {high:.1f} |"
        )
    for name, values in told.items():
        away = np.abs(values[:, 0] - truth)
        inside = [np.mean(away <= times * values[:, 1]) for times in (1, 2)]
        lines += [
            "",
            f"{name}: {inside[0]:.0%} of these rows are within the standard deviation it gives, "
            f"{inside[1]:.0%} within two.",
        ]
    return lines


def rivals(bench: Bench, what: str, value: float, n: int) -> dict[str, list[Pair]]:
    known = bench.train if what == "bulk_modulus" else bench.stiff
    rows = [row for row in known if getattr(row, what) is not None]
    rng = np.random.default_rng(1)
    order = np.argsort([abs(getattr(row, what) - value) for row in rows])[:100]
    near = pairs_of([rows[i] for i in rng.choice(order, n)])
    return {"nearest 100 rows": near, "nearest, one element substituted": substituted(near, rng)}


def substituted(near: Sequence[Pair], rng: np.random.Generator) -> list[Pair]:
    """Exchange one element for another of its group (or of the f block)."""
    from pymatgen.core.periodic_table import Element

    known = sorted({s for formula, _ in near for s, _ in formula_counts(formula)})
    family = {s: (Element(s).group, Element(s).block == "f") for s in known}
    found = []
    for formula, system in near:
        counts = dict(formula_counts(formula))
        old = str(rng.choice(sorted(counts)))
        new = [s for s in known if family[s] == family[old] and s not in counts]
        if new:
            chosen = str(rng.choice(new))
            changed = [(chosen if s == old else s, k) for s, k in counts.items()]
            found.append((reduced_formula(join_counts(changed)), system))
        else:
            found.append((formula, system))
    return found


def generation_table(bench: Bench, answers: list[dict], what: str) -> list[str]:
    symbol, values = ("K", BULK) if what == "bulk_modulus" else ("G", SHEAR)
    judge = Judge().fit(labelled(bench.rows, what))
    apart = Judge().fit(labelled(bench.rest, what))
    known = {row.formula for row in bench.rows}
    lines = [
        f"| who | {symbol} (GPa) | unique | unseen | hits | **unique, unseen and hit** "
        "| the same, judge B | chemical systems | reranked: A, B |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for value in values:
        drawn = {a["name"]: a["draws"][f"{symbol}={value}"] for a in answers}
        drawn |= {k: {"pairs": v} for k, v in rivals(bench, what, value, SAMPLES).items()}
        for name, draws in drawn.items():
            if isinstance(draws, dict) and (what in draws.get("own", {what: 0})):
                lines.append(f"| {name} | {value} | {line(draws, value, what, known, judge, apart)} |")
    return lines


def line(draws: dict, value: float, what: str, known: set[str], judge: Judge, apart: Judge) -> str:
    pairs = [tuple(pair) for pair in draws["pairs"]]
    n = len(pairs)
    first, seen = [], set()
    for formula, _ in pairs:
        first.append(formula not in seen)
        seen.add(formula)
    unique, new = np.array(first), np.array([formula not in known for formula, _ in pairs])
    hits = [np.abs(each(pairs) - value) <= 0.2 * value for each in (judge, apart)]
    good = unique & new
    systems = {"-".join(sorted(s for s, _ in formula_counts(f))) for f in seen}
    best = "-"
    if draws.get("own"):
        own = np.abs(np.array(draws["own"][what]) - value)
        order = [i for i in np.argsort(own, kind="stable") if good[i]][:KEPT]
        best = ", ".join(f"{hit[order].mean():.0%}" for hit in hits)
    return (
        f"{unique.mean():.0%} | {new.mean():.0%} | {hits[0].mean():.0%} "
        f"| **{np.mean(good & hits[0]):.0%}** | {np.mean(good & hits[1]):.0%} "
        f"| {len(systems)} of {n} | {best}"
    )


def judge_errors(bench: Bench, what: str) -> str:
    """How far judge B is off on the training rows, which it never saw."""
    train = bench.learned(what)
    told = Judge().fit(labelled(bench.rest, what))([(r.formula, r.crystal_system) for r in train])
    away = np.abs(told - _values(train))
    return f"{away.mean():.1f} GPa ({np.mean(away <= 0.2 * _values(train)):.0%} within 20 %)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--ask", type=Path)
    parser.add_argument("--answers", type=Path, action="append", default=[])
    parser.add_argument("--generator", default="elatbot-mini")
    parser.add_argument("--records", type=Path)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    bench = Bench.load(options.folder, options.held_out)
    if options.ask:
        options.ask.write_text(json.dumps(asked(bench)))
        return
    answers = [json.loads(path.read_text()) for path in options.answers]
    lines = [
        "# elatbot-mini on formulas it never saw",
        "",
        f"Commands: see `benchmarks/mini_model.py`. Rivals learned from the rows that the releases learned: "
        f"bulk moduli of {len(bench.train)}, shear moduli of {len(bench.learned('shear_modulus'))}. The "
        f"{len(bench.test)} test rows are those of release 1.0; nothing was trained or chosen on them.",
        "",
        "## Prediction (GPa)",
        "",
        *prediction_table(bench, answers, "bulk_modulus"),
        "",
        *prediction_table(bench, answers, "shear_modulus"),
        "",
        f"## {SAMPLES} raw draws at temperature 1, all elements allowed",
        "",
        "*Unseen*: the formula is in no row at all, test rows included. *Hit*: within 20 % by judge A, extra "
        "trees and gradient boosting on elemental properties, which knows all rows; judge B is the same of "
        "rows that the model was not trained on, and off by "
        f"{judge_errors(bench, 'bulk_modulus')} in K and {judge_errors(bench, 'shear_modulus')} in G on "
        "the training rows. Release 2 also learned from a regression on elemental properties (kernel ridge and extra "
        "trees, of training rows alone), so its draws and the judges have more in common than the data. Nobody can "
        f"tell whether a draw is stable. *Reranked*: hits among the {KEPT} unique and unseen draws that "
        "the model itself puts nearest.",
        "",
        *generation_table(bench, answers, "bulk_modulus"),
        "",
        *generation_table(bench, answers, "shear_modulus"),
        "",
        *other_tasks(options.generator, options.records, options.folder),
    ]
    text = "\n".join(lines) + "\n"
    if options.table:
        options.table.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
