"""Numbers that models of CrystaLLM-pi are conditioned on: scaled properties, diffraction peaks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.written import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "MISSING",
    "RANGES",
    "diffraction",
    "normalised",
    "parse_conditions",
    "render_conditions",
    "render_raw",
]

MISSING = -100.0
"""Stands for a property that is left open."""
_POWER = 0.8
_PEAKS, _WIDEST = 20, 90.0


RANGES = {
    "band_gap": (0.0, 17.891),
    "above_hull": (0.0, 5.418),
    "density": (0.0, 25.494),
    "above_hull_of_density": (0.0, 0.1),
    "slme": (0.0, 33.192),
}
"""Published ranges: band gap and its energy above the hull (eV, eV/atom), density (g/cm^3) and its
energy above the hull, spectroscopic limited maximum efficiency (%)."""


def normalised(
    value: float | None, limits: tuple[float, float], kind: Literal["linear", "power_log"]
) -> float:
    """A property as a number between 0 and 1.

    Parameters
    ----------
    value
        In the unit of the property; None to leave it open, which is `MISSING`.
    limits
        Range in the training data, one of `RANGES` for published models.
    kind
        ``"linear"``, or ``"power_log"``: ``(log(1 + x) / log(1 + high)) ** 0.8``. Which one a
        model was taught with its card says.

    Raises
    ------
    ParseError
        With reason ``"not_a_condition"`` outside the range: a model has seen nothing there.

    Examples
    --------
    >>> normalised(1.25, (0, 5), "linear")
    0.25
    """
    low, high = limits
    if value is None:
        return MISSING
    if not low <= value <= high:
        raise ParseError(
            f"{value:g} is outside {low:g} to {high:g}, which the model was taught",
            reason="not_a_condition",
        )
    if kind == "power_log":
        return float((math.log1p(value) / math.log1p(high)) ** _POWER)
    return (value - low) / (high - low)


def render_conditions(values: Iterable[float | None]) -> str:
    """Write normalised conditions as prompt files have them, ``"0.4500, -100.0000"``."""
    return ", ".join(f"{MISSING if value is None else value:.4f}" for value in values)


def render_raw(values: Iterable[float | None]) -> str:
    """Write normalised conditions in front of a text, ``"[0.4500 -100.0000]"``.

    Four decimals and single blanks, as in training; the original prompts with what was typed and
    with two blanks.
    """
    return f"[{render_conditions(values).replace(',', '')}]"


def parse_conditions(text: str) -> tuple[float | None, ...]:
    """Read what `render_conditions` or `render_raw` write.

    Raises
    ------
    ParseError
        With reason ``"not_a_condition"``.
    """
    words = text.strip().removeprefix("[").removesuffix("]").replace(",", " ").split()
    values = [number(word) for word in words]
    if not values or None in values:
        raise ParseError(f"{text[:60]!r} is no list of conditions", reason="not_a_condition")
    return tuple(None if value == MISSING else value for value in values)


def diffraction(peaks: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Forty numbers of a powder diffraction pattern.

    Parameters
    ----------
    peaks
        Angles 2 theta (degrees) and intensities in any unit; those beyond 90 degrees are left out.

    Returns
    -------
    tuple
        Angles over 90 of the twenty strongest peaks, then their intensities over that of the
        strongest, both from the strongest to the weakest, filled up with `MISSING`.

    Raises
    ------
    ParseError
        With reason ``"not_a_condition"`` if no peak is left.
    """
    within = [(angle, high) for angle, high in peaks if 0 < angle <= _WIDEST and high > 0]
    if not within:
        raise ParseError("there is no peak below 90 degrees", reason="not_a_condition")
    strongest = sorted(within, key=lambda peak: (-peak[1], peak[0]))[:_PEAKS]
    most = strongest[0][1]
    rest = [MISSING] * (_PEAKS - len(strongest))
    angles = [angle / _WIDEST for angle, _ in strongest]
    return (*angles, *rest, *(high / most for _, high in strongest), *rest)
