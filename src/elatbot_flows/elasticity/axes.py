"""The axes of the IEEE standard, found from the standard cell of the space group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.elasticity.mandel import mandel_from_voigt, voigt_from_mandel
from elatbot_flows.elasticity.symmetry import (
    mandel_from_matrix,
    matrix_from_mandel,
    nearest_rotation,
    symmetry_dataset,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from pymatgen.core import Structure

__all__ = ["ieee_rotation", "rotated", "to_ieee_axes"]


def ieee_rotation(structure: Structure, symprec: float = 1e-2) -> NDArray[np.float64]:
    """Axes of the IEEE standard on piezoelectricity (176-1987) of a crystal.

    Lengths alone do not tell the main axis of a tetragonal cell with c < a; spglib's standard cell,
    whose main axis is c, does. Cubic axes are those of the cube; for tetragonal, trigonal and
    hexagonal crystals z is along c and x along a; for orthorhombic ones c < a < b are along z, x
    and y; y is the unique axis of monoclinic ones, and z the shorter of the others; for triclinic
    ones z is along the longest edge of the reduced cell and y across it and the shortest.

    Parameters
    ----------
    structure
        Crystal in any orientation.
    symprec
        Tolerance of spglib, A.

    Returns
    -------
    numpy.ndarray
        The three unit vectors as rows, shape (3, 3), in the Cartesian axes of the structure.
    """
    dataset = symmetry_dataset(structure, symprec)
    to_standard = nearest_rotation(np.asarray(dataset.std_rotation_matrix, dtype=float))
    return np.asarray(
        _in_standard_cell(np.asarray(dataset.std_lattice), dataset.number) @ to_standard
    )


def _in_standard_cell(cell: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    """The axes in the Cartesian axes of spglib's standard cell, whose x is along a."""
    if number > 74:
        return np.eye(3)
    lengths = np.linalg.norm(cell, axis=1)
    edges = cell / lengths[:, None]
    if number > 15:
        c, a, b = np.argsort(lengths, kind="stable")
        return np.asarray(edges[[a, b, c]])
    if number > 2:
        z = edges[0] if lengths[0] < lengths[2] else edges[2]
        return np.array([np.cross(edges[1], z), edges[1], z])
    shortest, _, longest = edges[np.argsort(lengths, kind="stable")]
    y = np.cross(longest, shortest)
    y /= np.linalg.norm(y)
    return np.array([np.cross(y, longest), y, longest])


def to_ieee_axes(
    tensor: ArrayLike, structure: Structure, symprec: float = 1e-2
) -> NDArray[np.float64]:
    """An elastic tensor, shape (6, 6), Voigt order, from the axes of the cell to those of the IEEE.

    Parameters
    ----------
    tensor
        In the Cartesian axes of the structure.
    structure
        The crystal.
    symprec
        Tolerance of spglib, A.
    """
    return rotated(tensor, ieee_rotation(structure, symprec))


def rotated(tensor: ArrayLike, rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """An elastic tensor, shape (6, 6), Voigt order, in axes that are the rows of a matrix."""
    mandel = mandel_from_voigt(tensor)
    images = [rotation @ matrix_from_mandel(unit) @ rotation.T for unit in np.eye(6)]
    turn = np.array([mandel_from_matrix(image) for image in images]).T
    return voigt_from_mandel(turn @ (0.5 * (mandel + mandel.T)) @ turn.T)
