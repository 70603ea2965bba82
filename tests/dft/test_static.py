"""One calculation: numbers, or the reason why there are none."""

import sys

import pytest

import samples
from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.static import calculate
from elatbot_flows.documents import DFTFrame
from elatbot_flows.errors import DFTError
from emt_code import EMTCode

FRAME = DFTFrame(mesh=(2, 2, 2))


def test_numbers_are_in_our_units_and_costs_are_told():
    found, fixed = calculate(samples.fcc("Cu", 3.7), FRAME, EMTCode())
    assert found.reason is None
    assert found.stress[0][0] > 1  # GPa, stretched
    assert (found.cycles, found.moments, fixed) == (7, None, {})


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
