"""Convolutions by fewer operations give what the package's own give."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from sevenn.calculator import SevenNetCalculator

from elatbot_flows.potentials.convolution import speed_up


def crystal():
    """Three elements, no symmetry, stress and forces."""
    atoms = bulk("NiAl", "cesiumchloride", a=2.9) * (1, 1, 2)
    atoms.symbols[3] = "Ti"
    atoms.rattle(0.1, seed=3)
    atoms.set_cell(atoms.cell @ (np.eye(3) + 0.02 * np.ones((3, 3))), scale_atoms=True)
    return atoms


def said(calculator):
    atoms = crystal()
    atoms.calc = calculator
    return atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()


@pytest.mark.parametrize("name", ["7net-0", "7net-l3i5"])
def test_the_numbers_stay(name):
    calculator = SevenNetCalculator(name, device="cpu")
    energy, forces, stress = said(calculator)
    assert speed_up(calculator.model) == 5
    calculator.reset()
    fast = said(calculator)
    assert fast[0] == pytest.approx(energy, abs=1e-5)
    np.testing.assert_allclose(fast[1], forces, atol=5e-5)
    np.testing.assert_allclose(fast[2], stress, atol=1e-5)


def test_a_graph_without_edges():
    calculator = SevenNetCalculator("7net-0", device="cpu")
    speed_up(calculator.model)
    atoms = bulk("Cu") * (1, 1, 1)
    atoms.set_cell(atoms.cell * 10, scale_atoms=True)
    plain = SevenNetCalculator("7net-0", device="cpu")
    found = []
    for one in (plain, calculator):
        atoms.calc = one
        try:
            found.append(atoms.get_potential_energy())
        except Exception as error:  # noqa: BLE001 - whatever the package does, so do we
            found.append(type(error))
    assert found[0] == found[1]
