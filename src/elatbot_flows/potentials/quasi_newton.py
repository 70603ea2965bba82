"""Relaxing a crystal within its symmetry, in as few evaluations as possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from elatbot_flows.elasticity.symmetry import translation_free
from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.potentials.coordinates import deformed, evaluate, evaluate_all

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.elasticity.symmetry import CrystalSymmetry
    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.potentials.coordinates import Point

__all__ = ["SymmetricRelaxation", "relax_in_symmetry", "relax_together", "relaxing"]

Relaxing: TypeAlias = "Generator[NDArray[np.float64], Point, SymmetricRelaxation]"
"""A relaxation on its way: it asks for the point at some coordinates, and ends in a crystal."""

_SPRING = 8.0
"""First guess of a force constant, eV/A^2."""
_STIFFNESS = 150.0 / GPA_PER_EV_A3
"""First guess of an elastic constant, eV/A^3."""
_SOFTEST = 0.1
"""Smallest curvature trusted for a step, eV/A^2."""
_LONGEST_STEP = 0.25
"""Of an atom, A."""
_STRAIN_WEIGHT = 6.0
"""A strain counts as this many A of displacement."""
_UPHILL = 1e-4
"""Energy a step may cost, eV/atom: noise of single precision."""
_TINY = 1e-9


@dataclass(frozen=True)
class SymmetricRelaxation:
    """A crystal relaxed within its symmetry.

    Parameters
    ----------
    structure
        Final crystal.
    point
        Energy, gradient, largest force and stress there.
    converged
        Whether both fell below their thresholds.
    steps
        Steps taken.
    """

    structure: Structure
    point: Point
    converged: bool
    steps: int

    def residuals(self) -> tuple[float, float]:
        """Largest force (eV/A) and stress component (GPa), also those that break the symmetry.

        What pushes out of the symmetry is not seen by the relaxation: it is small unless the
        crystal, or the potential, does not have that symmetry.
        """
        free = translation_free(len(self.point.gradient))
        return _largest(free @ self.point.gradient, self.point.volume)


def relax_in_symmetry(
    structure: Structure, potential: Potential, symmetry: CrystalSymmetry, **settings: Any
) -> SymmetricRelaxation:
    """Relax cell and ions along the directions that keep the symmetry, by BFGS.

    There are few such directions, four evaluations or so bring a cubic crystal without free
    parameters to its minimum.

    Parameters
    ----------
    structure
        Ordered crystal.
    potential
        The potential.
    symmetry, settings
        As for `relaxing`.
    """
    course = relaxing(structure, symmetry, **settings)
    try:
        coordinates = next(course)
        while True:
            coordinates = course.send(evaluate(structure, coordinates, potential))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def relax_together(
    courses: Sequence[tuple[Structure, Relaxing]], potential: Potential
) -> list[SymmetricRelaxation | Exception]:
    """Relax many crystals side by side, so that every step evaluates many at a time.

    Parameters
    ----------
    courses
        Each crystal with its relaxation, see `relaxing`.
    potential
        The potential.

    Returns
    -------
    list
        For each what became of it, or the error that it met, which costs the others nothing.
    """
    ended: list[Any] = [None] * len(courses)
    asked: dict[int, NDArray[np.float64]] = {}

    def go_on(number: int, found: Point | Exception | None) -> None:
        try:
            if isinstance(found, Exception):
                raise found  # noqa: TRY301 - kept below with what the relaxation itself raises
            asked[number] = courses[number][1].send(found)  # type: ignore[arg-type]
        except StopIteration as end:
            ended[number] = end.value
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds for odd crystals
            ended[number] = error

    for number in range(len(courses)):
        go_on(number, None)
    while asked:
        now, asked = asked, {}
        places = [(courses[number][0], coordinates) for number, coordinates in now.items()]
        for number, found in zip(now, _points(places, potential), strict=True):
            go_on(number, found)
    return ended


def _points(
    places: Sequence[tuple[Structure, NDArray[np.float64]]], potential: Potential
) -> Sequence[Point | Exception]:
    """Points at some places, all at once; one by one if one of them cannot be evaluated."""
    try:
        return evaluate_all(places, potential)
    except Exception as error:  # noqa: BLE001 - as above
        if len(places) == 1:
            return [error]
    return [point for place in places for point in _points([place], potential)]


def relaxing(
    structure: Structure,
    symmetry: CrystalSymmetry,
    *,
    max_force: float,
    max_stress: float,
    max_steps: int,
    fixed_cell: bool = False,
    by_work: bool = False,
    start: Point | None = None,
    enough: Callable[[Point, int], bool] | None = None,
) -> Relaxing:
    """A relaxation within the symmetry, which asks for points instead of evaluating them.

    Parameters
    ----------
    structure
        Ordered crystal.
    symmetry
        Its symmetry.
    max_force
        Threshold for the force on every atom, eV/A.
    max_stress
        Threshold for every component of the stress, GPa.
    max_steps
        Steps after which the relaxation counts as not converged.
    fixed_cell
        Whether only ions are relaxed.
    by_work
        Whether a step is taken for the work that its two gradients make of it, not for energies:
        those of plane waves that follow the cell have their minimum where stress does not vanish.
    start
        Energy and gradient of the crystal as given, if they are known.
    enough
        Told the point and the steps after every step; whether to end without having converged.

    Yields
    ------
    numpy.ndarray
        Coordinates of `structure` whose `Point` is to be sent.

    Returns
    -------
    SymmetricRelaxation
        The end.
    """
    basis = _scaled_basis(structure, symmetry)
    if fixed_cell:
        basis = basis[:, np.abs(basis[:6]).max(axis=0) < _TINY]
        max_stress = np.inf
    hessian = _SPRING * np.eye(basis.shape[1])
    place = np.zeros(basis.shape[1])
    point = (yield basis @ place) if start is None else start
    steps, done = 0, _converged(point, symmetry, max_force, max_stress)
    while not done and steps < max_steps and not (steps and enough and enough(point, steps)):
        slope = basis.T @ point.gradient
        step = _limited(basis, -_solve(hessian, slope))
        trial = yield basis @ (place + step)
        after = basis.T @ trial.gradient
        hessian = _updated(hessian, step, after - slope)
        rise = 0.5 * (slope + after) @ step if by_work else trial.energy - point.energy
        if rise < _UPHILL * len(structure):
            place, point = place + step, trial
        steps += 1
        done = _converged(point, symmetry, max_force, max_stress)
    return SymmetricRelaxation(deformed(structure, basis @ place), point, done, steps)


def _scaled_basis(structure: Structure, symmetry: CrystalSymmetry) -> NDArray[np.float64]:
    """Directions that keep the symmetry, strains in units that make them as stiff as springs."""
    basis = symmetry.invariant_basis()
    pure = np.abs(basis[:6]).max(axis=0) > _TINY
    scale = np.sqrt(_SPRING / (_STIFFNESS * structure.volume))
    return np.asarray(np.where(pure, scale * basis, basis))


def _converged(
    point: Point, symmetry: CrystalSymmetry, max_force: float, max_stress: float
) -> bool:
    """Whether forces and stress are small, but for what breaks the symmetry, which is noise."""
    forces, stress = symmetric_residuals(point, symmetry)
    return forces < max_force and stress < max_stress


def symmetric_residuals(point: Point, symmetry: CrystalSymmetry) -> tuple[float, float]:
    """Largest force on an atom (eV/A) and stress component (GPa) of the symmetric gradient.

    Without what pushes the whole crystal along a polar axis, which no step removes: on the grids of
    a density functional it is some meV/A.
    """
    free = translation_free(symmetry.dimension) @ point.gradient
    return _largest(symmetry.matrices.mean(axis=0) @ free, point.volume)


def _largest(gradient: NDArray[np.float64], volume: float) -> tuple[float, float]:
    forces = np.linalg.norm(gradient[6:].reshape(-1, 3), axis=1)
    return float(forces.max()), float(np.abs(gradient[:6]).max() / volume * GPA_PER_EV_A3)


def _solve(hessian: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's step with every curvature made positive, so that it leads downhill."""
    values, vectors = np.linalg.eigh(hessian)
    values = np.maximum(np.abs(values), _SOFTEST)
    return np.asarray(vectors @ ((vectors.T @ slope) / values))


def _limited(basis: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
    full = basis @ step
    longest = max(_STRAIN_WEIGHT * np.abs(full[:6]).max(), np.abs(full[6:]).max(initial=0.0))
    return np.asarray(step * min(1.0, _LONGEST_STEP / max(longest, _TINY)))


def _updated(
    hessian: NDArray[np.float64], step: NDArray[np.float64], change: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Symmetric rank-one or BFGS update, whichever is defined."""
    product = hessian @ step
    curvature = float(step @ change)
    if curvature > 1e-8 * np.linalg.norm(step) * np.linalg.norm(change):
        return np.asarray(
            hessian
            - np.outer(product, product) / (step @ product)
            + np.outer(change, change) / curvature
        )
    rest = change - product
    size = float(rest @ step)
    if abs(size) < 1e-8 * np.linalg.norm(rest) * np.linalg.norm(step):
        return hessian
    return np.asarray(hessian + np.outer(rest, rest) / size)
