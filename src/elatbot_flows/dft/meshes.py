"""k-meshes, and how many points of one are left when symmetry is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from elatbot_flows.elasticity.symmetry import CrystalSymmetry

__all__ = ["irreducible_points", "mesh_of", "rotations_of"]

_ROUNDING = 1e-4


def rotations_of(structure: Structure, symmetry: CrystalSymmetry) -> NDArray[np.int_]:
    """Rotations of the operations in the basis of the lattice, shape (operations, 3, 3)."""
    columns = symmetry.matrices[:, 6:, 6:9]
    cartesian = columns.reshape(len(columns), len(structure), 3, 3).sum(axis=1)
    cell = structure.lattice.matrix.T
    return np.asarray(np.rint(np.linalg.inv(cell) @ cartesian @ cell), dtype=int)


def mesh_of(
    structure: Structure, spacing: float, rotations: NDArray[np.int_]
) -> tuple[int, int, int]:
    """The mesh about Gamma whose points are nowhere farther apart than allowed.

    Where the lattice vectors do not show the symmetry of the crystal, all three directions get the
    largest number, so that the mesh has that symmetry.

    Parameters
    ----------
    structure
        The crystal.
    spacing
        Largest distance of neighbouring points, 1/A, with 2 pi.
    rotations
        Of its operations, see `rotations_of`.
    """
    lengths = np.array(structure.lattice.reciprocal_lattice.abc)
    mesh = np.maximum(1, np.ceil(lengths / spacing - _ROUNDING)).astype(int)
    onto = mesh[None, None, :] * rotations / mesh[None, :, None]
    if not np.allclose(onto, np.rint(onto)):
        mesh[:] = mesh.max()
    first, second, third = (int(n) for n in mesh)
    return first, second, third


def irreducible_points(mesh: Sequence[int], rotations: NDArray[np.int_]) -> int:
    """Points of a mesh about Gamma that neither rotations nor time reversal connect.

    Parameters
    ----------
    mesh
        Points in each direction.
    rotations
        In the basis of the lattice, shape (operations, 3, 3).
    """
    import spglib

    found: Any = spglib.get_stabilized_reciprocal_mesh(list(mesh), rotations, is_time_reversal=True)
    return len(np.unique(found[0]))
