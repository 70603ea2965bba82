"""Second derivatives from products with a few directions, and tensors from second derivatives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elatbot_flows.elasticity.response import choose_directions, hessian_from_products, response
from elatbot_flows.elasticity.symmetry import crystal_symmetry, translation_free


def invariant_hessian(symmetry, seed):
    """A random symmetric positive matrix with the symmetry, flat along translations."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(symmetry.dimension, symmetry.dimension))
    raw = root @ root.T + np.eye(symmetry.dimension)
    mean = np.mean([m @ raw @ m.T for m in symmetry.matrices], axis=0)
    free = translation_free(symmetry.dimension)
    return free @ mean @ free


@pytest.mark.parametrize(("name", "most"), [("l12", 1), ("quartz", 7)])
def test_few_directions_are_enough(name, most, request):
    crystal = request.getfixturevalue(name)
    assert choose_directions(crystal_symmetry(crystal)).shape[1] <= most


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_matrix_is_recovered_from_its_products(l12, quartz, seed):
    for crystal in (l12, quartz):
        symmetry = crystal_symmetry(crystal)
        hessian = invariant_hessian(symmetry, seed)
        directions = choose_directions(symmetry, seed)
        found, asymmetry = hessian_from_products(directions, hessian @ directions, symmetry)
        np.testing.assert_allclose(found, hessian, atol=1e-8 * np.abs(hessian).max())
        assert asymmetry < 1e-8


def test_errors_of_the_products_show_as_asymmetry(quartz):
    symmetry = crystal_symmetry(quartz)
    hessian = invariant_hessian(symmetry, 1)
    directions = choose_directions(symmetry)
    products = hessian @ directions
    products *= 1 + 0.05 * np.random.default_rng(0).normal(size=products.shape)
    assert hessian_from_products(directions, products, symmetry)[1] > 1e-3


def test_without_symmetry_every_coordinate_needs_a_direction(l12):
    symmetry = crystal_symmetry(l12, symprec=None)
    hessian = invariant_hessian(symmetry, 3)
    directions = choose_directions(symmetry)
    assert directions.shape[1] >= 15
    found, _ = hessian_from_products(directions, hessian @ directions, symmetry)
    np.testing.assert_allclose(found, hessian, atol=1e-7 * np.abs(hessian).max())


def test_relaxed_tensor_is_the_curvature_of_the_minimum_over_displacements(quartz):
    symmetry = crystal_symmetry(quartz, symprec=None)
    hessian = invariant_hessian(symmetry, 5)
    found = response(hessian, volume=2.0)
    strain = np.random.default_rng(2).normal(size=6)
    displacement = -np.linalg.pinv(hessian[6:, 6:], rcond=1e-8) @ hessian[6:, :6] @ strain
    x = np.concatenate([strain, displacement])
    voigt = strain * np.array([1, 1, 1, 2**0.5, 2**0.5, 2**0.5])
    assert 2.0 * voigt @ found.relaxed @ voigt == pytest.approx(x @ hessian @ x)
    assert 2.0 * voigt @ found.clamped @ voigt == pytest.approx(strain @ hessian[:6, :6] @ strain)


def test_relaxing_ions_never_stiffens(quartz):
    found = response(invariant_hessian(crystal_symmetry(quartz), 8), volume=1.0)
    assert np.linalg.eigvalsh(found.clamped - found.relaxed).min() > -1e-9


def test_the_softest_displacement_is_found(l12):
    symmetry = crystal_symmetry(l12, symprec=None)
    hessian = invariant_hessian(symmetry, 4)
    values, vectors = np.linalg.eigh(hessian[6:, 6:])
    hessian[6:, 6:] -= (values[3] + 1.5) * np.outer(vectors[:, 3], vectors[:, 3])
    found = response(hessian, volume=1.0)
    assert found.softest_mode == pytest.approx(-1.5)
    assert abs(found.soft_modes[6:, 0] @ vectors[:, 3]) == pytest.approx(1.0)


def test_one_atom_has_no_displacements():
    hessian = np.zeros((9, 9))
    hessian[:6, :6] = np.eye(6)
    found = response(hessian, volume=1.0)
    assert found.softest_mode == np.inf
    assert found.soft_modes.shape == (9, 0)
    np.testing.assert_allclose(found.relaxed, found.clamped)
