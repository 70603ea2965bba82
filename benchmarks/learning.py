"""What a text model learns from verdicts: expert iteration and DPO against the same model without.

::

    OMP_NUM_THREADS=1 python benchmarks/learning.py --proof DIR --out DIR > benchmarks/learning.md

The file `judged.jsonl` in the folder keeps what was judged, trainings go on where they stopped: the
same command again does only what is left. DIR of the proof is the TensorNet-MatPES checkpoint.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from learning_judges import PROOF, REWARD, Judges, Material, drawn, unseen
from pymatgen.core import Composition

from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.targets import DesignTarget
from elatbot_flows.training.finetune import FineTuning, PreferenceTuning, fine_tune
from elatbot_flows.training.verdicts.lessons import lessons_from
from elatbot_flows.training.verdicts.tried import VerdictSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import TrainedModel
    from elatbot_flows.engines.text_model import TextModel

BASE = "elatbot-mini"
TARGETS = ((95.0, 105.0), (170.0, 190.0))
MAX_SITES, TEMPERATURE, DRAWS = 12, 0.8, 300
MARGIN = 0.1
"""A miss lies this far outside, relative to the nearer edge; what is nearer is left open."""
COMMON: dict[str, Any] = {
    "method": "full",
    "schedule": "constant_with_warmup",
    "warmup_steps": 5,
    "batch_size": 16,
    "epochs": 15,
    "eval_every": 10,
    "patience": 4,
    "device": "cpu",
}
SETTINGS = {
    "expert": lambda seed: FineTuning(learning_rate=5e-5, seed=seed, **COMMON),
    "dpo": lambda seed: PreferenceTuning(learning_rate=3e-5, beta=0.1, seed=seed, **COMMON),
}
NAMES = {"base": "elatbot-mini", "expert": "expert iteration", "dpo": "DPO"}


@dataclass
class Bench:
    """One comparison.

    Parameters
    ----------
    judges
        Both potentials.
    out
        Folder.
    tried, each
        Materials judged to learn from, and to be compared, for each seed and target.
    """

    judges: Judges
    out: Path
    tried: int
    each: int

    def lessons(self, seed: int, *, pairs: bool) -> Any:
        """Training records of one seed, of both targets."""
        candidates = [
            self._candidate(f"{seed}-{target[0]:g}-{n:04d}", target, material)
            for target in TARGETS
            for n, material in enumerate(self.learned_from(seed, target))
        ]
        settings = VerdictSettings(validation=0.15, seed=seed)
        return lessons_from(candidates, text_model(BASE), settings, pairs=pairs)

    @cache  # noqa: B019 - there is one
    def learned_from(self, seed: int, target: tuple[float, float]) -> list[Material]:
        """Different unseen formulas that the model without lessons proposes."""
        wanted = DesignTarget(bulk_modulus=target, max_sites=MAX_SITES)
        return unseen(text_model(BASE), wanted, self.tried, 10 + seed, TEMPERATURE)

    def _candidate(
        self, identifier: str, target: tuple[float, float], material: Material
    ) -> dict[str, Any]:
        modulus = self.judges.modulus(REWARD, material)
        word = "open"
        if is_inside(modulus, target):
            word = "hit"
        elif modulus and not (1 - MARGIN) * target[0] <= modulus <= (1 + MARGIN) * target[1]:
            word = "miss"
        return {
            "candidate_id": identifier,
            "status": "rejected" if modulus is None else "passed",
            "verdict": word,
            "formula": material[0],
            "proposed_crystal_system": material[1],
            "bulk_modulus": modulus,
            "target": DesignTarget(bulk_modulus=target, max_sites=MAX_SITES).summary(),
            "judges": [REWARD],
        }

    def taught(self, method: str, seed: int) -> tuple[TextModel, TrainedModel]:
        """The model that one method makes of the lessons of one seed."""
        lessons = self.lessons(seed, pairs=method == "dpo")
        folder = self.out / f"{method}-{seed}"
        trained = fine_tune(lessons.records, BASE, folder, SETTINGS[method](seed))
        return text_model(str(folder)), trained

    def compared(
        self, model: TextModel, seed: int, target: tuple[float, float]
    ) -> dict[str, float]:
        """What a model proposes for one target, and what both judges say of it."""
        wanted = DesignTarget(bulk_modulus=target, max_sites=MAX_SITES)
        before = {formula for formula, _ in self.learned_from(seed, target)}
        before |= {f for other in TARGETS for f, _ in self.learned_from(seed, other)}
        pairs = drawn(model, wanted, DRAWS, 500 + seed, TEMPERATURE)
        formulas = [formula for formula, _ in pairs]
        new = [f for f in formulas if load_generator(BASE).is_unseen(f) and f not in before]
        chosen = unseen(model, wanted, self.each, 20 + seed, TEMPERATURE, before)
        rewarded = [is_inside(self.judges.modulus(REWARD, m), target) for m in chosen]
        proven = [is_inside(self.judges.modulus(PROOF, m), target) for m in chosen]
        first = [
            is_inside(self.judges.modulus(REWARD, m), target) for m in self._first(seed, target)
        ]
        return {
            "reward": float(np.mean(rewarded)),
            "proof": float(np.mean(proven)),
            "both": float(np.mean(np.logical_and(rewarded, proven))),
            "unique": len(set(formulas)) / DRAWS,
            "unseen": len(new) / DRAWS,
            "systems": len({system_of(f) for f in formulas}),
            "judged systems": len({system_of(f) for f, _ in chosen}),
            "hits": sum(rewarded) + sum(first),
            "calls": len(rewarded) + len(first),
        }

    def _first(self, seed: int, target: tuple[float, float]) -> Sequence[Material]:
        return self.learned_from(seed, target)


def is_inside(modulus: float | None, target: tuple[float, float]) -> bool:
    return modulus is not None and target[0] <= modulus <= target[1]


@cache
def system_of(formula: str) -> str:
    return Composition(formula).chemical_system


def spread(values: Sequence[float], digits: int = 3) -> str:
    return f"{np.mean(values):.{digits}f} +- {np.std(values, ddof=1):.{digits}f}"


def tables(found: dict[tuple[str, int, tuple[float, float]], dict[str, float]]) -> None:
    """Print what was found."""
    seeds = sorted({seed for _, seed, _ in found})
    columns = ("reward", "proof", "both", "unique", "unseen", "systems", "judged systems", "hits")
    heads = (
        "on target by 7net-0 (gave the rewards)", "by TensorNet (gave none)", "by both",
        "unique", "unseen", "chemical systems", "of the judged", "hits of all calls",
    )  # fmt: skip
    print(f"| target (GPa) | model | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}")
    for target in (*TARGETS, None):
        for method, name in NAMES.items():
            parts = TARGETS if target is None else (target,)
            rows = [
                {c: np.mean([found[method, seed, t][c] for t in parts]) for c in columns}
                for seed in seeds
            ]
            cells = [spread([r[c] for r in rows], 3 if i < 5 else 0) for i, c in enumerate(columns)]
            where = "both" if target is None else f"{target[0]:g}:{target[1]:g}"
            print(f"| {where} | {name} | {' | '.join(cells)} |")
    print("\nGain over the model without lessons, seed by seed, both targets together:\n")
    print("| model | by 7net-0 | by TensorNet |\n|---|---|---|")
    for method in ("expert", "dpo"):
        cells = []
        for column in ("reward", "proof"):
            gains = [
                np.mean(
                    [found[method, s, t][column] - found["base", s, t][column] for t in TARGETS]
                )
                for s in seeds
            ]
            each = ", ".join(f"{gain:+.3f}" for gain in gains)
            cells.append(f"{np.mean(gains):+.3f} +- {np.std(gains, ddof=1):.3f} ({each})")
        print(f"| {NAMES[method]} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--proof", required=True, help="Folder of TensorNet-MatPES.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tried", type=int, default=200)
    parser.add_argument("--each", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    judges = Judges(options.out / "judged.jsonl", options.proof, MAX_SITES)
    bench = Bench(judges, options.out, options.tried, options.each)
    found, learned = {}, []
    begin = time.process_time()
    for seed in options.seeds:
        models = {"base": text_model(BASE)}
        for method in SETTINGS:
            models[method], trained = bench.taught(method, seed)
            learned.append((method, seed, trained))
        for target in TARGETS:
            for method, model in models.items():
                found[method, seed, target] = bench.compared(model, seed, target)
    report(bench, options, found, learned, time.process_time() - begin)


def report(bench: Bench, options: Any, found: Any, learned: Any, seconds: float) -> None:
    """Print the page."""
    print("# Learning from verdicts\n")
    sizes = f"--tried {options.tried} --each {options.each}"
    print(f"`OMP_NUM_THREADS=1 python benchmarks/learning.py --proof DIR --out DIR {sizes}`\n")
    print(
        f"{load_generator(BASE).info.name} {load_generator(BASE).info.version}, {len(options.seeds)} seeds."
    )
    tables(found)
    print(
        "\n## What was learned\n\n| method | seed | records | formulas | step kept | loss |\n|---|---|---|---|---|---|"
    )
    for method, seed, t in learned:
        sizes = f"{t.records['train']} + {t.records['validation']}"
        print(
            f"| {NAMES[method]} | {seed} | {sizes} | {t.formulas} | {t.best_step} of {t.steps} | {t.best_loss:.3f} |"
        )
    print("\n## Cost\n")
    for judge in (REWARD, PROOF):
        materials, evaluations, cpu = bench.judges.calls(judge)
        print(
            f"- {judge}: {materials} different materials, {evaluations} evaluations, {cpu:.0f} CPU s"
        )
    print(
        f"- trainings: {sum(t.cpu_seconds for _, _, t in learned):.0f} CPU s; this run {seconds:.0f} CPU s"
    )


if __name__ == "__main__":
    main()
