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
from learning_tables import compared, cost, learning
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

WORDS = """
{model}. For each seed and target the model draws anew, the first {tried} different formulas that
are not among its training rows are judged, a model is taught by each method on the verdicts of
both targets together (all weights learn, those that are best on 15 % of the formulas are kept),
and {each} more formulas of each model are judged, none of them among those before.

7net-0 gave the verdicts: of at most six crystals built the two most promising are relaxed, and
two hydrostatic strains of the lower one, ions clamped, give K. A hit lies inside the target, a
miss more than 10 % outside. TensorNet-MatPES-PBE-2025.1 gave none: it relaxes that crystal and
strains it likewise. "Unseen" are draws whose formula is neither in the training rows of
elatbot-mini nor among those that were judged to learn from. The last column adds the {tried}
materials that were judged to learn from, so that all models have had the same number of calls.
Mean and standard deviation over the seeds, draws at a temperature of {temperature}, at most
{sites} atoms.
"""


@dataclass(eq=False)
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
            self.candidate(f"{seed}-{target[0]:g}-{n:04d}", target, material)
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

    def candidate(
        self, identifier: str, target: tuple[float, float], material: Material
    ) -> dict[str, Any]:
        """A material with the verdict of the judge that gives rewards."""
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

    def comparison(
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
        first = [self.judges.modulus(REWARD, m) for m in self.learned_from(seed, target)]
        return {
            "reward": float(np.mean(rewarded)),
            "proof": float(np.mean(proven)),
            "both": float(np.mean(np.logical_and(rewarded, proven))),
            "unique": len(set(formulas)) / DRAWS,
            "unseen": len(new) / DRAWS,
            "systems": len({system_of(f) for f in formulas}),
            "judged systems": len({system_of(f) for f, _ in chosen}),
            "hits": sum(rewarded) + sum(is_inside(modulus, target) for modulus in first),
        }


def is_inside(modulus: float | None, target: tuple[float, float]) -> bool:
    return modulus is not None and target[0] <= modulus <= target[1]


@cache
def system_of(formula: str) -> str:
    return Composition(formula).chemical_system


def rewards(bench: Bench, seeds: Sequence[int]) -> None:
    """What was learned from."""
    print("\n| seed | target (GPa) | judged to learn from | hits | misses | neither |")
    print("|---|---|---|---|---|---|")
    for seed in seeds:
        for target in TARGETS:
            said = [
                bench.candidate("-", target, one)["verdict"]
                for one in bench.learned_from(seed, target)
            ]
            counts = " | ".join(str(said.count(word)) for word in ("hit", "miss", "open"))
            print(f"| {seed} | {target[0]:g}:{target[1]:g} | {len(said)} | {counts} |")


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
                found[method, seed, target] = bench.comparison(model, seed, target)
    print("# Learning from verdicts\n")
    sizes = f"--tried {options.tried} --each {options.each}"
    print(f"`OMP_NUM_THREADS=1 python benchmarks/learning.py --proof DIR --out DIR {sizes}`")
    info = load_generator(BASE).info
    model = f"{info.name} {info.version} (weights {info.weights_sha256[:12]})"
    how = {"model": model, "tried": options.tried, "each": options.each}
    print(WORDS.format(**how, temperature=TEMPERATURE, sites=MAX_SITES))
    compared(found, list(TARGETS))
    rewards(bench, options.seeds)
    learning(learned)
    cost(judges, learned, time.process_time() - begin)


if __name__ == "__main__":
    main()
