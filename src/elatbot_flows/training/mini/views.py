"""Random views of a material: prompts and answers in the words of the format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monty.json import MSONable

from elatbot_flows.text.compact import (
    LONGEST_LIST,
    Condition,
    render_design,
    render_material,
    render_modulus,
)
from elatbot_flows.text.compact_questions import (
    MASK,
    render_constants,
    render_fill,
    render_predict,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from elatbot_flows.text.compact_questions import Property
    from elatbot_flows.training.mini.rows import MiniRow, TensorRow

    Text = tuple[str, str]

__all__ = ["Variation", "Views"]


@dataclass(frozen=True)
class Variation(MSONable):
    """How materials are varied.

    Parameters
    ----------
    permute
        Probability of writing the elements of a formula in random order.
    jitter
        Standard deviation of the logarithm of moduli and constants.
    keep_bulk, keep_shear, keep_number, keep_elements, keep_system
        Probability that the condition is in the prompt.
    distractors
        Largest number of elements added to the list of allowed elements.
    """

    permute: float = 0.6
    jitter: float = 0.03
    keep_bulk: float = 0.85
    keep_shear: float = 0.35
    keep_number: float = 0.6
    keep_elements: float = 0.35
    keep_system: float = 0.3
    distractors: int = 8


class Views:
    """Makes random prompts and answers.

    Parameters
    ----------
    rows
        Training rows; distractors are drawn as often as they occur in them.
    variation
        How materials are varied.
    rng
        Source of chance.
    """

    def __init__(
        self, rows: Sequence[MiniRow], variation: Variation, rng: np.random.Generator
    ) -> None:
        self._pool = [symbol for row in rows for symbol, _ in row.counts]
        self._have = variation
        self._rng = rng

    def design(self, row: MiniRow) -> Text:
        """Conditions, and the material."""
        have = self._have
        bulk = self._chance(have.keep_bulk)
        shear = row.shear_modulus is not None and self._chance(
            have.keep_shear if bulk else 2 * have.keep_shear
        )
        condition = Condition(
            bulk_modulus=self._near(row.bulk_modulus) if bulk else None,
            number=len(row.counts) if self._chance(have.keep_number) else None,
            elements=self._allowed(row) if self._chance(have.keep_elements) else None,
            crystal_system=row.crystal_system if self._chance(have.keep_system) else None,
            shear_modulus=self._near(row.shear_modulus or 0.0) if shear else None,
        )
        material = render_material(self._order(row.counts), row.crystal_system)
        return render_design(condition), material

    def modulus(self, row: MiniRow, what: Property) -> Text:
        """Material, and a modulus of it that is known."""
        value = row.bulk_modulus if what == "bulk" else row.shear_modulus
        prompt = render_predict(self._order(row.counts), row.crystal_system, what)
        return prompt, render_modulus(self._near(value or 0.0))

    def fill(self, row: MiniRow) -> Text:
        """Material without an element, and the element."""
        counts = self._order(row.counts)
        place = self._rng.integers(len(counts))
        hidden, number = counts[place]
        shown = [*counts[:place], *counts[place + 1 :], (MASK, number)]
        return render_fill(shown, row.crystal_system), hidden

    def constants(self, row: TensorRow) -> Text:
        """Material at a temperature, and its independent constants."""
        prompt = render_predict(
            self._order(row.amounts), row.crystal_system, "tensor", row.temperature
        )
        return prompt, render_constants(row.tensor, row.crystal_system)

    def at_temperature(self, row: TensorRow, what: Property) -> Text:
        """Material at a temperature, and a modulus of it."""
        value = row.moduli[0 if what == "bulk" else 1]
        prompt = render_predict(self._order(row.amounts), row.crystal_system, what, row.temperature)
        return prompt, render_modulus(self._near(value))

    def _chance(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)

    def _near(self, value: float) -> float:
        return min(float(value * self._rng.lognormal(0.0, self._have.jitter)), 999.0)

    def _order(self, counts: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
        if not self._chance(self._have.permute):
            return list(counts)
        return [counts[i] for i in self._rng.permutation(len(counts))]

    def _allowed(self, row: MiniRow) -> tuple[str, ...]:
        """Mix the elements of the row with distractors, shuffled."""
        chosen = [symbol for symbol, _ in row.counts]
        wanted = int(self._rng.integers(self._have.distractors + 1))
        for _ in range(min(wanted, LONGEST_LIST - len(chosen))):
            extra = self._pool[self._rng.integers(len(self._pool))]
            if extra not in chosen:
                chosen.append(extra)
        return tuple(chosen[i] for i in self._rng.permutation(len(chosen)))
