"""The cheapest directions whose images under the space group span strains and displacements.

An evaluation costs what its symmetry leaves to be done: a density functional computes one point of
each set of equivalent k-points. A direction that keeps part of the group is cheaper, but its
images span less. How much they span follows from characters: of an irreducible representation that
occurs m times in the coordinates, the images of some directions span as many copies as the groups
that keep them leave invariant vectors in it. The cheapest cover is an integer linear program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.subgroups import signed_subgroups
from elatbot_flows.elasticity.symmetry import translation_free

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from elatbot_flows.elasticity.subgroups import SignedSubgroup
    from elatbot_flows.elasticity.symmetry import CrystalSymmetry

__all__ = ["Direction", "cheapest_directions"]

_DRAWS = 60
_EQUAL = 1e-6
_ALIKE = 1e-3
"""Characters of one representation agree to rounding, those of different ones by no means."""


@dataclass(frozen=True, eq=False)
class Direction:
    """A perturbation, and what need not be computed of it.

    Parameters
    ----------
    vector
        Strain part and largest displacement of an atom of length 1 each, shape (6 + 3 n,).
    keeps
        Operations of the space group that leave it alone.
    opposite
        One that takes it to its opposite, so that one side tells the other; None if none does.
    """

    vector: NDArray[np.float64]
    keeps: tuple[int, ...]
    opposite: int | None

    @property
    def sides(self) -> int:
        """Evaluations it needs."""
        return 2 if self.opposite is None else 1


@dataclass(frozen=True, eq=False)
class _Irreducible:
    """An irreducible representation: characters, how often it occurs, and real size of a copy."""

    characters: NDArray[np.float64]
    times: int

    def copies(self, group: SignedSubgroup) -> int:
        """Copies of it that the images of one direction span which the group leaves alone."""
        commuting = round(float((self.characters**2).mean()))
        return round(float(group.mean(self.characters)) / commuting)


def cheapest_directions(
    symmetry: CrystalSymmetry, cost: Callable[[tuple[int, ...]], float], seed: int = 0
) -> list[Direction]:
    """Directions that together cost least to evaluate, on both sides where that is needed.

    Parameters
    ----------
    symmetry
        The space group.
    cost
        Of one evaluation of a crystal that keeps the operations with these indices.
    seed
        Within their symmetry directions are drawn at random; the best conditioned draw is taken.

    Returns
    -------
    list of Direction
        Whose images span all strains and all displacements but uniform translations.

    Raises
    ------
    ValueError
        If no directions do, which the matrices of a group cannot lead to.
    """
    parts = _irreducible(symmetry)
    groups = signed_subgroups(symmetry)
    spans = np.array([[part.copies(group) for group in groups] for part in parts])
    costs = np.array([group.sides * cost(group.keeps) for group in groups])
    taken = _cover(spans, np.array([part.times for part in parts]), costs)
    chosen = [g for g, times in zip(groups, taken, strict=True) for _ in range(times)]
    vectors = _drawn(symmetry, chosen, np.random.default_rng(seed))
    return [
        Direction(vector, group.keeps, group.turns[0] if group.turns else None)
        for vector, group in zip(vectors.T, chosen, strict=True)
    ]


def _irreducible(symmetry: CrystalSymmetry) -> list[_Irreducible]:
    """Irreducible representations in the coordinates without translations.

    A random symmetric matrix with the symmetry has them as its eigenspaces.
    """
    free = translation_free(symmetry.dimension)
    root = np.random.default_rng(1).normal(size=free.shape)
    matrices = symmetry.matrices
    mean = (matrices @ (root + root.T) @ matrices.transpose(0, 2, 1)).mean(axis=0)
    values, vectors = np.linalg.eigh(free @ mean @ free)
    inside = np.linalg.norm(free @ vectors, axis=0) > 0.5
    values, vectors = values[inside], vectors[:, inside]
    breaks = np.flatnonzero(np.diff(values) > _EQUAL * np.abs(values).max()) + 1
    found: list[_Irreducible] = []
    for block in np.split(vectors, breaks, axis=1):
        characters = np.einsum("ik,gij,jk->g", block, matrices, block)
        known = [
            k for k, one in enumerate(found) if np.abs(one.characters - characters).max() < _ALIKE
        ]
        if known:
            found[known[0]] = _Irreducible(characters, found[known[0]].times + 1)
        else:
            found.append(_Irreducible(characters, 1))
    return found


def _cover(
    spans: NDArray[np.int_], wanted: NDArray[np.int_], costs: NDArray[np.float64]
) -> list[int]:
    """How many directions of each group to take."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    found = milp(
        costs,
        constraints=LinearConstraint(spans, lb=wanted),
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, np.inf),
    )
    if found.x is None:
        raise ValueError("no directions span the coordinates: the symmetry is inconsistent")
    return [round(float(x)) for x in found.x]


def _drawn(
    symmetry: CrystalSymmetry, groups: list[SignedSubgroup], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Directions, as columns, that the groups leave alone: of some draws the best conditioned."""
    free = translation_free(symmetry.dimension)
    projectors = [free @ group.mean(symmetry.matrices) for group in groups]
    rank = symmetry.dimension - 3
    best, least = None, np.inf
    for _ in range(_DRAWS):
        random = rng.normal(size=(len(groups), symmetry.dimension))
        drawn = [_scaled(p @ r) for p, r in zip(projectors, random, strict=True)]
        vectors = np.array(drawn).T
        weights = np.linalg.svd(symmetry.orbit(vectors), compute_uv=False)
        condition = weights[0] / weights[rank - 1] if weights[rank - 1] > _EQUAL else np.inf
        if condition < least:
            best, least = vectors, condition
    if best is None:
        raise ValueError("no directions span the coordinates: the symmetry is inconsistent")
    return best


def _scaled(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    strain = np.linalg.norm(vector[:6])
    largest = np.linalg.norm(vector[6:].reshape(-1, 3), axis=1).max()
    scaled = vector.copy()
    scaled[:6] /= strain if strain > _EQUAL else np.inf
    scaled[6:] /= largest if largest > _EQUAL else np.inf
    return scaled
