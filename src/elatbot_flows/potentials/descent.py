"""From a crystal that is a saddle of the energy downhill to one of lower symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.potentials.coordinates import deformed, evaluate_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.elasticity.symmetry import CrystalSymmetry
    from elatbot_flows.potentials.base import Potential

__all__ = ["descent_starts", "symmetric_directions"]

_STRAINS = (0.01, 0.03, 0.08, 0.16)
"""Lengths of a strain (Mandel) to try."""
_DISPLACEMENTS = (0.06, 0.16, 0.32)
"""Largest displacements of an atom to try, A."""
_SAME = 1e-3


def descent_starts(
    structure: Structure,
    space: NDArray[np.float64],
    symmetry: CrystalSymmetry,
    potential: Potential,
    energy: float,
) -> Iterator[Structure]:
    """Crystals displaced out of a saddle whose energy is lower, the lowest first.

    Parameters
    ----------
    structure
        The crystal at the saddle.
    space
        Coordinates, as columns, along which the energy may fall, shape (6 + 3 n, m).
    symmetry
        Symmetry of the crystal.
    potential
        The potential.
    energy
        Of the crystal, eV per cell.
    """
    tried = []
    for direction in symmetric_directions(space, symmetry):
        steps = [length * direction for length in _lengths(direction)]
        points = evaluate_all([(structure, step) for step in steps], potential)
        energies = [point.energy for point in points]
        best = int(np.argmin(energies))
        tried.append((energies[best], steps[best]))
    tried.sort(key=lambda pair: pair[0])
    for found, step in tried:
        if found < energy:
            yield deformed(structure, step)


def _lengths(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    strain = float(np.linalg.norm(direction[:6]))
    if strain > _SAME:  # rounding may leave a mode a trace of strain
        return np.array(_STRAINS) / strain
    largest = np.linalg.norm(direction[6:].reshape(-1, 3), axis=1).max()
    return np.asarray(np.array(_DISPLACEMENTS) / largest)


def symmetric_directions(
    space: NDArray[np.float64], symmetry: CrystalSymmetry
) -> list[NDArray[np.float64]]:
    """Directions of a space that keep as much symmetry as they can, none twice.

    Of a degenerate soft mode every combination is as soft. Those that some operation leaves alone
    lead to crystals of high symmetry, as the axes, diagonals of faces and of the body of a cube do;
    those that operations turn into one another lead to the same crystal.

    Parameters
    ----------
    space
        Directions as columns, shape (6 + 3 n, m); the group maps the space onto itself.
    symmetry
        Symmetry of the crystal.

    Returns
    -------
    list of numpy.ndarray
        Shape (6 + 3 n,) each; a direction and its opposite unless these are equivalent.
    """
    basis, _ = np.linalg.qr(space)
    turns = [basis.T @ matrix @ basis for matrix in symmetry.matrices]
    candidates = [axis for turn in turns for axis in _fixed_axis(turn)] or [
        np.eye(len(turns[0]))[0]
    ]
    kept: list[NDArray[np.float64]] = []
    for axis in candidates:
        for signed in (axis, -axis):
            images = np.array([turn @ signed for turn in turns])
            if not any(np.abs(images - known).max(axis=1).min() < _SAME for known in kept):
                kept.append(signed)
    return [basis @ axis for axis in kept]


def _fixed_axis(turn: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The one direction that an operation leaves alone, if there is one and no more."""
    _, weights, axes = np.linalg.svd(turn - np.eye(len(turn)))
    free = axes[weights < _SAME]
    return [free[0]] if len(free) == 1 else []
