"""Moduli of a tensor against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.elasticity import Moduli, moduli_from_tensor

constants = st.floats(5, 500)


def cubic(c11, c12, c44):
    tensor = np.diag([c11] * 3 + [c44] * 3).astype(float)
    tensor[:3, :3] += c12 * (1 - np.eye(3))
    return tensor


def isotropic(bulk, shear):
    return cubic(bulk + 4 * shear / 3, bulk - 2 * shear / 3, shear)


@given(bulk=constants, tetragonal_shear=constants, c44=constants)
def test_a_cubic_crystal_follows_the_closed_forms(bulk, tetragonal_shear, c44):
    c11, c12 = bulk + 4 * tetragonal_shear / 3, bulk - 2 * tetragonal_shear / 3
    moduli = moduli_from_tensor(cubic(c11, c12, c44))
    voigt = (c11 - c12 + 3 * c44) / 5
    reuss = 5 * (c11 - c12) * c44 / (4 * c44 + 3 * (c11 - c12))
    shear = (voigt + reuss) / 2
    expected = Moduli(
        bulk_modulus=bulk,
        shear_modulus=shear,
        youngs_modulus=9 * bulk * shear / (3 * bulk + shear),
        poisson_ratio=(3 * bulk - 2 * shear) / (6 * bulk + 2 * shear),
        pugh_ratio=bulk / shear,
        universal_anisotropy=5 * (voigt / reuss - 1),
        bulk_modulus_voigt=bulk,
        bulk_modulus_reuss=bulk,
        shear_modulus_voigt=voigt,
        shear_modulus_reuss=reuss,
    )
    for name in Moduli.__dataclass_fields__:
        assert getattr(moduli, name) == pytest.approx(getattr(expected, name), rel=1e-6, abs=1e-6)


@given(bulk=constants, shear=constants)
def test_an_isotropic_solid_has_one_value_for_every_average(bulk, shear):
    moduli = moduli_from_tensor(isotropic(bulk, shear))
    assert moduli.shear_modulus_voigt == pytest.approx(shear)
    assert moduli.shear_modulus_reuss == pytest.approx(shear)
    assert moduli.universal_anisotropy == pytest.approx(0, abs=1e-6)
    assert moduli.youngs_modulus == pytest.approx(3 * bulk * (1 - 2 * moduli.poisson_ratio))


@given(st.integers(0, 10_000))
def test_voigt_bounds_reuss_from_above_for_every_stable_tensor(seed):
    noise = np.random.default_rng(seed).normal(size=(6, 6))
    moduli = moduli_from_tensor(noise @ noise.T + 20 * np.eye(6))
    assert moduli.bulk_modulus_voigt >= moduli.bulk_modulus_reuss
    assert moduli.shear_modulus_voigt >= moduli.shear_modulus_reuss
    assert moduli.universal_anisotropy >= 0


def test_copper_by_emt():
    moduli = moduli_from_tensor(cubic(172.6, 115.4, 89.9))
    assert moduli.bulk_modulus == pytest.approx(134.47, abs=0.01)
    assert moduli.shear_modulus == pytest.approx(56.9, abs=0.1)


@pytest.mark.parametrize(
    "tensor",
    [
        np.eye(3),
        np.ones(36),
        np.full((6, 6), np.nan),
        np.diag([1, 1, 1, 1, 1, np.inf]),
        np.zeros((6, 6)),
        cubic(100, 100, 50),
    ],
)
def test_a_tensor_without_moduli_is_refused(tensor):
    with pytest.raises(ValueError, match=r"finite 6x6|singular"):
        moduli_from_tensor(tensor)


def test_moduli_survive_documents():
    moduli = moduli_from_tensor(cubic(172.6, 115.4, 89.9))
    assert Moduli.from_dict(moduli.as_dict()) == moduli
