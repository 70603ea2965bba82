"""What a density functional code is not asked, and what asking would cost."""

import pytest
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.dft import DFTSettings, GPAWCode
from elatbot_flows.dft.checks import check_for_dft, elements_for_dft, expected_core_hours
from elatbot_flows.errors import StructureError
from elatbot_flows.judges import DFTElasticMaker
from emt_code import EMTCode

METHOD = DFTElasticMaker(code=EMTCode()).method
GPAW = DFTElasticMaker(code=GPAWCode(DFTSettings.preset("quick"))).method


def sixty_atoms():
    cell = Structure(Lattice.cubic(2.9), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]]) * (5, 3, 2)
    cell.perturb(0.05)
    return cell


@pytest.mark.parametrize(
    ("crystal", "reason"),
    [
        (samples.fcc("Ce", 5.1), "f_electrons"),
        (samples.fcc("U", 4.5), "f_electrons"),
        (samples.fcc("Xe", 6.0), "unsupported_element"),
        (samples.fcc("W", 4.0), "unsupported_element"),
        (samples.fcc("Cu", 9.0), "isolated_atoms"),
        (Structure(Lattice.cubic(3), [{"Cu": 0.5, "Ni": 0.5}], [[0, 0, 0]]), "disordered"),
    ],
)
def test_it_is_refused_with_a_reason(crystal, reason):
    with pytest.raises(StructureError) as refused:
        check_for_dft(crystal, METHOD)
    assert refused.value.reason == reason


class AnyCode(EMTCode):
    def elements(self):
        return None


def test_its_elements_are_those_that_are_not_refused():
    left = set(elements_for_dft(AnyCode()))
    assert {"Al", "La", "Lu", "W"} <= left
    assert not left & {"Ce", "Gd", "U", "Xe"}
    assert elements_for_dft(EMTCode()) == ("Ag", "Al", "Au", "Cu", "Ni", "Pd", "Pt")


def test_sixty_atoms_take_more_than_an_hour_and_one_does_not():
    assert expected_core_hours(sixty_atoms(), GPAW) > 1
    assert expected_core_hours(samples.fcc("Al", 4.05), GPAW) < 0.1


def test_nobody_knows_what_a_code_without_a_rule_takes():
    class Silent(EMTCode):
        def core_seconds(self, structure, kpoints, *, spin):
            return None

    method = DFTElasticMaker(code=Silent()).method
    assert expected_core_hours(samples.fcc("Al", 4.05), method) is None


def test_large_cells_take_longer_than_their_electrons_say():
    """A k-point of MgSc2In, 90 A^3 and 37 electrons, takes 30 times as long as one of Al."""
    places = [[0, 0, 0], [0.25] * 3, [0.75] * 3, [0.5] * 3]
    cell = Structure(
        Lattice([[0, 3.56, 3.56], [3.56, 0, 3.56], [3.56, 3.56, 0]]),
        ["Mg", "Sc", "Sc", "In"],
        places,
    )
    seconds = [GPAW.code.core_seconds(one, 1, spin=False) for one in (cell, samples.fcc("Al"))]
    assert seconds[0] == pytest.approx(1.0, rel=0.5)
    assert seconds[0] > 10 * seconds[1]
