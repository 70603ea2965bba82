"""Formulas that elatbot-mini may not learn, so that some of ``known_moduli.md`` are new to it.

::

    python benchmarks/mini_held_out.py FOLDER > reported.txt
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from known_cases import MOST_SITES, binaries, part

from elatbot_flows.training.data.bulk_modulus import load_rows, split_rows

if TYPE_CHECKING:
    from elatbot_flows.training.data.binaries import CrystalRow

DRAWN, SEED = 1100, 0
"""What release 2.0 was made with."""
BULK = "bulk_modulus_to_formula.jsonl.gz"
NOVEL_IN_FOUR = 3
"""Of four drawn crystals, those whose formula no release was trained on by its division."""


def sample(rows: list[CrystalRow], folder: Path, n: int, seed: int) -> list[CrystalRow]:
    """Draw `n` crystals; a larger `n` continues the same sequence.

    New are formulas that no release of the text model takes for training by its division.
    """
    learned = {row.formula for row in split_rows(load_rows(folder / BULK).rows).train}
    small = [row for row in rows if len(row.structure) <= MOST_SITES]
    random.Random(seed).shuffle(small)  # noqa: S311
    novel = [row for row in small if row.formula not in learned]
    known = [row for row in small if row.formula in learned]
    chosen: list[CrystalRow] = []
    while len(chosen) < n and (novel or known):
        wants_novel = len(chosen) % 4 < NOVEL_IN_FOUR
        source = (novel or known) if wants_novel else (known or novel)
        chosen.append(source.pop(0))
    return chosen


def main() -> None:
    folder = Path(sys.argv[1])
    rows = sample(binaries(folder), folder, DRAWN, SEED)
    print("\n".join(sorted({row.formula for row in rows if part(row.formula) == "report"})))


if __name__ == "__main__":
    main()
