"""Units: everything inside the package is in GPa, tension positive."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.units import GPa

from elatbot_flows.elasticity import GPA_PER_EV_A3, bulk_modulus_from_pressures
from elatbot_flows.elasticity.units import ase_stress_to_gpa, gpa_to_kbar


def test_the_constant_is_that_of_ase_to_its_codata_edition():
    assert pytest.approx(1 / GPa, rel=1e-7) == GPA_PER_EV_A3


def test_voigt_order_is_that_of_ase():
    stress = ase_stress_to_gpa(np.array([1, 2, 3, 4, 5, 6]) / GPA_PER_EV_A3)
    assert stress == pytest.approx(np.array([[1, 6, 5], [6, 2, 4], [5, 4, 3]]))


def test_a_stretched_crystal_is_under_tension_and_kbar_has_the_sign_of_vasp():
    atoms = bulk("Cu", a=3.7)
    atoms.calc = EMT()
    stress = ase_stress_to_gpa(atoms.get_stress())
    assert np.trace(stress) > 0
    assert gpa_to_kbar(stress) == pytest.approx(-10 * stress)


def test_bulk_modulus_of_emt_copper_from_two_volumes():
    volumes, pressures = [], []
    for a in (3.58, 3.60):
        atoms = bulk("Cu", a=a)
        atoms.calc = EMT()
        volumes.append(atoms.get_volume())
        pressures.append(-np.trace(ase_stress_to_gpa(atoms.get_stress())) / 3)
    assert bulk_modulus_from_pressures(volumes, pressures) == pytest.approx(134.5, abs=1.0)


def test_bulk_modulus_of_a_linear_solid_is_exact():
    assert bulk_modulus_from_pressures([9.9, 10.1], [1.0, -1.0]) == pytest.approx(100.0)
