"""k-meshes have the symmetry of the crystal, and it saves points."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.dft.meshes import irreducible_points, mesh_of, rotations_of
from elatbot_flows.elasticity.symmetry import crystal_symmetry

B2 = Structure(Lattice.cubic(2.9), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def test_points_are_nowhere_farther_apart_than_allowed():
    rotations = rotations_of(B2, crystal_symmetry(B2))
    mesh = mesh_of(B2, 0.2, rotations)
    assert mesh == (11, 11, 11)
    assert max(B2.lattice.reciprocal_lattice.abc) / 11 < 0.2


def test_symmetry_leaves_the_points_that_textbooks_count():
    rotations = rotations_of(B2, crystal_symmetry(B2))
    assert len(rotations) == 48
    assert irreducible_points((4, 4, 4), rotations) == 10  # of 64
    assert irreducible_points((4, 4, 4), np.eye(3, dtype=int)[None]) == 36  # time reversal alone


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.7])
def test_a_mesh_has_the_symmetry_of_the_crystal_whatever_its_cell(ratio):
    """Body-centred tetragonal in a cell with edges of two lengths."""
    crystal = Structure(Lattice.tetragonal(3.0, 3.0 * ratio), ["Al", "Al"], [[0] * 3, [0.5] * 3])
    cell = crystal.get_primitive_structure()
    rotations = rotations_of(cell, crystal_symmetry(cell))
    mesh = np.array(mesh_of(cell, 0.3, rotations))
    onto = mesh[None, None, :] * rotations / mesh[None, :, None]
    np.testing.assert_allclose(onto, np.rint(onto))


def test_an_fcc_metal_at_the_quick_spacing():
    cell = samples.fcc("Al", 4.05).get_primitive_structure()
    assert mesh_of(cell, 0.225, rotations_of(cell, crystal_symmetry(cell))) == (12, 12, 12)
