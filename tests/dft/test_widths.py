"""Smearing is as wide as the first calculation of a crystal calls for."""

from dataclasses import dataclass

import numpy as np
import pytest
from ase.calculators.emt import EMT

import samples
from elatbot_flows.dft import DFTSettings, VaspCode
from elatbot_flows.dft.relaxing import relax_by_dft
from elatbot_flows.dft.widths import GAPPED, MAGNETIC, METALLIC, band_gap
from elatbot_flows.errors import DFTError
from elatbot_flows.potentials.settings import ValidationSettings
from emt_code import EMTCode

FLAT = np.array([[[0.0, 2.5, 3.0], [1.0, 2.0, 4.0]]])


@pytest.mark.parametrize(
    ("electrons", "gap"), [(2, 1.0), (4, 0.5), (3, 0.0), (1, 0.0), (6, None), (0, None)]
)
def test_the_gap_lies_between_full_and_empty_bands(electrons, gap):
    assert band_gap(FLAT, electrons) == gap


def test_bands_that_overlap_have_no_gap():
    assert band_gap(np.array([[[0.0, 1.0], [2.0, 3.0]]]), 2) == 0.0


def test_with_spin_the_moment_says_which_bands_are_full():
    both = np.concatenate([FLAT, FLAT + 0.75])
    assert band_gap(both, 2, moment=0.0) == pytest.approx(2.0 - 1.75)
    assert band_gap(both, 3, moment=1.0) == pytest.approx(2.75 - 2.5)
    assert band_gap(both, 2, moment=0.3) == 0.0


@dataclass(frozen=True)
class Coloured(EMTCode):
    """A metal that says of itself what it is told to.

    Parameters
    ----------
    its_gap, its_moment
        What it says, eV and Bohr magnetons.
    """

    its_gap: float | None = None
    its_moment: float = 0.0

    def calculator(self, frame):
        return _Said(self.its_moment)

    def gap(self, calculator):
        return self.its_gap


class _Said(EMT):
    def __init__(self, moment):
        super().__init__()
        self.moment = moment

    def calculate(self, atoms=None, *arguments, **more):
        super().calculate(atoms, *arguments, **more)
        self.results["magmoms"] = np.full(len(atoms), self.moment)


def relaxed(element, **said):
    return relax_by_dft(samples.fcc(element, 3.6), Coloured(**said), ValidationSettings())


@pytest.mark.parametrize(
    ("element", "said", "width", "more"),
    [
        ("Cu", {}, METALLIC, 0),
        ("Cu", {"its_gap": 0.0}, METALLIC, 0),
        ("Cu", {"its_gap": 0.2}, METALLIC, 0),
        ("Cu", {"its_gap": 0.6}, GAPPED, 1),
        ("Ni", {"its_gap": 0.0}, METALLIC, 1),
        ("Ni", {"its_moment": 0.6}, MAGNETIC, 1),
        ("Ni", {"its_moment": 0.6, "its_gap": 0.9}, GAPPED, 2),
        ("Cu", {"its_gap": 0.6, "settings": DFTSettings(width=0.3)}, 0.3, 0),
        ("Ni", {"its_moment": 0.6, "settings": DFTSettings(width=0.3)}, 0.3, 1),
    ],
)
def test_the_first_calculation_decides(element, said, width, more):
    """A moment that stays costs a start from low spin, another width the first one again."""
    found = relaxed(element, **said)
    assert found.ended.converged
    assert found.frame.width == width
    same = found.calculations[0].energy
    again = [one for one in found.calculations[1:] if one.energy == same]
    assert len(again) == more


def test_a_higher_symmetry_keeps_the_width():
    crystal = samples.fcc("Cu", 3.6)
    crystal.apply_strain([0.02, 0, 0])
    found = relax_by_dft(crystal, Coloured(its_gap=0.6), ValidationSettings())
    assert found.frame.width == GAPPED


def test_vasp_must_be_told():
    with pytest.raises(DFTError, match="give width="):
        VaspCode(DFTSettings(smearing="fermi-dirac"))
