"""Known moduli of known crystals, so that a silently wrong potential is noticed."""

from __future__ import annotations

import pytest

from elatbot_flows.elasticity import moduli_from_tensor
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.finite_strain import elastic_tensor
from elatbot_flows.potentials.relaxation import relax


def moduli_of(structure, potential):
    relaxed = relax(structure, potential, max_force=1e-3, max_steps=300)
    assert relaxed.converged
    fit = elastic_tensor(relaxed.structure, potential)
    assert fit.n_unconverged == 0
    assert fit.fit_residual < 0.2
    return moduli_from_tensor(fit.tensor)


@pytest.mark.parametrize(
    ("name", "bulk_modulus"),
    [
        ("Al", 81),
        ("Cu", 143),
        ("W", 301),
        ("Ni3Al", 167),
        ("NiAl", 173),
        ("Si", 97),
        ("MgO", 130),
    ],
)
def test_bulk_moduli_by_sevennet_0(name, bulk_modulus, sevennet, crystal):
    moduli = moduli_of(crystal(name), sevennet)
    assert moduli.bulk_modulus == pytest.approx(bulk_modulus, rel=0.02)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "bulk_modulus", "shear_modulus"),
    [
        ("Al", 74, 25),
        ("Ni3Al", 178, 77),
        ("NiAl", 153, 65),
        ("Si", 80, 38),
        ("MgO", 119, 83),
    ],
)
def test_moduli_by_tensornet_matpes_pbe(name, bulk_modulus, shear_modulus, tensornet, crystal):
    moduli = moduli_of(crystal(name), tensornet)
    assert moduli.bulk_modulus == pytest.approx(bulk_modulus, rel=0.03)
    assert moduli.shear_modulus == pytest.approx(shear_modulus, rel=0.03)


def test_ni3al_by_chgnet(crystal):
    pytest.importorskip("chgnet")
    moduli = moduli_of(crystal("Ni3Al"), load_potential("chgnet"))
    assert moduli.bulk_modulus == pytest.approx(178, rel=0.1)


@pytest.mark.shared
def test_a_relaxation_by_matgl_evaluates_nothing_twice(tensornet, crystal):
    relaxed = relax(crystal("Al"), tensornet, max_force=1e-3, max_steps=100).structure
    fit = elastic_tensor(relaxed, tensornet)
    assert fit.evaluations == fit.n_deformations + 1
