"""The axes of the standard are those of the symmetry, whatever the cell looks like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from elatbot_flows.elasticity.axes import ieee_rotation, rotated, to_ieee_axes
from elatbot_flows.elasticity.laue import project_on_laue_class, symmetry_of_structure
from elatbot_flows.elasticity.symmetry import crystal_symmetry


def crystal(group, lattice, sites):
    return Structure.from_spacegroup(group, lattice, ["Mg", "F", "Al"][: len(sites)], sites)


GENERAL = [[0, 0, 0], [0.11, 0.23, 0.37]]
CRYSTALS = {
    "rutile, c < a": crystal("P4_2/mnm", Lattice.tetragonal(4.6, 3.0), [[0, 0, 0], [0.3, 0.3, 0]]),
    "I4/m, c < a": crystal("I4/m", Lattice.tetragonal(5.7, 3.6), [[0, 0, 0], [0.2, 0.4, 0]]),
    "C16, c < a": crystal("I4/mcm", Lattice.tetragonal(6.1, 4.9), [[0, 0, 0.25], [0.16, 0.66, 0]]),
    "L1_0, c > a": crystal("P4/mmm", Lattice.tetragonal(2.8, 4.1), [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "nearly a cube": crystal("P4/mmm", Lattice.tetragonal(4, 3.98), [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "hcp": crystal("P6_3/mmc", Lattice.hexagonal(3, 4.9), [[1 / 3, 2 / 3, 0.25]]),
    "flat hexagonal": crystal("P6/mmm", Lattice.hexagonal(5, 3), [[0, 0, 0], [1 / 3, 2 / 3, 0.5]]),
    "corundum": crystal("R-3c", Lattice.hexagonal(4.8, 13), [[0, 0, 0.35], [0.31, 0, 0.25]]),
    "P-31m": crystal("P-31m", Lattice.hexagonal(5, 6), [[0, 0, 0], [0.3, 0, 0.3]]),
    "P-3": crystal("P-3", Lattice.hexagonal(6, 5), GENERAL),
    "pyrite": crystal("Pa-3", Lattice.cubic(5.4), [[0, 0, 0], [0.385] * 3]),
    "L1_2": crystal("Pm-3m", Lattice.cubic(3.6), [[0, 0, 0], [0.5, 0.5, 0]]),
    "Pmmn": crystal("Pmmn", Lattice.orthorhombic(5.6, 4.6, 4.9), [[0, 0, 0.1], [0, 0.5, 0.65]]),
    "P2_1/c": crystal("P2_1/c", Lattice.monoclinic(5, 6, 7, 105), GENERAL),
}


def turned(structure, seed):
    """The primitive cell in any orientation."""
    primitive = structure.get_primitive_structure()
    turn = Rotation.random(random_state=seed).as_matrix()
    return Structure(primitive.lattice.matrix @ turn.T, primitive.species, primitive.frac_coords)


@pytest.mark.parametrize("name", CRYSTALS)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_tensor_that_has_the_symmetry_has_it_in_these_axes(name, seed):
    structure = turned(CRYSTALS[name], seed)
    drawn = np.random.default_rng(seed).normal(size=(6, 6))
    tensor = crystal_symmetry(structure).mean_tensor(100 * (drawn + drawn.T))
    projection = project_on_laue_class(
        to_ieee_axes(tensor, structure), symmetry_of_structure(structure)
    )
    assert projection.distance < 1e-8


def test_the_main_axis_of_rutile_is_z_though_it_is_the_shortest():
    structure = CRYSTALS["rutile, c < a"]
    np.testing.assert_allclose(np.abs(ieee_rotation(structure)[2]), [0, 0, 1], atol=1e-9)


def test_the_edges_of_an_orthorhombic_cell_are_sorted():
    axes = ieee_rotation(CRYSTALS["Pmmn"])
    np.testing.assert_allclose(np.abs(axes), [[0, 0, 1], [1, 0, 0], [0, 1, 0]], atol=1e-9)


def test_axes_are_orthogonal_without_any_symmetry():
    lattice = Lattice.from_parameters(3, 4, 6, 80, 95, 103)
    structure = Structure(lattice, ["Cu", "Al"], [[0.1, 0.2, 0.3], [0.6, 0.7, 0.75]])
    axes = ieee_rotation(structure)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)


def test_rotating_a_tensor_renames_its_axes():
    tensor = np.diag([1.0, 2, 3, 4, 5, 6])
    cyclic = np.eye(3)[[1, 2, 0]]
    np.testing.assert_allclose(np.diag(rotated(tensor, cyclic)), [2, 3, 1, 5, 6, 4])
