"""Strains and displacements of a reference crystal as coordinates of the potential energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.symmetry import mandel_from_matrix, matrix_from_mandel
from elatbot_flows.elasticity.units import GPA_PER_EV_A3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.potentials.base import Potential

__all__ = ["Point", "deformed", "evaluate", "evaluate_all", "point_at", "point_of"]


@dataclass(frozen=True)
class Point:
    """Energy and gradient at one point of the coordinates.

    Parameters
    ----------
    energy
        eV per cell.
    gradient
        Derivatives by Mandel strain (eV) and displacement (eV/A), shape (6 + 3 n,).
    volume
        Of the reference cell, A^3.
    """

    energy: float
    gradient: NDArray[np.float64]
    volume: float


def deformed(reference: Structure, coordinates: NDArray[np.float64]) -> Structure:
    """The crystal with lattice (1 + e) a and atoms at (1 + e)(r + u).

    Parameters
    ----------
    reference
        Crystal with zero coordinates.
    coordinates
        Mandel strain e and displacements u (A), shape (6 + 3 n,).
    """
    from pymatgen.core import Structure

    stretch = np.eye(3) + matrix_from_mandel(coordinates[:6])
    positions = (reference.cart_coords + coordinates[6:].reshape(-1, 3)) @ stretch.T
    return Structure(
        reference.lattice.matrix @ stretch.T,
        [site.specie for site in reference],
        positions,
        coords_are_cartesian=True,
    )


def evaluate(reference: Structure, coordinates: NDArray[np.float64], potential: Potential) -> Point:
    """Energy and its exact gradient in these coordinates.

    The derivative by strain is the volume times the symmetric part of the first Piola-Kirchhoff
    stress.
    """
    from elatbot_flows.potentials.evaluation import energy_forces_stress

    found = energy_forces_stress(deformed(reference, coordinates), potential)
    return point_at(reference, coordinates, *found)


def evaluate_all(
    places: Sequence[tuple[Structure, NDArray[np.float64]]], potential: Potential
) -> list[Point]:
    """`evaluate` for many pairs of crystal and coordinates, many at a time."""
    from elatbot_flows.potentials.batch import evaluate_batch

    found = evaluate_batch([deformed(*place) for place in places], potential)
    return [
        point_at(reference, coordinates, *numbers)
        for (reference, coordinates), numbers in zip(places, found, strict=True)
    ]


def point_of(
    structure: Structure, energy: float, forces: NDArray[np.float64], stress: NDArray[np.float64]
) -> Point:
    """A crystal as it is, from its energy (eV), forces (eV/A) and stress (GPa, tension > 0)."""
    return point_at(structure, np.zeros(6 + 3 * len(structure)), energy, forces, stress)


def point_at(
    reference: Structure,
    coordinates: NDArray[np.float64],
    energy: float,
    forces: NDArray[np.float64],
    stress: NDArray[np.float64],
) -> Point:
    """Energy and gradient from what was computed of the crystal at some coordinates.

    Parameters
    ----------
    reference
        Crystal with zero coordinates.
    coordinates
        Those of the crystal that was computed, shape (6 + 3 n,).
    energy, forces, stress
        eV per cell, eV/A (shape (n, 3)) and GPa (shape (3, 3), positive under tension).
    """
    stretch = np.eye(3) + matrix_from_mandel(coordinates[:6])
    piola = np.linalg.det(stretch) * (stress / GPA_PER_EV_A3) @ np.linalg.inv(stretch).T
    by_strain = reference.volume * mandel_from_matrix(0.5 * (piola + piola.T))
    by_displacement = -(forces @ stretch).ravel()
    return Point(
        energy=energy,
        gradient=np.concatenate([by_strain, by_displacement]),
        volume=reference.volume,
    )
