"""Rows of one alloy that cannot all be right."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from elatbot_flows.retrieval.rows import KnowledgeRow

__all__ = ["Disagreement", "find_disagreements"]

CLOSE = 50.0
"""Rows within this many K are compared."""
TOLERANCE = 0.01
"""Relative difference that experiments may have."""
PER_KELVIN = {"bulk_modulus": 2e-4, "bulk_modulus_voigt": 2e-4}
"""Relative change for each K that temperature may cause: bulk moduli of metals soften by about
1e-4, shear moduli by up to `SHEAR_PER_KELVIN` (temperature dependence of elastic constants:
Varshni, Phys. Rev. B 2, 3952, 1970)."""
SHEAR_PER_KELVIN = 4e-4
"""The same for all other moduli."""


@dataclass(frozen=True)
class Disagreement:
    """Two rows of the same alloy whose values differ more than their temperatures explain.

    Parameters
    ----------
    quantity
        Name of the modulus.
    first, second
        The rows, the colder one first.
    difference
        Relative to the mean of both.
    """

    quantity: str
    first: KnowledgeRow
    second: KnowledgeRow
    difference: float

    def __str__(self) -> str:
        parts = (
            f"{row.value(self.quantity):g} GPa at {row.temperature:g} K ({row.source})"
            for row in (self.first, self.second)
        )
        return f"{self.first.formula}: {' against '.join(parts)}"


def find_disagreements(rows: Iterable[KnowledgeRow]) -> tuple[Disagreement, ...]:
    """Pairs of rows within `CLOSE` that differ by more than `TOLERANCE` and temperature explain.

    Rows of different crystal systems are not compared where both are known. A phase transition
    between two temperatures looks like a disagreement.

    Returns
    -------
    tuple
        The largest relative difference first.
    """
    alloys: dict[object, list[KnowledgeRow]] = {}
    for row in rows:
        alloys.setdefault(row.percent, []).append(row)
    found = [
        disagreement
        for same in alloys.values()
        for pair in combinations(sorted(same, key=lambda row: row.temperature), 2)
        for disagreement in _compare(*pair)
    ]
    return tuple(sorted(found, key=lambda each: -each.difference))


def _compare(first: KnowledgeRow, second: KnowledgeRow) -> list[Disagreement]:
    apart = second.temperature - first.temperature
    systems = {first.crystal_system, second.crystal_system} - {None}
    if apart > CLOSE or len(systems) > 1:
        return []
    found = []
    for quantity, value in first.values:
        other = second.value(quantity)
        if other is None:
            continue
        difference = 2 * abs(value - other) / (value + other)
        slope = PER_KELVIN.get(quantity, SHEAR_PER_KELVIN)
        if difference > TOLERANCE + slope * apart:
            found.append(Disagreement(quantity, first, second, difference))
    return found
