"""Mechanical stability does not depend on the axes and is Born's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pymatgen.analysis.elasticity import ElasticTensor
from scipy.spatial.transform import Rotation

from elatbot_flows.elasticity import smallest_eigenvalue

constants = st.floats(-300, 300)
seeds = st.integers(0, 10_000)


def cubic(c11, c12, c44):
    tensor = np.diag([c11] * 3 + [c44] * 3).astype(float)
    tensor[:3, :3] += c12 * (1 - np.eye(3))
    return tensor


def rotated(tensor, seed):
    rotation = Rotation.random(random_state=seed).as_matrix()
    return ElasticTensor.from_voigt(tensor).rotate(rotation, tol=1e-6).voigt


@given(constants, constants, constants, seeds)
def test_borns_conditions_of_cubic_crystals_in_any_axes(c11, c12, c44, seed):
    conditions = (c11 - c12, c11 + 2 * c12, 2 * c44)
    assume(min(abs(value) for value in conditions) > 1e-3)
    for tensor in (cubic(c11, c12, c44), rotated(cubic(c11, c12, c44), seed)):
        assert (smallest_eigenvalue(tensor) > 0) == (min(conditions) > 0)


@given(constants, constants, constants)
def test_the_eigenvalues_of_a_cubic_crystal_are_those_of_borns_conditions(c11, c12, c44):
    expected = min(c11 - c12, c11 + 2 * c12, 2 * c44)
    assert smallest_eigenvalue(cubic(c11, c12, c44)) == pytest.approx(expected, abs=1e-6)


@given(seeds, seeds)
def test_the_smallest_eigenvalue_does_not_depend_on_the_axes(tensor_seed, rotation_seed):
    tensor = 100 * np.random.default_rng(tensor_seed).normal(size=(6, 6))
    tensor = 0.5 * (tensor + tensor.T)
    turned = rotated(tensor, rotation_seed)
    assert smallest_eigenvalue(turned) == pytest.approx(smallest_eigenvalue(tensor), abs=1e-6)


def test_noise_of_a_fit_that_breaks_the_symmetry_of_the_tensor_is_averaged():
    tensor = cubic(200, 100, 80)
    tensor[0, 1] += 2
    symmetric = 0.5 * (tensor + tensor.T)
    assert smallest_eigenvalue(tensor) == pytest.approx(smallest_eigenvalue(symmetric))
