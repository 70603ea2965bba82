"""Random views of one row: what the embedded generator sees anew in every epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.text.compact import (
    LONGEST_LIST,
    Condition,
    render_design,
    render_material,
    render_modulus,
)
from elatbot_flows.text.compact_questions import render_predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from elatbot_flows.training.data.bulk_modulus import BulkModulusRow

__all__ = ["Augmentation", "Augmenter"]


@dataclass(frozen=True)
class Augmentation(MSONable):
    """How rows are varied.

    Parameters
    ----------
    permute
        Probability of writing the elements of a formula in random order.
    jitter
        Standard deviation of the logarithm of the bulk modulus.
    keep_modulus, keep_number, keep_elements, keep_system
        Probability that the condition is in the prompt.
    distractors
        Largest number of elements added to the list of allowed elements.
    """

    permute: float = 0.5
    jitter: float = 0.03
    keep_modulus: float = 0.9
    keep_number: float = 0.6
    keep_elements: float = 0.5
    keep_system: float = 0.35
    distractors: int = 8


class Augmenter:
    """Makes random prompt and answer texts of rows.

    Parameters
    ----------
    rows
        Training rows; distractors are drawn as often as they occur in them.
    settings
        How rows are varied.
    rng
        Source of chance.
    """

    def __init__(
        self, rows: Sequence[BulkModulusRow], settings: Augmentation, rng: np.random.Generator
    ) -> None:
        self._pool = [symbol for row in rows for symbol, _ in row.counts]
        self._settings = settings
        self._rng = rng

    def design(self, row: BulkModulusRow) -> tuple[str, str]:
        """Prompt and answer of the design task."""
        have, rng = self._settings, self._rng
        condition = Condition(
            bulk_modulus=self._modulus(row) if rng.random() < have.keep_modulus else None,
            number=len(row.counts) if rng.random() < have.keep_number else None,
            elements=self._allowed(row) if rng.random() < have.keep_elements else None,
            crystal_system=row.crystal_system if rng.random() < have.keep_system else None,
        )
        return render_design(condition), render_material(self._order(row), row.crystal_system)

    def predict(self, row: BulkModulusRow) -> tuple[str, str]:
        """Prompt and answer of the prediction task."""
        prompt = render_predict(self._order(row), row.crystal_system)
        return prompt, render_modulus(self._modulus(row))

    def _modulus(self, row: BulkModulusRow) -> float:
        return float(row.bulk_modulus * self._rng.lognormal(0.0, self._settings.jitter))

    def _order(self, row: BulkModulusRow) -> list[tuple[str, int]]:
        counts = list(row.counts)
        if self._rng.random() < self._settings.permute:
            counts = [counts[i] for i in self._rng.permutation(len(counts))]
        return counts

    def _allowed(self, row: BulkModulusRow) -> tuple[str, ...]:
        """Mix the elements of the row with distractors, shuffled."""
        chosen = [symbol for symbol, _ in row.counts]
        wanted = int(self._rng.integers(self._settings.distractors + 1))
        for _ in range(min(wanted, LONGEST_LIST - len(chosen))):
            extra = self._pool[self._rng.integers(len(self._pool))]
            if extra not in chosen:
                chosen.append(extra)
        return tuple(chosen[i] for i in self._rng.permutation(len(chosen)))
