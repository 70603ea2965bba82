"""How the space group of a crystal acts on its strains and atomic displacements together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.elasticity.mandel import mandel_from_voigt, voigt_from_mandel

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

__all__ = [
    "CrystalSymmetry",
    "crystal_symmetry",
    "mandel_from_matrix",
    "matrix_from_mandel",
    "nearest_rotation",
    "spacegroup_analyzer",
    "symmetry_dataset",
]

_ROOT2 = np.sqrt(2.0)
_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def mandel_from_matrix(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Six components of a symmetric 3x3 matrix, shears times sqrt 2, so that lengths are kept."""
    factors = (1.0, 1.0, 1.0, _ROOT2, _ROOT2, _ROOT2)
    return np.array([f * matrix[i, j] for f, (i, j) in zip(factors, _PAIRS, strict=True)])


def matrix_from_mandel(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of :func:`mandel_from_matrix`."""
    xx, yy, zz, yz, xz, xy = vector
    yz, xz, xy = yz / _ROOT2, xz / _ROOT2, xy / _ROOT2
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


@dataclass(frozen=True)
class CrystalSymmetry:
    """Orthogonal matrices that a space group is represented by.

    Coordinates are the six Mandel components of the strain followed by three Cartesian
    displacements of every atom, ``6 + 3 n`` in all.

    Parameters
    ----------
    matrices
        One matrix for each operation, shape (operations, 6 + 3 n, 6 + 3 n).
    spacegroup_number
        International number of the group.
    """

    matrices: NDArray[np.float64]
    spacegroup_number: int

    @property
    def dimension(self) -> int:
        """Number of coordinates, 6 + 3 n."""
        return int(self.matrices.shape[1])

    def invariant_basis(self) -> NDArray[np.float64]:
        """Orthonormal directions that keep the symmetry, without translations.

        Returns
        -------
        numpy.ndarray
            Shape (6 + 3 n, directions); each is a pure strain or a pure displacement.
        """
        projector = self.matrices.mean(axis=0) @ translation_free(self.dimension)
        columns = []
        for part in (slice(0, 6), slice(6, self.dimension)):
            vectors, weights, _ = np.linalg.svd(projector[part, part])
            block = np.zeros((self.dimension, int((weights > 0.5).sum())))
            block[part] = vectors[:, weights > 0.5]
            columns.append(block)
        return np.hstack(columns)

    def mean_tensor(self, tensor: NDArray[np.float64]) -> NDArray[np.float64]:
        """The nearest elastic tensor, shape (6, 6), Voigt order, with the symmetry of the crystal.

        Axes are those that the displacements have.
        """
        turns = self.matrices[:, :6, :6]
        mandel = mandel_from_voigt(tensor)
        return voigt_from_mandel((turns @ mandel @ turns.transpose(0, 2, 1)).mean(axis=0))

    def orbit(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """All images of some vectors.

        Parameters
        ----------
        vectors
            Shape (6 + 3 n, m).

        Returns
        -------
        numpy.ndarray
            Shape (6 + 3 n, operations * m); equal columns for vectors that belong together.
        """
        images = self.matrices @ vectors
        return np.asarray(images.transpose(1, 0, 2).reshape(self.dimension, -1))


def translation_free(dimension: int) -> NDArray[np.float64]:
    """Projector that removes the three uniform translations of all atoms."""
    projector = np.eye(dimension)
    n = (dimension - 6) // 3
    for axis in range(3):
        direction = np.zeros(dimension)
        direction[6 + axis :: 3] = 1.0 / np.sqrt(n)
        projector -= np.outer(direction, direction)
    return projector


def spacegroup_analyzer(structure: Structure, symprec: float = 1e-2) -> SpacegroupAnalyzer:
    """Pymatgen's analyser with one tolerance for lengths and angles alike.

    By default it takes angles within 5 degrees for equal, and so a sheared cell for a cube.

    Parameters
    ----------
    structure
        Crystal.
    symprec
        Tolerance, A.
    """
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    return SpacegroupAnalyzer(structure, symprec=symprec, angle_tolerance=-1)


def symmetry_dataset(structure: Structure, symprec: float = 1e-2) -> Any:
    """What spglib finds out about a crystal.

    Parameters
    ----------
    structure
        Crystal.
    symprec
        Tolerance, A.
    """
    return spacegroup_analyzer(structure, symprec).get_symmetry_dataset()


def crystal_symmetry(structure: Structure, symprec: float | None = 1e-2) -> CrystalSymmetry:
    """Find the space group with spglib and represent it.

    Parameters
    ----------
    structure
        Ordered crystal.
    symprec
        Tolerance, A; None for the identity alone.
    """
    n = len(structure)
    if symprec is None:
        return CrystalSymmetry(np.eye(6 + 3 * n)[None], 1)
    dataset = symmetry_dataset(structure, symprec)
    cell = structure.lattice.matrix.T
    matrices, seen = [], set()
    for rotation, translation in zip(dataset.rotations, dataset.translations, strict=True):
        permutation = _permutation(structure, rotation, translation)
        cartesian = nearest_rotation(cell @ rotation @ np.linalg.inv(cell))
        matrix = _matrix(cartesian, permutation)
        # Centring translations of a cell that is not primitive move atoms only.
        key = matrix.round(6).tobytes()
        if key not in seen:
            seen.add(key)
            matrices.append(matrix)
    return CrystalSymmetry(np.array(matrices), int(dataset.number))


def _permutation(
    structure: Structure, rotation: NDArray[np.int_], translation: NDArray[np.float64]
) -> NDArray[np.int_]:
    """Where an operation takes each atom: the nearest one of the same kind."""
    frac = structure.frac_coords
    images = frac @ rotation.T + translation
    distances = structure.lattice.get_all_distances(images, frac)
    numbers = np.array([site.specie.Z for site in structure])
    distances[numbers[:, None] != numbers[None, :]] = np.inf
    return np.asarray(distances.argmin(axis=1))


def nearest_rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The orthogonal matrix nearest to a nearly orthogonal one."""
    left, _, right = np.linalg.svd(matrix)
    return np.asarray(left @ right)


def _matrix(rotation: NDArray[np.float64], permutation: NDArray[np.int_]) -> NDArray[np.float64]:
    n = len(permutation)
    matrix = np.zeros((6 + 3 * n, 6 + 3 * n))
    for k in range(6):
        unit = matrix_from_mandel(np.eye(6)[k])
        matrix[:6, k] = mandel_from_matrix(rotation @ unit @ rotation.T)
    for source, target in enumerate(permutation):
        rows = slice(6 + 3 * target, 9 + 3 * target)
        matrix[rows, 6 + 3 * source : 9 + 3 * source] = rotation
    return matrix
