"""Search of the sphere for the lowest point of an even function."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.elasticity.sphere import lowest_on_sphere, unit_vectors, vectors_across


@pytest.mark.parametrize("seed", range(8))
def test_quadratic_forms_have_their_lowest_eigenvalue(seed):
    matrix = np.random.default_rng(seed).normal(size=(3, 3))
    values, vectors = np.linalg.eigh(matrix + matrix.T)
    value, direction = lowest_on_sphere(lambda n: ((n @ (matrix + matrix.T)) * n).sum(-1))
    assert value == pytest.approx(values[0], abs=1e-9)
    assert abs(np.dot(direction, vectors[:, 0])) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("pole", [[0, 0, 1], [0.1, 0, 1], [1, 2, -3]])
def test_a_narrow_well_is_found(pole):
    centre = unit_vectors(pole)
    value, direction = lowest_on_sphere(lambda n: -np.exp(200 * ((n @ centre) ** 2 - 1)))
    assert value == pytest.approx(-1, abs=1e-9)
    assert abs(np.dot(direction, centre)) == pytest.approx(1, abs=1e-5)


def test_plain_directions_are_preferred_among_equals():
    assert lowest_on_sphere(lambda n: -(n**4).sum(-1)) == (-1, (1, 0, 0))
    value, direction = lowest_on_sphere(lambda n: (n**4).sum(-1))
    assert value == pytest.approx(1 / 3)
    assert direction == pytest.approx([3**-0.5] * 3, abs=1e-6)
    assert lowest_on_sphere(lambda n: np.zeros(n.shape[:-1])) == (0, (1, 0, 0))


def test_vectors_across_are_orthonormal():
    n = unit_vectors([[1, 0, 0], [0, 0, 1], [1, 1, 1], [-0.2, 1e-9, 3]])
    a, b = vectors_across(n)
    for u, v, dot in ((n, a, 0), (n, b, 0), (a, b, 0), (a, a, 1), (b, b, 1)):
        assert (u * v).sum(-1) == pytest.approx(np.full(4, dot), abs=1e-12)
