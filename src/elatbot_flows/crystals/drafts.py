"""Crystals evaluated once, and how low relaxation could bring them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.errors import PotentialError, StructureError
from elatbot_flows.potentials.coordinates import evaluate

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from elatbot_flows.crystals.guess import StructureGuess
    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.coordinates import Point

__all__ = ["Draft", "draft_of", "drafted", "gain", "reason_of"]

_SPRING = 8.0
"""Typical force constant, eV/A^2."""
_STIFFNESS = 150.0 / GPA_PER_EV_A3
"""Typical elastic constant, eV/A^3."""
_CAUTION = 1.5
"""Relaxation gains at most about this times the typical amount."""
_LARGEST_GAIN = 0.25
"""What gains more than this, eV/atom, was no sensible prototype and ends as another one."""


@dataclass(frozen=True)
class Draft:
    """An unrelaxed crystal and its energy.

    Parameters
    ----------
    guess
        The crystal.
    energy_per_atom
        As it is, eV/atom.
    gain
        What relaxation typically gains for such forces and stress, eV/atom.
    point
        Energy and gradient of the whole cell.
    """

    guess: StructureGuess
    energy_per_atom: float
    gain: float
    point: Point | None = field(default=None, repr=False, compare=False)

    @property
    def expected(self) -> float:
        """Energy to expect after relaxation, eV/atom."""
        return self.energy_per_atom - min(self.gain, _LARGEST_GAIN / _CAUTION)

    @property
    def lowest(self) -> float:
        """Energy that relaxation will hardly go below, eV/atom."""
        return self.energy_per_atom - min(_CAUTION * self.gain, _LARGEST_GAIN)


def draft_of(guess: StructureGuess, potential: Potential) -> Draft:
    """Evaluate a crystal as it is.

    Parameters
    ----------
    guess
        The crystal.
    potential
        The potential.
    """
    size = len(guess.structure)
    point = evaluate(guess.structure, np.zeros(6 + 3 * size), potential)
    return Draft(guess, point.energy / size, gain(point), point)


def drafted(
    guesses: Iterable[StructureGuess], potential: Potential, failures: Counter[str]
) -> list[Draft]:
    """Evaluate crystals as they are.

    Parameters
    ----------
    guesses
        The crystals.
    potential
        The potential.
    failures
        Where the reasons are counted for which crystals could not be evaluated.
    """
    drafts = []
    for guess in guesses:
        try:
            drafts.append(draft_of(guess, potential))
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
            failures[reason_of(error)] += 1
    return drafts


def gain(point: Point) -> float:
    """Energy (eV/atom) that Newton's step gains with typical stiffnesses.

    Parameters
    ----------
    point
        Energy and gradient of a crystal.
    """
    strain, shift = point.gradient[:6], point.gradient[6:]
    stretching = (strain @ strain) / (_STIFFNESS * point.volume)
    return float(0.5 * (stretching + (shift @ shift) / _SPRING) / (len(shift) / 3))


def reason_of(error: Exception) -> str:
    """A word for why a crystal was given up."""
    if isinstance(error, StructureError):
        return error.reason
    return "potential_error" if isinstance(error, PotentialError) else "calculation_error"
