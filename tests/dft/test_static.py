"""One calculation: numbers, or the reason why there are none."""

import sys

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure, SymmOp

import samples
from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.static import calculate
from elatbot_flows.documents import DFTFrame
from elatbot_flows.errors import DFTError
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.evaluation import energy_forces_stress
from emt_code import EMTCode

FRAME = DFTFrame(mesh=(2, 2, 2))


def test_numbers_are_in_our_units_and_costs_are_told():
    found, fixed = calculate(samples.fcc("Cu", 3.7), FRAME, EMTCode())
    assert found.reason is None
    assert found.stress[0][0] > 1  # GPa, stretched
    assert (found.cycles, found.moments, fixed) == (7, None, {})


@pytest.mark.parametrize("mirror", [1, -1])
def test_numbers_are_in_the_axes_of_the_crystal_however_it_lies(mirror):
    """A code sees the cell turned; cells of spglib may point backwards."""
    crystal = Structure(Lattice.cubic(3.9), ["Au", "Cu"], [[0, 0, 0], [0.45, 0.5, 0.52]])
    crystal.apply_strain([0.01, 0.0, -0.02])
    turned = crystal.copy()
    turned.apply_operation(SymmOp.from_axis_angle_and_translation([1, 2, 3], 130))
    if mirror < 0:
        turned.apply_operation(SymmOp.inversion())
    found, _ = calculate(turned, FRAME, EMTCode())
    energy, forces, stress = energy_forces_stress(turned, load_potential(samples.EMT))
    assert found.energy == pytest.approx(energy)
    np.testing.assert_allclose(found.forces, forces, atol=1e-9)
    np.testing.assert_allclose(found.stress, stress, atol=1e-9)


def test_a_calculation_that_does_not_converge_says_so():
    found, _ = calculate(samples.fcc("Cu"), FRAME, EMTCode(fails_below=1000))
    assert found.reason == "scf_not_converged"
    assert found.energy is None
    assert "SCFStuckError: no self-consistency after 7 cycles" in found.message


def test_any_other_error_of_a_code_is_a_document_too():
    found, _ = calculate(samples.fcc("Xe"), FRAME, EMTCode())
    assert found.reason == "calculation_error"


def test_without_the_package_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpaw", None)
    with pytest.raises(DFTError, match=r"elatbot_flows\[gpaw\]"):
        calculate(samples.fcc("Cu"), FRAME, GPAWCode())
    with pytest.raises(DFTError, match=r"elatbot_flows\[gpaw\]"):
        GPAWCode().elements()


def test_presets_by_name():
    quick, tight = DFTSettings.preset("quick"), DFTSettings.preset("tight", width=0.1)
    assert quick.k_spacing > tight.k_spacing
    assert quick.cutoff < tight.cutoff
    assert tight.width == 0.1
    with pytest.raises(DFTError, match="quick, standard, tight"):
        DFTSettings.preset("best")


def test_magnetic_elements_start_with_high_spin():
    code = EMTCode()
    assert code.starting_moments(["Al", "Cu"]) is None
    assert code.starting_moments(["Fe", "Al"]) == [4.0, 0.0]
    assert EMTCode(DFTSettings(spin="none")).starting_moments(["Fe"]) is None
