"""How far a tensor is from the form that the symmetry of its crystal prescribes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.elasticity.laue import project_on_laue_class

if TYPE_CHECKING:
    import numpy as np
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
    return system if system in _LAST_GROUP.values() and system != "4/mmm" else None


def crystal_system(symmetry: str | None) -> str | None:
    """Crystal system of one of the classes of :func:`symmetry_class`; None stays None."""
    return "tetragonal" if symmetry == "4/mmm" else symmetry


def distance_to_symmetry(tensor: ArrayLike, symmetry: str) -> float:
    """Distance from the nearest tensor that has the symmetry, relative to the tensor's norm.

    Zero is perfect; one is all wrong. The main axis may be any of x, y and z; the nearest is taken
    (see :func:`elatbot_flows.elasticity.project_on_laue_class`).

    Parameters
    ----------
    tensor
        Shape (6, 6), Voigt order, axes along those of the crystal as in IEEE orientation.
    symmetry
        One of those of :func:`symmetry_class`.
    """
    return project_on_laue_class(tensor, symmetry, any_main_axis=True).distance


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
    return project_on_laue_class(tensor, symmetry, any_main_axis=True).tensor
