"""The rows that are nearest to a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from elatbot_flows.errors import ElatbotError
from elatbot_flows.evaluation.baselines.distance import composition_distances
from elatbot_flows.retrieval.rows import checked_system
from elatbot_flows.text.alloy import atomic_percent, parse_alloy

if TYPE_CHECKING:
    from elatbot_flows.retrieval.knowledge import KnowledgeBase
    from elatbot_flows.retrieval.rows import KnowledgeRow

__all__ = ["Neighbour", "fits", "retrieve"]


@dataclass(frozen=True)
class Neighbour:
    """A row and how far it is from the question.

    Parameters
    ----------
    row
        The row.
    same_alloy
        Whether it is of the same composition and not of another crystal system.
    composition_distance
        Element mover's distance, see `elatbot_flows.evaluation.baselines.composition_distances`.
    temperature_difference
        Its temperature less the one asked for, K.
    """

    row: KnowledgeRow
    same_alloy: bool
    composition_distance: float
    temperature_difference: float


def retrieve(
    kb: KnowledgeBase,
    formula: str,
    temperature: float,
    k: int = 5,
    *,
    crystal_system: str | None = None,
    quantity: str | None = None,
) -> tuple[Neighbour, ...]:
    """Find rows of the same alloy, the nearest in temperature first, then of similar alloys.

    Each other alloy has one row, the nearest in temperature, in the order of the distance of
    compositions. Ties keep the order of the rows.

    Parameters
    ----------
    kb
        Where to search.
    formula
        Amounts may be fractions.
    temperature
        K.
    k
        At most so many rows.
    crystal_system
        Rows of another one count as another alloy. None leaves it open.
    quantity
        Only rows that have it; by default the bulk modulus that the rows tell.

    Raises
    ------
    ParseError
        If the formula cannot be read or the crystal system is unknown.
    ElatbotError
        If `k` is less than 1 or no row has the quantity.
    """
    if k < 1:
        raise ElatbotError(f"k is {k}: ask for at least one row")
    quantity = quantity or kb.bulk_modulus
    system = checked_system(crystal_system)
    percent = atomic_percent(parse_alloy(formula))
    rows = [row for row in kb.rows if row.value(quantity) is not None]
    if not rows:
        raise ElatbotError(f"no row tells a {quantity}; choose another quantity")
    distances = composition_distances([percent], [row.percent for row in rows])[0]
    found = [
        Neighbour(
            row=row,
            same_alloy=row.percent == percent and fits(row, system),
            composition_distance=float(distance),
            temperature_difference=row.temperature - temperature,
        )
        for row, distance in zip(rows, distances, strict=True)
    ]
    found.sort(key=_rank)
    taken: dict[object, Neighbour] = {}
    for number, each in enumerate(found):
        alloy = number if each.same_alloy else (each.row.percent, each.row.crystal_system)
        taken.setdefault(alloy, each)
    return tuple(taken.values())[:k]


def fits(row: KnowledgeRow, crystal_system: str | None) -> bool:
    """Whether a row may be of a crystal system: it is, or one of both is not known."""
    return crystal_system is None or row.crystal_system in (None, crystal_system)


def _rank(neighbour: Neighbour) -> tuple[bool, float, float]:
    apart = abs(neighbour.temperature_difference)
    if neighbour.same_alloy:
        return False, apart, 0.0
    return True, neighbour.composition_distance, apart
