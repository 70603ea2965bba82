"""Strained and displaced cells with what a potential is to say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from elatbot_flows.training.potential.targets import Target

__all__ = ["Frame", "Pair", "draw_pairs", "far_frame"]

_STRAIN = (0.004, 0.012)
"""Range of the lengths of strains."""
_HYDROSTATIC = 2.0
"""How much more often strains are hydrostatic than random ones, as a ratio of deviations."""
_DISPLACED = 0.25
"""Share of pairs with displacements beyond those that the strain causes."""
_DISPLACEMENT = 0.03
"""Their deviation, A."""
_AS_STRAIN = 1 / 3
"""A displacement of 1 A counts as a strain of this length."""
_LARGEST = 0.06
"""No atom is displaced farther, A."""


@dataclass(frozen=True)
class Frame:
    """A cell near a crystal at rest.

    Parameters
    ----------
    target
        The crystal.
    coordinates
        Strain and displacements, shape (6 + 3 n,).
    energy, gradient
        What is to be said of it: eV above rest, and derivatives by the coordinates.
    """

    target: Target
    coordinates: NDArray[np.float64]
    energy: float
    gradient: NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Two frames with opposite coordinates, so that what is odd and what is even can be told apart.

    Parameters
    ----------
    ahead
        The one of the two that is described.
    length
        Of its strain, and of displacements beyond those that the strain causes.
    """

    ahead: Frame
    length: float


def draw_pairs(targets: Iterable[Target], rng: np.random.Generator) -> list[Pair]:
    """One random pair for each target."""
    return [_pair(target, rng) for target in targets]


def far_frame(target: Target) -> Frame:
    """The frame far from rest that the teacher labelled."""
    label = target.label
    return Frame(target, np.array(label.far), label.far_energy, np.array(label.far_gradient))


def _pair(target: Target, rng: np.random.Generator) -> Pair:
    strain = rng.normal(size=6)
    strain[:3] += (_HYDROSTATIC - 1) * strain[:3].mean()
    length = rng.uniform(*_STRAIN)
    strain *= length / np.linalg.norm(strain)
    moved, extra = target.shifts @ strain, 0.0
    if len(target.structure) > 1 and rng.random() < _DISPLACED:
        free = rng.normal(size=(len(target.structure), 3))
        free = _DISPLACEMENT * rng.random() * (free - free.mean(axis=0))
        moved = moved + free.ravel()
        extra = _AS_STRAIN * float(np.linalg.norm(free, axis=1).max())
    coordinates = np.concatenate([strain, moved])
    farthest = np.linalg.norm(moved.reshape(-1, 3), axis=1).max()
    shrunk = min(1.0, _LARGEST / max(farthest, 1e-9))
    coordinates *= shrunk
    frame = Frame(target, coordinates, *target.energy_and_gradient(coordinates))
    return Pair(frame, (length + extra) * shrunk)
