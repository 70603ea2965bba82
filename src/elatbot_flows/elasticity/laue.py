"""The form that the symmetry of a crystal gives its elastic tensor.

Only the Laue class matters, the point group with a centre of inversion added. Axes are those of the
IEEE standard on piezoelectricity (176-1987): the unique axis is y for monoclinic crystals and z for
tetragonal, trigonal and hexagonal ones; x is a twofold axis for 4/mmm, -3m and 6/mmm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.mandel import mandel_from_voigt, voigt_from_mandel
from elatbot_flows.elasticity.symmetry import (
    mandel_from_matrix,
    matrix_from_mandel,
    spacegroup_analyzer,
)
from elatbot_flows.errors import ParseError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from pymatgen.core import Structure

__all__ = [
    "LAUE_CLASSES",
    "LOWEST_CLASSES",
    "SYMMETRIES",
    "Projection",
    "laue_class",
    "project_on_laue_class",
    "symmetry_of_structure",
]

_POINT_GROUPS = {
    "-1": "1 -1",
    "2/m": "2 m 2/m",
    "mmm": "222 mm2 mmm",
    "4/m": "4 -4 4/m",
    "4/mmm": "422 4mm -42m -4m2 4/mmm",
    "-3": "3 -3",
    "-3m": "32 3m -3m",
    "6/m": "6 -6 6/m",
    "6/mmm": "622 6mm -6m2 -62m 6/mmm",
    "m-3": "23 m-3",
    "m-3m": "432 -43m m-3m",
}
LAUE_CLASSES = tuple(_POINT_GROUPS)
"""Point groups with a centre of inversion, which alone matter for elasticity."""

_X, _Y, _Z, _DIAGONAL = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)
_TWOFOLD_ALONG_Y = "-31m"
_GENERATORS: dict[str, tuple[tuple[tuple[int, int, int], int], ...]] = {
    "-1": (),
    "2/m": ((_Y, 2),),
    "mmm": ((_X, 2), (_Z, 2)),
    "4/m": ((_Z, 4),),
    "4/mmm": ((_Z, 4), (_X, 2)),
    "-3": ((_Z, 3),),
    "-3m": ((_Z, 3), (_X, 2)),
    _TWOFOLD_ALONG_Y: ((_Z, 3), (_Y, 2)),
    "6/m": ((_Z, 6),),
    "6/mmm": ((_Z, 6), (_X, 2)),
    "m-3": ((_X, 2), (_Z, 2), (_DIAGONAL, 3)),
    "m-3m": ((_Z, 4), (_DIAGONAL, 3)),
}
LOWEST_CLASSES = {
    "triclinic": "-1",
    "monoclinic": "2/m",
    "orthorhombic": "mmm",
    "tetragonal": "4/m",
    "trigonal": "-3",
    "hexagonal": "6/m",
    "cubic": "m-3",
}
"""Laue class of lowest symmetry, which is the one with the most constants, by crystal system."""
SYMMETRIES = (*_GENERATORS, *LOWEST_CLASSES)
"""Names of symmetries: the Laue classes; ``-31m``, which is -3m with its twofold axes along y; and
the crystal systems, each of which stands for its Laue class of lowest symmetry."""

_ORDERS = ((0, 1, 2, 3, 4, 5), (1, 2, 0, 4, 5, 3), (2, 0, 1, 5, 3, 4))
_TIE = 1e-9
_GROUPS_31M = frozenset({149, 151, 153, 157, 159, 162, 163})


@dataclass(frozen=True, eq=False)
class Projection:
    """The nearest tensor that has a symmetry.

    Parameters
    ----------
    tensor
        Voigt order, shape (6, 6), in the unit and axes of the tensor that was projected.
    distance
        How far the tensor was moved, relative to its norm: zero is perfect, one is all wrong.
    """

    tensor: NDArray[np.float64]
    distance: float


def laue_class(point_group: str) -> str:
    """Laue class of a crystallographic point group: ``"-43m"`` belongs to ``"m-3m"``.

    Raises
    ------
    ParseError
        With reason ``"unknown_point_group"``.
    """
    for name, groups in _POINT_GROUPS.items():
        if point_group in groups.split():
            return name
    raise ParseError(
        f"{point_group[:20]!r} is no crystallographic point group such as m-3m",
        reason="unknown_point_group",
    )


def symmetry_of_structure(structure: Structure, symprec: float = 1e-2) -> str:
    """Symmetry that the elastic tensor of a crystal has in its IEEE axes.

    See :func:`~elatbot_flows.elasticity.axes.ieee_rotation`.

    Parameters
    ----------
    structure
        Crystal in any orientation.
    symprec
        Tolerance of spglib, A.

    Returns
    -------
    str
        A Laue class; or ``"-31m"`` for the space groups of the class -3m with twofold axes across
        the a axis, because the a axis is along x whatever the space group.
    """
    analyzer = spacegroup_analyzer(structure, symprec)
    if analyzer.get_space_group_number() in _GROUPS_31M:
        return _TWOFOLD_ALONG_Y
    return laue_class(analyzer.get_point_group_symbol())


def project_on_laue_class(
    tensor: ArrayLike, symmetry: str, *, any_main_axis: bool = False
) -> Projection:
    """The nearest tensor with the symmetry: the mean over the rotations of the Laue class.

    Nearest is meant for tensors of rank four, whose lengths are those of 6x6 matrices in Mandel's
    scaling. The independent constants that are left are those listed by Nye, Physical Properties
    of Crystals (1985), table 9. A tensor that is not symmetric is made so.

    Parameters
    ----------
    tensor
        Voigt order, shape (6, 6), finite, IEEE axes.
    symmetry
        One of `SYMMETRIES`; :func:`symmetry_of_structure` tells that of a crystal.
    any_main_axis
        Whether the main axis may be any of x, y and z, because data sets differ in which one they
        choose; the nearest is taken, of equally near ones the conventional one, then the next
        after it.

    Raises
    ------
    ValueError
        If the tensor is not a finite 6x6 matrix or the symmetry is unknown.
    """
    matrix = np.asarray(tensor, dtype=float)
    if matrix.shape != (6, 6) or not np.isfinite(matrix).all():
        raise ValueError("an elastic tensor is a finite 6x6 matrix")
    mandel = mandel_from_voigt(matrix)
    nearest = [_nearest(mandel, symmetry, order) for order in _ORDERS[: 3 if any_main_axis else 1]]
    moved = [float(np.linalg.norm(mandel - found)) for found in nearest]
    norm = float(np.linalg.norm(mandel))
    # Axes may be equally near: rounding must not choose between them.
    best = int(np.argmax(np.array(moved) <= min(moved) + _TIE * norm))
    return Projection(voigt_from_mandel(nearest[best]), moved[best] / norm if norm else 0.0)


def _nearest(
    mandel: NDArray[np.float64], symmetry: str, order: tuple[int, ...]
) -> NDArray[np.float64]:
    """Project after exchanging axes, and exchange them back."""
    turned = mandel[np.ix_(order, order)]
    mean = (_projector(symmetry) @ (0.5 * turned + 0.5 * turned.T).ravel()).reshape(6, 6)
    back = np.argsort(order)
    return np.asarray((0.5 * mean + 0.5 * mean.T)[np.ix_(back, back)])


@cache
def _projector(symmetry: str) -> NDArray[np.float64]:
    """Mean over the group as a matrix on flattened tensors in Mandel's scaling, shape (36, 36)."""
    mean = np.mean([np.kron(element, element) for element in _group(symmetry)], axis=0)
    mean[np.abs(mean) < 1e-12] = 0.0  # so that constants that must vanish do so exactly
    mean.setflags(write=False)
    return np.asarray(mean)


def _group(symmetry: str) -> NDArray[np.float64]:
    """Rotations of strains, shape (order, 6, 6): all products of the generators."""
    name = LOWEST_CLASSES.get(symmetry, symmetry)
    if name not in _GENERATORS:
        raise ValueError(f"{symmetry!r} is no symmetry; use one of {', '.join(SYMMETRIES)}")
    generators = [_strain_rotation(axis, fold) for axis, fold in _GENERATORS[name]]
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
