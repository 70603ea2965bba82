from dataclasses import replace

import numpy as np
import pytest

from elatbot_flows.elasticity.mandel import voigt_from_mandel
from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.elasticity.units import GPA_PER_EV_A3
from elatbot_flows.training.potential.frames import draw_pairs
from elatbot_flows.training.potential.targets import targets_of


def moduli(target):
    tensor = target.stiffness / target.structure.volume * GPA_PER_EV_A3
    return moduli_from_tensor(voigt_from_mandel(tensor))


def test_moduli_are_those_of_the_labels_exactly(targets):
    for target in targets[:3]:
        found = moduli(target)
        assert found.bulk_modulus == pytest.approx(target.label.bulk_modulus)
        assert found.shear_modulus == pytest.approx(target.label.shear_modulus)


def test_a_crystal_without_moduli_is_scaled_as_others_are(labels, targets):
    (alone,), _ = targets_of([labels[-1]])
    usual = np.median([target.scales for target in targets[:3]], axis=0)
    assert targets[-1].scales == tuple(usual)
    assert moduli(targets[-1]).bulk_modulus == pytest.approx(usual[0] * moduli(alone).bulk_modulus)


def test_the_gradient_is_that_of_the_energy(targets):
    rng, target = np.random.default_rng(0), targets[0]
    place = 0.01 * rng.normal(size=12)
    _, gradient = target.energy_and_gradient(place)
    for k in range(12):
        step = 1e-4 * np.eye(12)[k]
        ahead, behind = (target.energy_and_gradient(place + s * step)[0] for s in (1, -1))
        assert gradient[k] == pytest.approx((ahead - behind) / 2e-4, abs=1e-8)


def test_a_crystal_with_moduli_is_stable_whatever_the_teacher_says(labels):
    hessian = np.array(labels[0].hessian)
    hessian[6:, 6:] *= -1
    hessian[:6, :6] -= 5 * np.diag([1, -1, 0, 0, 0, 0])
    (target,), _ = targets_of([replace(labels[0], hessian=hessian.tolist())])
    assert np.linalg.eigvalsh(target.stiffness).min() > 0
    assert np.linalg.eigvalsh(target.springs)[3:].min() > 0.1
    assert moduli(target).shear_modulus == pytest.approx(labels[0].shear_modulus)


def test_what_says_nothing_is_counted_by_reason(labels):
    wrong = replace(labels[0], shear_modulus=10_000.0)
    flat = np.array(labels[0].hessian)
    flat[6:] = flat[:, 6:] = 0.0
    flat = replace(labels[0], hessian=flat.tolist(), bulk_modulus=None)
    assert targets_of([wrong, flat]) == ([], {"flat_mode": 1, "scale": 1})


def test_pairs_are_near_rest_and_the_same_for_the_same_seed(targets):
    pairs = draw_pairs(targets * 20, np.random.default_rng(1))
    again = draw_pairs(targets * 20, np.random.default_rng(1))
    for pair, other in zip(pairs, again, strict=True):
        strain = np.linalg.norm(pair.ahead.coordinates[:6])
        assert 0 < strain <= pair.length * (1 + 1e-9)
        assert strain <= 0.012
        assert np.abs(pair.ahead.coordinates[6:]).max() <= 0.06
        np.testing.assert_array_equal(pair.ahead.coordinates, other.ahead.coordinates)
    assert any(np.linalg.norm(p.ahead.coordinates[:6]) < 0.9 * p.length for p in pairs)
