"""What the samples of one call ask for: conditions drawn from a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.errors import TargetError
from elatbot_flows.text.compact import LONGEST_LIST
from elatbot_flows.text.format import MaterialRequest
from elatbot_flows.text.question import Limits

if TYPE_CHECKING:
    from collections.abc import Collection

    from elatbot_flows.engines.mini.generator_files import GeneratorInfo
    from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["Plan"]

_MOST_ELEMENTS = 9
_BIN = 10.0


class Plan:
    """Draws what each sample is asked for.

    A bulk modulus is drawn uniformly from the interval that the target implies (none if it implies
    none), a shear modulus from its own and moved to where the generator writes it, and a number of
    elements as often as in the training rows; pure elements are asked for only if nothing else is
    allowed.

    Parameters
    ----------
    info
        What the generator knows.
    target
        What is wanted.
    elements
        Narrows the elements that the target allows; None for no narrowing.

    Raises
    ------
    TargetError
        If no element is left.
    """

    def __init__(
        self, info: GeneratorInfo, target: DesignTarget, elements: Collection[str] | None
    ) -> None:
        allowed = target.allowed(info.elements)
        self._allowed = tuple(e for e in allowed if elements is None or e in elements)
        if not self._allowed:
            raise TargetError("no element is left; give elements that the target allows")
        # Nearly all elements are as good as no list; a list too long for the prompt is shown,
        # and enforced, in random parts.
        self._listed = 2 * len(self._allowed) <= len(info.elements)
        self._edges = _bulk_edges(info, target)
        self._drawn = info.shear_modulus_drawn
        low, high = info.shear_modulus_low, info.shear_modulus_high
        self._shear = _cut(target.shear_modulus, low, high)
        self._most_atoms = target.max_sites
        self._numbers = _number_shares(info, len(self._allowed), target)

    def draw(self, rng: np.random.Generator) -> MaterialRequest:
        """Draw what one sample is asked for, and what its answer has to obey."""
        elements = self._allowed
        if self._listed:
            elements = tuple(rng.permutation(elements)[:LONGEST_LIST].tolist())
        number = int(rng.choice(len(self._numbers), p=self._numbers)) + 1
        modulus = None if self._edges is None else float(rng.uniform(*self._edges))
        limits = Limits(tuple(sorted(elements)), number, self._most_atoms)
        listed = elements if self._listed else None
        shear = None if self._shear is None else self._aim(float(rng.uniform(*self._shear)))
        return MaterialRequest(
            modulus, number=number, elements=listed, limits=limits, shear_modulus=shear
        )

    def _aim(self, shear: float) -> float:
        """What to ask for so that `shear` (GPa) is written."""
        if not self._drawn:
            return shear
        asked = _BIN * (np.arange(len(self._drawn)) + 0.5)
        return float(np.interp(shear, self._drawn, asked))


_Edges = tuple[float, float]


def _bulk_edges(info: GeneratorInfo, target: DesignTarget) -> _Edges | None:
    """Bulk moduli to ask for: what the target implies, cut to what the generator knows.

    A shear modulus alone leaves so many possible that none is asked for.
    """
    if set(target.intervals()) == {"shear_modulus"}:
        return None
    return _cut(target.implied_bulk_modulus(), info.bulk_modulus_low, info.bulk_modulus_high)


def _cut(interval: Interval | None, low: float, high: float) -> _Edges | None:
    if interval is None:
        return None
    first, last = np.clip((interval.low, interval.high), low, high)
    return float(first), float(last)


def _number_shares(info: GeneratorInfo, allowed: int, target: DesignTarget) -> np.ndarray:
    """How often to ask for 1, 2, ... elements; for 1 only if there is no choice."""
    most = target.max_elements or _MOST_ELEMENTS
    highest = min(allowed, most, target.max_sites, _MOST_ELEMENTS)
    if highest == 1:
        return np.ones(1)
    rows = np.array([*info.rows_by_number, *[0] * _MOST_ELEMENTS][:highest], dtype=float)
    rows[0] = 0.0
    if not rows.any():
        rows[-1] = 1.0
    return np.asarray(rows / rows.sum())
