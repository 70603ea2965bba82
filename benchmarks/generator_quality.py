"""How good the embedded generator is, on formulas it never saw and against simple rivals.

::

    python benchmarks/generator_quality.py DATA > benchmarks/generator_quality.md

DATA is the file the generator was trained on (JSON lines of bulk moduli); its rows are divided as
in the training, so that every number speaks of test rows or of proposals.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from generator_judges import Judge, PlainTrees, cross_validated, moduli_of, pairs_of
from scipy.stats import spearmanr

from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.mini.generator_files import find_folder, load_model
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import TargetError
from elatbot_flows.targets import DesignTarget, Interval
from elatbot_flows.text.formula import formula_counts, join_counts, reduced_formula
from elatbot_flows.training.data.bulk_modulus import load_rows, split_rows
from elatbot_flows.training.scores import design_scores, error_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from elatbot_flows.engines.mini.generator import Generator
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.training.data.bulk_modulus import BulkModulusRow

Pair = tuple[str, str]
TARGETS = (40, 100, 160, 250)
KEPT = 40


@dataclass
class Bench:
    """What every table needs."""

    model: TextModel
    generator: Generator
    train: Sequence[BulkModulusRow]
    validation: Sequence[BulkModulusRow]
    test: Sequence[BulkModulusRow]
    judge: Callable[[Sequence[Pair]], np.ndarray]
    samples: int

    def __post_init__(self) -> None:
        self.rows = [*self.train, *self.validation, *self.test]
        self._known: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row in self.rows:
            self._known[row.formula][row.crystal_system].append(row.bulk_modulus)

    def is_known(self, pair: Pair) -> bool:
        """Whether any row has this formula."""
        return pair[0] in self._known

    def score(self, pairs: Sequence[Pair]) -> np.ndarray:
        """DFT value where the formula has one (of its crystal system if possible), else judge."""
        values = self.judge(pairs)
        for i, (formula, system) in enumerate(pairs):
            if formula in self._known:
                systems = self._known[formula]
                found = systems.get(system) or [k for ks in systems.values() for k in ks]
                values[i] = np.mean(found)
        return values

    def generate(self, modulus: float, n: int, seed: int, temperature: float) -> list[Pair]:
        """Proposals of the generator for one bulk modulus."""
        target = target_at(modulus)
        return drawn_pairs(self.model, target, n, seed, temperature)


def drawn_pairs(
    model: TextModel, target: DesignTarget, n: int, seed: int, temperature: float
) -> list[Pair]:
    drawn = draw_materials(model, target, n, seed=seed, temperature=temperature)
    return [(str(each.formula), str(each.crystal_system)) for each in drawn]


def target_at(modulus: float) -> DesignTarget:
    return DesignTarget(bulk_modulus=Interval(modulus, modulus))


def is_accepted(generator: Generator, modulus: float) -> bool:
    try:
        generator.check_target(target_at(modulus))
    except TargetError:
        return False
    return True


def nearest(bench: Bench, modulus: float, n: int, rng: np.random.Generator) -> list[Pair]:
    """Draw from the 100 training rows nearest to the target."""
    order = np.argsort(np.abs(moduli_of(bench.train) - modulus))[:100]
    return [pairs_of([bench.train[i]])[0] for i in rng.choice(order, n)]


def substituted(bench: Bench, modulus: float, n: int, rng: np.random.Generator) -> list[Pair]:
    """Exchange one element of a row near the target for another of its group (or f block)."""
    from pymatgen.core.periodic_table import Element

    def family(symbol: str) -> tuple[int, bool]:
        element = Element(symbol)
        return element.group, element.block == "f"

    families = {symbol: family(symbol) for symbol in bench.generator.info.elements}
    found: list[Pair] = []
    while len(found) < n:
        formula, system = nearest(bench, modulus, 1, rng)[0]
        counts = dict(formula_counts(formula))
        old = str(rng.choice(sorted(counts)))
        new = [s for s, f in families.items() if f == families[old] and s not in counts]
        if new:
            changed = [(str(rng.choice(new)) if s == old else s, k) for s, k in counts.items()]
            found.append((reduced_formula(join_counts(changed)), system))
    return found


def anywhere(bench: Bench, _modulus: float, n: int, rng: np.random.Generator) -> list[Pair]:
    """Draw from all training rows, whatever the target."""
    return [pairs_of([bench.train[i]])[0] for i in rng.integers(len(bench.train), size=n)]


def prediction_table(bench: Bench) -> None:
    train, test = bench.train, bench.test
    expected = moduli_of(test)
    answers = bench.generator.predict_bulk_modulus(pairs_of(test))
    found = {
        "mean of the training rows": np.full(len(test), moduli_of(train).mean()),
        "ExtraTrees, element fractions and system": PlainTrees().fit(train)(pairs_of(test)),
        "the judge's models, with elemental properties": Judge().fit(train)(pairs_of(test)),
        "**elatbot-mini**": np.array([mean for mean, _ in answers]),
    }
    stiff = expected >= 200
    print("\n## Bulk modulus of test formulas\n")
    print("| predictor | MAE (GPa) | median error | R2 | Spearman | MAE at 200 GPa and above |")
    print("|---|---|---|---|---|---|")
    for name, values in found.items():
        s = error_scores(expected, values)
        stiff_error = np.abs(values - expected)[stiff].mean()
        print(
            f"| {name} | {s['mae']:.1f} | {s['median']:.1f} | {s['r2']:.3f} "
            f"| {'-' if np.ptp(values) == 0 else format(s['rho'], '.3f')} | {stiff_error:.1f} |"
        )
    spread = np.array([std for _, std in answers])
    errors = np.abs(found["**elatbot-mini**"] - expected)
    inside = [np.mean(errors <= factor * spread) for factor in (1, 2)]
    print(
        f"\nIts own standard deviation: {inside[0]:.0%} of the test rows within one, "
        f"{inside[1]:.0%} within two; Spearman with the error {spearmanr(spread, errors)[0]:.2f}."
    )


def line(bench: Bench, name: str, modulus: float, pairs: Sequence[Pair]) -> str:
    values = bench.score(pairs)
    errors = np.abs(values - modulus)
    new = np.array([not bench.is_known(pair) for pair in pairs])
    hits = errors <= 0.2 * modulus
    distinct = len({formula for formula, _ in pairs}) / len(pairs)
    novel = f"{errors[new].mean():.0f} | {hits[new].mean():.2f}" if new.any() else "- | -"
    return (
        f"| {name} | {modulus:g} | 1.00 | {distinct:.2f} | {new.mean():.2f} "
        f"| {np.median(values):.0f} | {errors.mean():.0f} | {hits.mean():.2f} | {novel} |"
    )


def generation_table(bench: Bench) -> None:
    print(f"\n## {bench.samples} proposals for one bulk modulus, all elements allowed\n")
    print(
        "| generator | target (GPa) | valid | unique | novel | median K | MAE | within 20 % "
        "| MAE novel | novel within 20 % |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for temperature in (0.7, 1.0):
        for modulus in TARGETS:
            pairs = bench.generate(modulus, bench.samples, 1, temperature)
            print(line(bench, f"elatbot-mini, T={temperature}", modulus, pairs))
    rivals = {
        "any training row": anywhere,
        "nearest 100 training rows": nearest,
        "nearest with one element substituted": substituted,
    }
    for name, rival in rivals.items():
        for modulus in TARGETS:
            rng = np.random.default_rng(1)
            print(line(bench, name, modulus, rival(bench, modulus, bench.samples, rng)))


def rerank_table(bench: Bench) -> None:
    """Novel proposals sorted by the generator's own prediction, judged by rows it never saw."""
    apart = Judge().fit([*bench.validation, *bench.test])
    print(f"\n## The best {KEPT} of {bench.samples} by the generator's own prediction (T=1.0)\n")
    print("Novel and unique proposals only. Judge A knows all rows, judge B none that the")
    print("generator was trained on.\n")
    print("| target | novel | judge A: MAE, within 20 % | kept | judge B: the same | kept |")
    print("|---|---|---|---|---|---|")
    for modulus in TARGETS:
        drawn = dict.fromkeys(bench.generate(modulus, bench.samples, 2, 1.0))
        pairs = [pair for pair in drawn if not bench.is_known(pair)]
        own = np.array([mean for mean, _ in bench.generator.predict_bulk_modulus(pairs)])
        best = np.argsort(np.abs(own - modulus), kind="stable")[:KEPT]
        cells = [f"{modulus} | {len(pairs)}"]
        for judge in (bench.judge, apart):
            errors = np.abs(judge(pairs) - modulus)
            cells += [
                f"{part.mean():.1f}, {np.mean(part <= 0.2 * modulus):.2f}"
                for part in (errors, errors[best])
            ]
        print(f"| {' | '.join(cells)} |")


def sweep_table(bench: Bench, number: int) -> None:
    rng = np.random.default_rng(3)
    moduli = [k for k in moduli_of(bench.train) if is_accepted(bench.generator, k)]
    targets = rng.choice(moduli, number)
    drawn = {
        "elatbot-mini, T=1.0": [bench.generate(k, 1, i, 1.0)[0] for i, k in enumerate(targets)],
        "nearest with one element substituted": [substituted(bench, k, 1, rng)[0] for k in targets],
    }
    truth: dict[str, list[float]] = defaultdict(list)
    for row in bench.test:
        truth[row.formula].append(row.bulk_modulus)
    print(f"\n## {number} targets drawn from the training rows, one proposal each\n")
    print(
        f"Bulk moduli that the generator refuses (too few rows near; "
        f"{len(bench.train) - len(moduli)} of {len(bench.train)} rows) are left out.\n"
    )
    print(
        "| generator | novel | Spearman of novel (judge) | MAE / median | MAE, targets shuffled "
        "| test formulas found | their DFT K against the target: Spearman, MAE, median |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, pairs in drawn.items():
        new = np.array([not bench.is_known(pair) for pair in pairs])
        values = bench.judge(pairs)
        errors = np.abs(values - targets)[new]
        shuffled = np.abs(values[new] - rng.permutation(targets[new])).mean()
        hit = np.array([pair[0] in truth for pair in pairs])
        dft = np.array([np.mean(truth[pair[0]]) for pair in pairs if pair[0] in truth])
        apart = np.abs(dft - targets[hit])
        print(
            f"| {name} | {new.mean():.2f} | {spearmanr(values[new], targets[new])[0]:.3f} "
            f"| {errors.mean():.1f} / {np.median(errors):.1f} | {shuffled:.1f} "
            f"| {len({p[0] for p in pairs if p[0] in truth})} of {len(truth)} ({hit.sum()} draws) "
            f"| {spearmanr(dft, targets[hit])[0]:.2f}, {apart.mean():.1f}, {np.median(apart):.1f} |"
        )


def restricted_table(bench: Bench) -> None:
    print("\n## Few elements: distinct formulas in 400 proposals, 150-170 GPa\n")
    print("| elements | T=0.5 | T=0.8 | T=1.0 | T=1.3 | GPa outside (T=1.0, novel, judge) |")
    print("|---|---|---|---|---|---|")
    for elements in (("Ni", "Al"), ("Ni", "Al", "Ti"), ("Ni", "Al", "Ti", "Co", "Fe", "Cr")):
        target = DesignTarget(bulk_modulus=Interval(150, 170), elements=elements)
        cells = []
        for temperature in (0.5, 0.8, 1.0, 1.3):
            pairs = drawn_pairs(bench.model, target, 400, 1, temperature)
            cells.append(str(len({formula for formula, _ in pairs})))
            if temperature == 1.0:
                unseen = sorted(pair for pair in set(pairs) if not bench.is_known(pair))
                values = bench.judge(unseen)
        away = np.maximum(np.maximum(150 - values, values - 170), 0).mean()
        print(f"| {','.join(elements)} | {' | '.join(cells)} | {away:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--generator", default="elatbot-mini")
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--sweep", type=int, default=4000)
    options = parser.parse_args()
    generator = load_generator(options.generator)
    split = split_rows(load_rows(options.data).rows)
    rows = [*split.train, *split.validation, *split.test]
    bench = Bench(
        text_model(options.generator),
        generator,
        split.train,
        split.validation,
        split.test,
        Judge().fit(rows),
        options.samples,
    )
    nll = design_scores(load_model(find_folder(options.generator)), split.test)
    judged = error_scores(moduli_of(rows), cross_validated(rows))
    apart = Judge().fit([*split.validation, *split.test])(pairs_of(split.train))
    apart_scores = error_scores(moduli_of(split.train), apart)
    print("# Quality of the embedded generator\n")
    print(
        f"`python benchmarks/generator_quality.py {options.data.name} --samples {options.samples} "
        f"--sweep {options.sweep}`, {generator.info.name} {generator.info.version} "
        f"(weights {generator.info.weights_sha256[:12]}, {generator.info.parameters:,} "
        "parameters). "
        f"{len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test "
        "rows, divided by reduced formula; nothing was trained or chosen on the test rows.\n"
    )
    print(
        f"Design: {nll['nll_true']:.2f} nats per test material given its own bulk modulus, "
        f"{nll['nll_shuffled']:.2f} given that of another."
    )
    prediction_table(bench)
    print("\n## Judges\n")
    print(
        "A proposal with a known formula is judged by its DFT value, any other by the mean of "
        "ExtraTrees and gradient boosting on composition, elemental properties and crystal system. "
        f"Judge A, five folds by formula over all rows: MAE {judged['mae']:.1f} GPa, median "
        f"{judged['median']:.1f}, R2 {judged['r2']:.3f}. Judge B, trained on validation and test "
        f"rows alone, on the training rows: MAE {apart_scores['mae']:.1f}, median "
        f"{apart_scores['median']:.1f}, R2 {apart_scores['r2']:.3f}. Novel: the formula is in none "
        "of the rows. Valid is 1 by construction: an answer that cannot be read would have ended "
        "this run. The judges share their data source with the generator and cannot tell whether "
        "a proposal is stable. One seed each."
    )
    generation_table(bench)
    rerank_table(bench)
    sweep_table(bench, options.sweep)
    restricted_table(bench)


if __name__ == "__main__":
    main()
