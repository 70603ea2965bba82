"""Rows that releases of elatbot-mini learned, and rows that none did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.training.mini.rows import gather, part_in, tensors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from elatbot_flows.training.mini.rows import MiniRow

Pair = tuple[str, str]
BULK, SHEAR = (40, 100, 160, 250), (20, 40, 80, 120)
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
        """Read the published files."""
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
        """All of them."""
        return [*self.train, *self.rest]

    def learned(self, what: str) -> list[Row]:
        """Labels that a release learned."""
        return labelled(self.train if what == "bulk_modulus" else self.stiff, what)


def pairs_of(rows: Sequence[MiniRow]) -> list[Pair]:
    return [(row.formula, row.crystal_system) for row in rows]


def labelled(rows: Sequence[MiniRow], what: str) -> list[Row]:
    found = [(row, getattr(row, what)) for row in rows]
    return [Row(r.formula, r.crystal_system, value) for r, value in found if value is not None]


def values_of(rows: Sequence[Row]) -> np.ndarray:
    return np.array([row.bulk_modulus for row in rows])
