"""What the rows of an alloy say by themselves, with no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from elatbot_flows.errors import ParseError
from elatbot_flows.evaluation.baselines.temperature import SAME_TEMPERATURE, linear_in_temperature
from elatbot_flows.retrieval.disagreement import Disagreement, find_disagreements
from elatbot_flows.retrieval.neighbours import fits
from elatbot_flows.retrieval.rows import checked_system
from elatbot_flows.text.alloy import atomic_percent, parse_alloy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from elatbot_flows.retrieval.knowledge import KnowledgeBase
    from elatbot_flows.retrieval.rows import KnowledgeRow

    Array = NDArray[np.float64]

__all__ = ["Interpolation", "interpolate"]


@dataclass(frozen=True)
class Interpolation:
    """A modulus of an alloy read off between its rows.

    Parameters
    ----------
    value
        Linear in temperature between the nearest rows on either side, GPa; outside the range that
        of the nearest temperature.
    nearest
        Value at the nearest temperature, GPa.
    how
        ``"same temperature"``, ``"interpolated"`` or ``"extrapolated"``.
    used
        Rows the value was made of.
    n_rows, lowest, highest
        Rows of the alloy and the range of their temperatures, K.
    error
        Root mean square error, GPa, with which each used temperature is interpolated when its
        rows are left out; None if none has rows on both sides, or the value is extrapolated.
    n_left_out
        Number of temperatures that `error` is the mean of.
    disagreements
        Contradictions between a used row and any row of the alloy.
    """

    value: float
    nearest: float
    how: Literal["same temperature", "interpolated", "extrapolated"]
    used: tuple[KnowledgeRow, ...]
    n_rows: int
    lowest: float
    highest: float
    error: float | None
    n_left_out: int
    disagreements: tuple[Disagreement, ...]


def interpolate(
    kb: KnowledgeBase,
    formula: str,
    temperature: float,
    *,
    crystal_system: str | None = None,
    quantity: str | None = None,
) -> Interpolation | None:
    """Interpolate between the rows of the same alloy.

    Parameters
    ----------
    kb
        Where to search.
    formula
        Amounts may be fractions.
    temperature
        K.
    crystal_system
        Rows of another one are not used. None if all rows of the alloy have the same.
    quantity
        Name of the modulus; by default the bulk modulus that the rows tell.

    Returns
    -------
    Interpolation or None
        None if there is no row of the alloy.

    Raises
    ------
    ParseError
        If the formula cannot be read or the crystal system is unknown, or with reason
        ``"no_crystal_system"`` if none is given and rows of several would be mixed.
    """
    quantity = quantity or kb.bulk_modulus
    system = checked_system(crystal_system)
    percent = atomic_percent(parse_alloy(formula))
    rows = [
        row
        for row in kb.rows
        if row.percent == percent and fits(row, system) and row.value(quantity) is not None
    ]
    if not rows:
        return None
    if len(systems := sorted({row.crystal_system for row in rows} - {None}, key=str)) > 1:
        raise ParseError(
            f"rows of {formula} are {' and '.join(map(str, systems))}; give crystal_system",
            reason="no_crystal_system",
        )
    known = np.array([row.temperature for row in rows])
    values = np.array([row.value(quantity) for row in rows], dtype=float)
    found = linear_in_temperature(known, values, temperature)
    nearest = linear_in_temperature(known, values, known[np.abs(known - temperature).argmin()])
    errors = [] if found.how == "extrapolated" else _left_out(known, values, found.used)
    used = tuple(rows[place] for place in found.used)
    return Interpolation(
        value=float(found.value),
        nearest=float(nearest.value),
        how=found.how,
        used=used,
        n_rows=len(rows),
        lowest=float(known.min()),
        highest=float(known.max()),
        error=float(np.sqrt(np.mean(np.square(errors)))) if errors else None,
        n_left_out=len(errors),
        disagreements=tuple(
            each
            for each in find_disagreements(rows)
            if each.quantity == quantity and (each.first in used or each.second in used)
        ),
    )


def _left_out(known: Array, values: Array, used: tuple[int, ...]) -> list[float]:
    """Errors at the used temperatures, each interpolated from the rows at all others."""
    errors = []
    for at in dict.fromkeys(known[list(used)].tolist()):
        same = np.abs(known - at) < SAME_TEMPERATURE
        if (known[~same] < at).any() and (known[~same] > at).any():
            found = linear_in_temperature(known[~same], values[~same], at)
            errors.append(float(found.value - values[same].mean()))
    return errors
