"""Crystals evaluated once, and how low relaxation could bring them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.errors import PotentialError, StructureError
from elatbot_flows.potentials.batch import evaluate_batch
from elatbot_flows.potentials.coordinates import point_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from elatbot_flows.crystals.guess import StructureGuess
    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.coordinates import Point

__all__ = ["Draft", "Outlook", "drafted", "expected_energy", "gain", "reason_of"]

_SPRING = 8.0
"""Typical force constant, eV/A^2."""
_STIFFNESS = 150.0 / GPA_PER_EV_A3
"""Typical elastic constant, eV/A^3."""
_CAUTION = 1.5
"""Relaxation gains at most about this times the typical amount."""
_SOFT_SPRING = 5.3
_BULK, _SHEAR = 170.0 / GPA_PER_EV_A3, 50.0 / GPA_PER_EV_A3
"""Stiffnesses, eV/A^2 and eV/A^3, by which gains of prototypes were found to be told apart best."""
_MOST_EXPECTED = 0.3
"""Largest gain that is expected, eV/atom."""
_LARGEST_GAIN = 0.25
"""What gains more than this, eV/atom, was no sensible prototype and ends as another one."""


@dataclass(frozen=True)
class Outlook:
    """The energy of an unrelaxed crystal, and how low it may end.

    Parameters
    ----------
    energy_per_atom
        As it is, eV/atom.
    gain
        What relaxation typically gains for such forces and stress, eV/atom.
    """

    energy_per_atom: float
    gain: float

    @property
    def expected(self) -> float:
        """Energy to expect after relaxation, eV/atom."""
        return self.energy_per_atom - min(self.gain, _LARGEST_GAIN / _CAUTION)

    @property
    def lowest(self) -> float:
        """Energy that relaxation will hardly go below, eV/atom."""
        return self.energy_per_atom - min(_CAUTION * self.gain, _LARGEST_GAIN)


@dataclass(frozen=True)
class Draft(Outlook):
    """An unrelaxed crystal and its energy.

    Parameters
    ----------
    energy_per_atom, gain
        As for `Outlook`.
    guess
        The crystal.
    point
        Energy and gradient of the whole cell.
    """

    guess: StructureGuess
    point: Point | None = field(default=None, repr=False, compare=False)


def drafted(
    guesses: Sequence[StructureGuess], potential: Potential, failed: Callable[[Exception], None]
) -> list[Draft]:
    """Evaluate crystals as they are, many at once.

    Parameters
    ----------
    guesses
        The crystals.
    potential
        The potential.
    failed
        Told why a crystal could not be evaluated.
    """
    try:
        return _evaluated(guesses, potential)
    except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
        if len(guesses) == 1:
            failed(error)
            return []
    return [draft for guess in guesses for draft in drafted([guess], potential, failed)]


def _evaluated(guesses: Sequence[StructureGuess], potential: Potential) -> list[Draft]:
    found = evaluate_batch([guess.structure for guess in guesses], potential)
    points = [point_of(g.structure, *numbers) for g, numbers in zip(guesses, found, strict=True)]
    return [
        Draft(point.energy / len(guess.structure), gain(point), guess, point)
        for guess, point in zip(guesses, points, strict=True)
    ]


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


def expected_energy(draft: Draft) -> float:
    """Energy (eV/atom) at which relaxation will probably end.

    Parameters
    ----------
    draft
        A crystal with its point.
    """
    point = draft.point
    if point is None:
        return draft.expected
    strain, shift = point.gradient[:6], point.gradient[6:]
    squeezing = strain[:3].sum() ** 2 / 3
    shearing = strain @ strain - squeezing
    stretching = squeezing / (3 * _BULK) + shearing / (2 * _SHEAR)
    gained = 0.5 * (stretching / point.volume + (shift @ shift) / _SOFT_SPRING) / (len(shift) / 3)
    return draft.energy_per_atom - min(float(gained), _MOST_EXPECTED)


def reason_of(error: Exception) -> str:
    """A word for why a crystal was given up."""
    if isinstance(error, StructureError):
        return error.reason
    return "potential_error" if isinstance(error, PotentialError) else "calculation_error"
