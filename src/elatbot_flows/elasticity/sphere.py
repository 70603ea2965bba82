"""Directions: unit vectors, vectors across them, and the search of the sphere for an extreme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["lowest_on_sphere", "unit_vectors", "vectors_across"]

_PLAIN = np.array(
    [
        [1, 0, 0], [0, 1, 0], [0, 0, 1],
        [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, -1, 0], [1, 0, -1], [0, 1, -1],
        [1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1],
    ]
)  # fmt: skip
"""Directions preferred where several are equally good."""
_GRID, _STARTS = 4000, 4
_SIMPLEX = 0.03 * np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def unit_vectors(directions: ArrayLike) -> NDArray[np.float64]:
    """Vectors of length one along given directions.

    Parameters
    ----------
    directions
        Shape (..., 3), of any length but zero.

    Raises
    ------
    ValueError
        If they are of another shape, not finite or of no length.
    """
    vectors = np.asarray(directions, dtype=float)
    if vectors.shape[-1:] != (3,) or not np.isfinite(vectors).all():
        raise ValueError("a direction is three finite numbers")
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if not (lengths > 0).all():
        raise ValueError("a direction is three numbers that are not all zero")
    return np.asarray(vectors / lengths)


def vectors_across(n: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unit vectors across each unit vector n, shape (..., 3), and across one another."""
    helper = np.eye(3)[np.abs(n).argmin(axis=-1)]
    a = np.cross(n, helper)
    a /= np.linalg.norm(a, axis=-1, keepdims=True)
    return a, np.cross(n, a)


def lowest_on_sphere(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> tuple[float, tuple[float, float, float]]:
    """Smallest value of a function of direction that is the same for n and -n.

    The lowest points of a grid are the starts of a search by Nelder and Mead's simplex.

    Parameters
    ----------
    function
        From unit vectors of shape (..., 3) to values of shape (...).

    Returns
    -------
    float
        The value.
    tuple of float
        Unit vector where it is found, to six decimals.
    """
    from scipy.optimize import minimize

    grid = _half_sphere(_GRID)
    values = function(grid)
    scale = float(np.abs(values).max()) or 1.0
    found = []
    for start in grid[_best_apart(grid, values)]:
        a, b = vectors_across(start)

        def direction(x: NDArray[np.float64], plane: Any = (start, a, b)) -> NDArray[np.float64]:
            """A point of the tangent plane at the start, which has no poles."""
            return unit_vectors(plane[0] + x[0] * plane[1] + x[1] * plane[2])

        best = minimize(
            lambda x, to=direction: float(function(to(x))) / scale,
            np.zeros(2),
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-15, "initial_simplex": _SIMPLEX, "maxiter": 400},
        )
        found.append((float(best.fun) * scale, direction(best.x)))
    value, where = min(found, key=lambda pair: pair[0])
    plain = np.flatnonzero(values[: len(_PLAIN)] <= value + 1e-9 * scale)
    x, y, z = (float(c) for c in (grid[plain[0]] if plain.size else where).round(6) + 0.0)
    return value, (x, y, z)


def _best_apart(grid: NDArray[np.float64], values: NDArray[np.float64]) -> list[int]:
    """The lowest points of a grid that are not next to a lower one already taken."""
    taken: list[int] = []
    for index in np.argsort(values, kind="stable"):
        if all(abs(float(grid[index] @ grid[other])) < 0.97 for other in taken):
            taken.append(int(index))
        if len(taken) == _STARTS:
            break
    return taken


def _half_sphere(n: int) -> NDArray[np.float64]:
    """Plain directions and an even, dense spiral on half of the sphere; the other is the same."""
    k = np.arange(n) + 0.5
    z, turn = k / n, np.pi * (1 + 5**0.5) * k
    radius = np.sqrt(1 - z**2)
    spiral = np.column_stack([radius * np.cos(turn), radius * np.sin(turn), z])
    return np.vstack([unit_vectors(_PLAIN), spiral])
