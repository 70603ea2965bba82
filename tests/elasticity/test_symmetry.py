"""How space groups act on strains and displacements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from elatbot_flows.elasticity.symmetry import (
    crystal_symmetry,
    mandel_from_matrix,
    matrix_from_mandel,
    translation_free,
)

NUMBERS = st.lists(st.floats(-10, 10), min_size=6, max_size=6).map(np.array)


@given(NUMBERS)
def test_mandel_components_keep_the_length(vector):
    matrix = matrix_from_mandel(vector)
    np.testing.assert_allclose(mandel_from_matrix(matrix), vector)
    assert np.linalg.norm(matrix) == pytest.approx(np.linalg.norm(vector), abs=1e-12)


@pytest.mark.parametrize(("name", "order"), [("l12", 48), ("quartz", 6)])
def test_operations_form_an_orthogonal_group(name, order, request):
    crystal = request.getfixturevalue(name)
    matrices = crystal_symmetry(crystal).matrices
    assert len(matrices) == order
    identity = np.eye(6 + 3 * len(crystal))
    for matrix in matrices:
        np.testing.assert_allclose(matrix @ matrix.T, identity, atol=1e-9)
    product = matrices[1] @ matrices[-1]
    assert min(np.abs(product - other).max() for other in matrices) < 1e-6


def test_centring_does_not_count_twice():
    conventional = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    primitive = conventional.get_primitive_structure()
    assert len(crystal_symmetry(primitive).matrices) == 48
    assert len(crystal_symmetry(conventional).matrices) == 4 * 48


@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("l12", 1),  # the lattice constant
        ("quartz", 6),  # two lattice constants, x of Si, xyz of O
    ],
)
def test_free_parameters_are_counted(name, free, request):
    crystal = request.getfixturevalue(name)
    basis = crystal_symmetry(crystal).invariant_basis()
    assert basis.shape[1] == free
    np.testing.assert_allclose(basis.T @ basis, np.eye(free), atol=1e-9)
    pure = np.abs(basis[:6]).max(axis=0) > 1e-9
    assert not (pure & (np.abs(basis[6:]).max(axis=0) > 1e-9)).any()


def test_no_tolerance_means_no_symmetry(l12):
    symmetry = crystal_symmetry(l12, symprec=None)
    assert len(symmetry.matrices) == 1
    assert symmetry.invariant_basis().shape[1] == 6 + 3 * 4 - 3


def test_translations_are_projected_out():
    shift = np.concatenate([np.zeros(6), np.tile([0.3, -0.2, 0.1], 4)])
    np.testing.assert_allclose(translation_free(18) @ shift, 0, atol=1e-12)


def test_a_sheared_cube_is_no_cube():
    """Pymatgen's default takes angles within 5 degrees for equal."""
    sheared = Structure(
        Lattice.from_parameters(2.88, 2.88, 2.88, 90, 92, 90),
        ["Ni", "Al"],
        [[0, 0, 0], [0.5, 0.5, 0.5]],
    )
    assert crystal_symmetry(sheared).spacegroup_number == 65
    straight = Structure(Lattice.cubic(2.88), ["Ni", "Al"], sheared.frac_coords)
    assert crystal_symmetry(straight).spacegroup_number == 221
