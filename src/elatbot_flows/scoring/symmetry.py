"""How far a tensor is from the form that the symmetry of its crystal prescribes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.symmetry import mandel_from_matrix, matrix_from_mandel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CRYSTAL_SYSTEMS",
    "crystal_system",
    "distance_to_symmetry",
    "nearest_symmetric",
    "symmetry_class",
]

CRYSTAL_SYSTEMS = (
    "cubic", "hexagonal", "trigonal", "tetragonal", "orthorhombic", "monoclinic", "triclinic",
)  # fmt: skip
"""The seven crystal systems, in lower case."""

_LAST_GROUP = {
    2: "triclinic",
    15: "monoclinic",
    74: "orthorhombic",
    88: "tetragonal",
    142: "4/mmm",
    167: "trigonal",
    194: "hexagonal",
    230: "cubic",
}
_POINT_GROUPS = dict.fromkeys(("422", "4mm", "-42m", "-4m2", "4/mmm"), "4/mmm")
_X, _Y, _Z, _DIAGONAL = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)
_AXES = ((0, 1, 2, 3, 4, 5), (1, 2, 0, 4, 5, 3), (2, 0, 1, 5, 3, 4))
_SCALE = np.outer([1, 1, 1, np.sqrt(2), np.sqrt(2), np.sqrt(2)], [1, 1, 1] + [np.sqrt(2)] * 3)
_GENERATORS: dict[str, tuple[tuple[tuple[int, int, int], int], ...]] = {
    "triclinic": (),
    "monoclinic": ((_Y, 2),),
    "orthorhombic": ((_X, 2), (_Z, 2)),
    "tetragonal": ((_Z, 4),),
    "4/mmm": ((_Z, 4), (_X, 2)),
    "trigonal": ((_Z, 3),),
    "hexagonal": ((_Z, 6),),
    "cubic": ((_X, 2), (_Z, 2), (_DIAGONAL, 3)),
}


def symmetry_class(record: dict[str, Any]) -> str | None:
    """What a record says of the symmetry of its crystal.

    The seven crystal systems, and ``4/mmm`` where the point group or the number of the space
    group tells that Laue class. Of a tetragonal or trigonal crystal of which only the system is
    known, the Laue class of lower symmetry is assumed. Trigonal crystals always are, because the
    twofold axes of some space groups are not along the x axis of the IEEE setting.

    Parameters
    ----------
    record
        May have ``spacegroup_number`` (1 to 230), ``point_group`` and ``crystal_system``.

    Returns
    -------
    str or None
        None if the record does not tell.
    """
    number = record.get("spacegroup_number")
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 230:
        return next(name for last, name in _LAST_GROUP.items() if number <= last)
    system = str(record.get("crystal_system") or "").strip().lower()
    if system == "tetragonal":
        return _POINT_GROUPS.get(str(record.get("point_group")), system)
    return system if system in _GENERATORS and system != "4/mmm" else None


def crystal_system(symmetry: str | None) -> str | None:
    """Crystal system of one of the classes of :func:`symmetry_class`; None stays None."""
    return "tetragonal" if symmetry == "4/mmm" else symmetry


def distance_to_symmetry(tensor: ArrayLike, symmetry: str) -> float:
    """Distance from the nearest tensor that has the symmetry, relative to the tensor's norm.

    Zero is perfect; one is all wrong. Lengths are those of fourth-rank tensors, that is, of 6x6
    matrices in Mandel's scaling. The nearest tensor is the mean over the group (J. F. Nye,
    Physical Properties of Crystals, 1985, lists the forms). The main axis may be any of x, y and
    z, because data sets differ in which one they choose; the nearest is taken.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, axes along those of the crystal as in IEEE orientation.
    symmetry
        One of those of :func:`symmetry_class`.
    """
    mandel = np.asarray(tensor, dtype=float) * _SCALE
    norm = float(np.linalg.norm(mandel))
    return float(np.linalg.norm(mandel - _nearest(mandel, symmetry))) / norm if norm else 0.0


def nearest_symmetric(tensor: ArrayLike, symmetry: str) -> NDArray[np.float64]:
    """The tensor whose distance :func:`distance_to_symmetry` tells.

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, axes along those of the crystal as in IEEE orientation.
    symmetry
        One of those of :func:`symmetry_class`.

    Returns
    -------
    numpy.ndarray
        Shape (6, 6), symmetric, in the unit of `tensor`.
    """
    return _nearest(np.asarray(tensor, dtype=float) * _SCALE, symmetry) / _SCALE


def _nearest(mandel: NDArray[np.float64], symmetry: str) -> NDArray[np.float64]:
    """Nearest of the means over the group with the main axis along x, y and z."""
    group = _group(symmetry)
    means = []
    for order in _AXES:
        turned = mandel[np.ix_(order, order)]
        mean = (group @ turned @ group.transpose(0, 2, 1)).mean(axis=0)
        back = np.argsort(order)
        means.append(0.5 * (mean + mean.T)[np.ix_(back, back)])
    return min(means, key=lambda mean: float(np.linalg.norm(mandel - mean)))


@cache
def _group(symmetry: str) -> NDArray[np.float64]:
    """Rotations of strains, shape (order, 6, 6): all products of the generators."""
    generators = [_strain_rotation(axis, fold) for axis, fold in _GENERATORS[symmetry]]
    group = [np.eye(6)]
    for element in group:  # it grows while we walk
        for generator in generators:
            product = generator @ element
            if not any(np.allclose(product, known) for known in group):
                group.append(product)
    return np.array(group)


def _strain_rotation(axis: tuple[int, int, int], fold: int) -> NDArray[np.float64]:
    """Matrix that turns the Mandel components of a strain by a part of a full turn."""
    from scipy.spatial.transform import Rotation

    unit = np.array(axis) / np.linalg.norm(axis)
    turn = Rotation.from_rotvec(unit * 2 * np.pi / fold).as_matrix()
    columns = [mandel_from_matrix(turn @ matrix_from_mandel(e) @ turn.T) for e in np.eye(6)]
    return np.array(columns).T
