"""Linear interpolation in temperature between rows of the same alloy."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.evaluation.symmetry import crystal_system

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from elatbot_flows.evaluation.baselines.rows import Material
    from elatbot_flows.text.alloy import Percent

    Array = NDArray[np.float64]

__all__ = ["SAME_TEMPERATURE", "Interpolated", "TemperatureBaseline", "linear_in_temperature"]

SAME_TEMPERATURE = 0.01
"""Temperatures closer than this (K) are the same."""


@dataclass(frozen=True)
class Interpolated:
    """A value read off between rows.

    Parameters
    ----------
    value
        Of the shape of one value.
    how
        ``"same temperature"``, ``"interpolated"``, or ``"extrapolated"``: the value of the
        nearest temperature, which is what is said outside the range.
    used
        Places of the rows it was made of.
    """

    value: Array
    how: Literal["same temperature", "interpolated", "extrapolated"]
    used: tuple[int, ...]


def linear_in_temperature(
    temperatures: ArrayLike, values: ArrayLike, temperature: float
) -> Interpolated:
    """Interpolate linearly between the two nearest temperatures on either side.

    Rows at the same temperature are averaged. Outside the range the value of the nearest
    temperature is given, flagged ``"extrapolated"``.

    Parameters
    ----------
    temperatures
        Shape (n,), K, in any order.
    values
        Shape (n, ...), in any unit.
    temperature
        The temperature asked for, K.

    Raises
    ------
    ElatbotError
        If there is no row.
    """
    known = np.asarray(temperatures, dtype=float)
    each = np.asarray(values, dtype=float)
    if not known.size:
        raise ElatbotError("there is nothing to interpolate between; give at least one row")
    nearest = known[np.abs(known - temperature).argmin()]
    if abs(nearest - temperature) < SAME_TEMPERATURE:
        value, used = _mean_at(known, each, nearest)
        return Interpolated(value, "same temperature", used)
    below, above = known[known < temperature], known[known > temperature]
    if not below.size or not above.size:
        value, used = _mean_at(known, each, nearest)
        return Interpolated(value, "extrapolated", used)
    low, high = below.max(), above.min()
    first, used_first = _mean_at(known, each, low)
    second, used_second = _mean_at(known, each, high)
    share = (temperature - low) / (high - low)
    value = (1 - share) * first + share * second
    return Interpolated(value, "interpolated", used_first + used_second)


def _mean_at(known: Array, each: Array, at: float) -> tuple[Array, tuple[int, ...]]:
    places = np.flatnonzero(np.abs(known - at) < SAME_TEMPERATURE)
    return each[places].mean(axis=0), tuple(places.tolist())


class TemperatureBaseline:
    """`linear_in_temperature` among rows of the same alloy.

    Rows of another crystal system do not count where both systems are known.

    Parameters
    ----------
    rows
        Rows with tensor; those without temperature are not used.
    """

    def __init__(self, rows: Sequence[Material]) -> None:
        self._rows: dict[Percent, list[Material]] = defaultdict(list)
        for row in rows:
            if row.temperature is not None and row.tensor is not None:
                self._rows[row.percent].append(row)
        self.n_rows = sum(map(len, self._rows.values()))

    def predict(self, material: Material) -> Interpolated:
        """Tensor in GPa of one material at its temperature.

        Raises
        ------
        ParseError
            With reason ``"no_temperature"``, ``"no_reference"``, or ``"no_crystal_system"`` if rows
            of several systems would be mixed.
        """
        if material.temperature is None:
            raise ParseError(
                f"record {material.number} tells no temperature; add 'temperature_K'",
                reason="no_temperature",
            )
        known = [row for row in self._rows.get(material.percent, ()) if _alike(row, material)]
        if not known:
            raise ParseError(
                f"no row of {material.formula} to interpolate between", reason="no_reference"
            )
        if len({crystal_system(row.symmetry) for row in known} - {None}) > 1:
            raise ParseError(
                f"record {material.number} tells no crystal system, and rows of "
                f"{material.formula} have several; add 'crystal_system'",
                reason="no_crystal_system",
            )
        tensors = np.array([row.tensor for row in known])
        temperatures = np.array([row.temperature for row in known], dtype=float)
        return linear_in_temperature(temperatures, tensors, material.temperature)


def _alike(row: Material, material: Material) -> bool:
    systems = {crystal_system(row.symmetry), crystal_system(material.symmetry)} - {None}
    return len(systems) < 2
