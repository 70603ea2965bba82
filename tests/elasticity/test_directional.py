"""Directional moduli against closed forms, pymatgen and a contraction written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monty.json import MontyDecoder
from pymatgen.analysis.elasticity import ElasticTensor

from elatbot_flows.elasticity import moduli_from_tensor
from elatbot_flows.elasticity.directional import (
    directional_moduli,
    linear_compressibility,
    poisson_ratio_bounds,
    shear_modulus_bounds,
    youngs_modulus,
)

COPPER = (172.6, 115.4, 89.9)
DIRECTIONS = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [0.3, -0.5, 2.0], [-1, 2, 5]])
seeds = st.integers(0, 10_000)


def cubic(c11, c12, c44):
    tensor = np.diag([c11] * 3 + [c44] * 3).astype(float)
    tensor[:3, :3] += c12 * (1 - np.eye(3))
    return tensor


def hexagonal(c11, c12, c13, c33, c44):
    tensor = np.diag([c11, c11, c33, c44, c44, (c11 - c12) / 2])
    tensor[0, 1] = tensor[1, 0] = c12
    tensor[:2, 2] = tensor[2, :2] = c13
    return tensor


def random_tensor(seed):
    """Positive definite and of no symmetry."""
    matrix = np.random.default_rng(seed).normal(size=(6, 6))
    return 100 * (matrix @ matrix.T + 0.5 * np.eye(6))


def unit(directions):
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def test_cubic_crystal_has_the_closed_forms():
    tensor = cubic(*COPPER)
    compliance = np.linalg.inv(tensor)
    s11, s12, s44 = compliance[0, 0], compliance[0, 1], compliance[3, 3]
    surplus = s11 - s12 - s44 / 2
    n = unit(DIRECTIONS)
    mixed = (n**2 * np.roll(n**2, 1, axis=1)).sum(axis=1)
    assert mixed[:3] == pytest.approx([0, 1 / 4, 1 / 3])
    assert youngs_modulus(tensor, DIRECTIONS) == pytest.approx(1 / (s11 - 2 * surplus * mixed))
    assert linear_compressibility(tensor, DIRECTIONS) == pytest.approx(s11 + 2 * s12)
    found = directional_moduli(tensor)
    assert found.youngs_modulus.minimum == pytest.approx(1 / s11, rel=1e-9)
    assert found.youngs_modulus.maximum == pytest.approx(1 / (s11 - 2 * surplus / 3), rel=1e-9)
    assert sorted(np.abs(found.youngs_modulus.minimum_direction)) == pytest.approx([0, 0, 1])
    assert np.abs(found.youngs_modulus.maximum_direction) == pytest.approx(3**-0.5, abs=1e-5)
    assert found.shear_modulus.maximum == pytest.approx(1 / s44, rel=1e-9)
    assert found.shear_modulus.minimum == pytest.approx(0.5 / (s11 - s12), rel=1e-9)
    assert found.shear_modulus.anisotropy == pytest.approx(2 * 89.9 / (172.6 - 115.4), rel=1e-9)


def test_shear_and_poisson_of_a_cubic_crystal_on_known_planes():
    tensor = cubic(*COPPER)
    compliance = np.linalg.inv(tensor)
    s11, s12, s44 = compliance[0, 0], compliance[0, 1], compliance[3, 3]
    low, high = shear_modulus_bounds(tensor, [[1, 0, 0], [1, 1, 0]])
    assert low == pytest.approx([1 / s44, 0.5 / (s11 - s12)])
    assert high == pytest.approx([1 / s44, 1 / s44])
    low, high = poisson_ratio_bounds(tensor, [[1, 0, 0], [1, 1, 0]])
    along = (s11 + s12 + s44 / 2) / 2
    assert low == pytest.approx([-s12 / s11, -(s11 + s12 - s44 / 2) / 2 / along])  # m: [1 -1 0]
    assert high == pytest.approx([-s12 / s11, -s12 / along])  # m: [0 0 1]


def test_hexagonal_crystal_depends_on_the_angle_to_its_axis_alone():
    tensor = hexagonal(162.4, 92.0, 69.0, 180.7, 46.7)  # titanium
    s = np.linalg.inv(tensor)
    angle = np.linspace(0, np.pi, 19)
    cos2, sin2 = np.cos(angle) ** 2, np.sin(angle) ** 2
    expected = 1 / (s[0, 0] * sin2**2 + s[2, 2] * cos2**2 + (2 * s[0, 2] + s[3, 3]) * sin2 * cos2)
    for turn in (0, 0.4, 1.9):
        n = np.column_stack(
            [np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle)]
        )
        assert youngs_modulus(tensor, n) == pytest.approx(expected)
        across, along = s[0, :3].sum(), s[2, :3].sum()
        assert linear_compressibility(tensor, n) == pytest.approx(across * sin2 + along * cos2)
    low, high = shear_modulus_bounds(tensor, [0, 0, 1])
    assert (low, high) == (pytest.approx(46.7), pytest.approx(46.7))


def test_isotropic_solid_is_the_same_in_all_directions():
    tensor = cubic(200, 80, 60)
    moduli = moduli_from_tensor(tensor)
    n = np.random.default_rng(0).normal(size=(4, 5, 3))
    assert youngs_modulus(tensor, n).shape == (4, 5)
    assert youngs_modulus(tensor, n) == pytest.approx(np.full((4, 5), moduli.youngs_modulus))
    assert linear_compressibility(tensor, n) == pytest.approx(
        np.full((4, 5), 1 / 3 / moduli.bulk_modulus)
    )
    found = directional_moduli(tensor)
    expected = (moduli.youngs_modulus, moduli.shear_modulus, moduli.poisson_ratio)
    for extremes, value in zip(
        (found.youngs_modulus, found.shear_modulus, found.poisson_ratio), expected, strict=True
    ):
        assert (extremes.minimum, extremes.maximum) == pytest.approx((value, value))


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_agrees_with_pymatgens_compliance(seed):
    """Its `directional_elastic_mod` contracts the stiffness and is another quantity."""
    tensor = random_tensor(seed)
    elastic = ElasticTensor.from_voigt(tensor)
    s = np.array(elastic.compliance_tensor)
    rng = np.random.default_rng(seed)
    n = unit(rng.normal(size=3))
    m = unit(np.cross(n, rng.normal(size=3)))
    along = 1 / np.einsum("ijkl,i,j,k,l", s, n, n, n, n)
    assert youngs_modulus(tensor, n) == pytest.approx(along)
    assert linear_compressibility(tensor, n) == pytest.approx(np.einsum("ijkk,i,j", s, n, n))
    shear = 0.25 / np.einsum("ijkl,i,j,k,l", s, n, m, n, m)
    low, high = shear_modulus_bounds(tensor, n)
    assert low * (1 - 1e-9) <= shear <= high * (1 + 1e-9)
    low, high = poisson_ratio_bounds(tensor, n)
    assert low - 1e-9 <= elastic.directional_poisson_ratio(n, m) <= high + 1e-9


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_bounds_across_a_direction_are_reached(seed):
    """Scan the direction across in steps of half a degree."""
    tensor = random_tensor(seed)
    s = np.array(ElasticTensor.from_voigt(tensor).compliance_tensor)
    n, a = np.array([0.0, 0.6, 0.8]), np.array([1.0, 0, 0])
    turn = np.arange(0, np.pi, np.pi / 360)[:, None]
    m = np.cos(turn) * a + np.sin(turn) * np.cross(n, a)
    shear = 0.25 / np.einsum("ijkl,i,xj,k,xl->x", s, n, m, n, m)
    poisson = -np.einsum("ijkl,i,j,xk,xl->x", s, n, n, m, m) * youngs_modulus(tensor, n)
    for scan, bounds in (
        (shear, shear_modulus_bounds(tensor, n)),
        (poisson, poisson_ratio_bounds(tensor, n)),
    ):
        span = bounds[1] - bounds[0]
        assert scan.min() == pytest.approx(bounds[0], abs=1e-3 * span)
        assert scan.max() == pytest.approx(bounds[1], abs=1e-3 * span)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_no_direction_is_beyond_the_extremes(seed):
    tensor = random_tensor(seed)
    found = directional_moduli(tensor)
    n = np.random.default_rng(seed).normal(size=(20_000, 3))
    for extremes, low, high in (
        (found.youngs_modulus, *[youngs_modulus(tensor, n)] * 2),
        (found.linear_compressibility, *[linear_compressibility(tensor, n)] * 2),
        (found.shear_modulus, *shear_modulus_bounds(tensor, n)),
        (found.poisson_ratio, *poisson_ratio_bounds(tensor, n)),
    ):
        span = extremes.maximum - extremes.minimum
        assert extremes.minimum <= low.min() + 1e-9 * span
        assert extremes.maximum >= high.max() - 1e-9 * span
        # The search finds no more than the sample nearly does.
        assert low.min() - extremes.minimum < 0.02 * span
        assert extremes.maximum - high.max() < 0.02 * span
    best = youngs_modulus(tensor, found.youngs_modulus.maximum_direction)
    assert best == pytest.approx(found.youngs_modulus.maximum, rel=1e-6)


def test_compressibility_has_exact_extremes():
    """They are eigenvalues of the strain under pressure."""
    tensor = random_tensor(5)
    s = np.array(ElasticTensor.from_voigt(tensor).compliance_tensor)
    exact = np.linalg.eigvalsh(np.einsum("ijkk->ij", s))
    found = directional_moduli(tensor).linear_compressibility
    assert (found.minimum, found.maximum) == pytest.approx((exact[0], exact[-1]), rel=1e-9)
    assert found.minimum < 0  # this one grows along a direction under pressure
    assert found.anisotropy == np.inf


def test_result_survives_a_document():
    found = directional_moduli(cubic(*COPPER))
    assert MontyDecoder().process_decoded(found.as_dict()) == found


@pytest.mark.parametrize(
    "tensor",
    [np.eye(3), np.full((6, 6), np.nan), np.zeros((6, 6)), cubic(100, 120, 50), -cubic(*COPPER)],
    ids=["shape", "nan", "zero", "born_unstable", "negative"],
)
def test_refuses_tensors_without_moduli(tensor):
    with pytest.raises(ValueError, match="elastic tensor"):
        youngs_modulus(tensor, [1, 0, 0])
    with pytest.raises(ValueError, match="elastic tensor"):
        directional_moduli(tensor)


@pytest.mark.parametrize("direction", [[0, 0, 0], [1, 2], [np.nan, 0, 0], [np.inf, 0, 0], 1.0])
def test_refuses_what_is_no_direction(direction):
    with pytest.raises(ValueError, match="direction"):
        youngs_modulus(cubic(*COPPER), direction)
