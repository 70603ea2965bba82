"""Tables of `learning.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from learning_judges import PROOF, REWARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learning_judges import Judges

    from elatbot_flows.documents import TrainedModel

NAMES = {"base": "elatbot-mini", "expert": "expert iteration", "dpo": "DPO"}
COLUMNS = {
    "reward": "on target by 7net-0",
    "proof": "on target by TensorNet",
    "both": "by both",
    "unique": "unique of 300 draws",
    "unseen": "unseen of 300 draws",
    "systems": "chemical systems of 300 draws",
    "judged systems": "of the judged",
    "hits": "hits by 7net-0 of all judged",
}
SHARES = 5
Target = tuple[float, float]
Found = dict[tuple[str, int, Target], dict[str, float]]
Learned = list[tuple[str, int, "TrainedModel"]]


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean and standard deviation."""
    return f"{np.mean(values):.{digits}f} +- {np.std(values, ddof=1):.{digits}f}"


def compared(found: Found, targets: list[Target]) -> None:
    """What each model proposes, and how far it is from the one without lessons."""
    seeds = sorted({seed for _, seed, _ in found})
    print(f"| target (GPa) | model | {' | '.join(COLUMNS.values())} |")
    print(f"|---|---|{'---|' * len(COLUMNS)}")
    for target in (*targets, None):
        parts = targets if target is None else [target]
        where = "both" if target is None else f"{target[0]:g}:{target[1]:g}"
        for method, name in NAMES.items():
            cells = []
            for place, column in enumerate(COLUMNS):
                values = [np.mean([found[method, s, t][column] for t in parts]) for s in seeds]
                cells.append(spread(values, 3 if place < SHARES else 1))
            print(f"| {where} | {name} | {' | '.join(cells)} |")
    print("\nGain in the share on target, seed by seed, both targets together:\n")
    print("| model | by 7net-0 | by TensorNet |\n|---|---|---|")
    for method in ("expert", "dpo"):
        cells = [_gain(found, targets, seeds, method, column) for column in ("reward", "proof")]
        print(f"| {NAMES[method]} | {' | '.join(cells)} |")


def _gain(found: Found, targets: list[Target], seeds: list[int], method: str, column: str) -> str:
    gains = [
        float(np.mean([found[method, s, t][column] - found["base", s, t][column] for t in targets]))
        for s in seeds
    ]
    each = ", ".join(f"{gain:+.3f}" for gain in gains)
    return f"{np.mean(gains):+.3f} +- {np.std(gains, ddof=1):.3f} ({each})"


def learning(learned: Learned) -> None:
    """How the trainings went."""
    print("\n| method | seed | records for training, validation | formulas | step kept | loss |")
    print("|---|---|---|---|---|---|")
    for method, seed, one in learned:
        sizes = f"{one.records['train']}, {one.records['validation']}"
        steps = f"{one.best_step} of {one.steps}"
        cells = (NAMES[method], seed, sizes, one.formulas, steps, f"{one.best_loss:.3f}")
        print(f"| {' | '.join(map(str, cells))} |")


def cost(judges: Judges, learned: Learned, seconds: float) -> None:
    """Calls of the potentials, each material counted once, and processor time."""
    print("\n| what | different materials | evaluations | CPU s |\n|---|---|---|---|")
    for judge in (REWARD, PROOF):
        materials, evaluations, cpu = judges.calls(judge)
        print(f"| {judge} | {materials} | {evaluations} | {cpu:.0f} |")
    trained: Any = sum(one.cpu_seconds for _, _, one in learned)
    print(f"| six trainings | | | {trained:.0f} |")
    print(f"\nThe last call of the command took {seconds:.0f} CPU s.")
