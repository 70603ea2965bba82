"""Every crystal gets the right status, and only stable ones get numbers."""

import numpy as np
import pytest
from ase.build import bulk
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.linear_response import measure_response
from elatbot_flows.potentials.validation import ValidationSettings, validate_crystal

NIAL = Structure(Lattice.cubic(2.88), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
FINITE_STRAIN = ValidationSettings(method="finite_strain")


def element(name, kind, a):
    return AseAtomsAdaptor.get_structure(bulk(name, kind, a=a))


def stretched():
    crystal = NIAL.copy()
    crystal.scale_lattice(NIAL.volume * 2.5**3)
    return crystal


BAD = {
    "overlap": (
        Structure(Lattice.cubic(2.88), ["Ni", "Al"], [[0, 0, 0], [0.1, 0, 0]]),
        "atoms_overlap",
    ),
    "coincident": (
        Structure(Lattice.cubic(2.88), ["Ni", "Al"], [[0, 0, 0], [0, 0, 0]]),
        "atoms_overlap",
    ),
    "own images too near": (element("Al", "sc", 1.0), "atoms_overlap"),
    "isolated": (stretched(), "isolated_atoms"),
    "disordered": (
        Structure(Lattice.cubic(2.88), [{"Ni": 0.5, "Al": 0.5}, "Al"], [[0, 0, 0], [0.5] * 3]),
        "disordered",
    ),
    "polonium": (element("Po", "sc", 3.35), "unsupported_element"),
    "argon": (element("Ar", "fcc", 5.3), "unsupported_element"),
    "simple cubic Al": (element("Al", "sc", 2.7), "born_unstable"),
    "bcc Cu": (element("Cu", "bcc", 2.88), "born_unstable"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_crystal_gets_its_reason_and_no_more(name, sevennet):
    crystal, reason = BAD[name]
    found = validate_crystal(crystal, sevennet, ValidationSettings(follow=0))
    assert (found.status, found.reason) == ("failed", reason)
    assert found.message
    if reason != "born_unstable":
        assert (found.elastic_tensor, found.evaluations) == (None, 0)


@pytest.mark.parametrize("settings", [ValidationSettings(), FINITE_STRAIN], ids=lambda s: s.method)
def test_both_methods_pass_a_stable_crystal(settings, sevennet):
    found = validate_crystal(NIAL, sevennet, settings)
    assert (found.status, found.relaxed) == ("passed", True)
    assert found.bulk_modulus == pytest.approx(174.0, rel=0.01)
    assert found.smallest_eigenvalue > 0


def test_atoms_farther_apart_than_the_potential_sees_are_isolated(sevennet):
    found = validate_crystal(element("Cs", "fcc", 7.6), sevennet)
    assert (found.status, found.reason) == ("failed", "isolated_atoms")
    assert "farther apart" in found.message


def test_a_distorted_cell_without_symmetry_finds_back(sevennet):
    rng = np.random.default_rng(0)
    lattice = NIAL.lattice.matrix + 0.08 * rng.normal(size=(3, 3))
    crystal = Structure(lattice, ["Ni", "Al"], [[0.02, 0, 0], [0.5, 0.53, 0.48]])
    found = validate_crystal(crystal, sevennet)
    assert found.status == "passed"
    assert found.structure.get_space_group_info(symprec=0.01)[1] == 221
    assert found.bulk_modulus == pytest.approx(174.0, rel=0.01)


def test_a_supercell_costs_no_more_than_its_primitive_cell(sevennet):
    found = validate_crystal(NIAL * (2, 1, 2), sevennet)
    assert (found.status, len(found.structure), found.evaluations) == ("passed", 2, 6)


@pytest.mark.slow
def test_sixty_atoms(emt):
    crystal = element("Cu", "fcc", 3.62) * (3, 4, 5)
    crystal.replace(0, "Au")
    found = validate_crystal(crystal, emt)
    assert (found.status, len(found.structure)) == ("passed", 60)
    assert found.evaluations < 300  # two operations: half of 183 directions, on both sides


def test_a_phonon_away_from_the_zone_centre_is_found_in_a_supercell(sevennet):
    """B2 TiNi is stable under strain and soft at the zone boundary, as it is in DFT."""
    austenite = Structure(Lattice.cubic(3.0), ["Ni", "Ti"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert validate_crystal(austenite, sevennet).status == "passed"
    found = validate_crystal(austenite, sevennet, ValidationSettings(supercell=2))
    assert (found.status, found.reason) == ("failed", "soft_mode")
    assert found.softest_mode < 0


def test_a_supercell_has_the_tensor_of_its_primitive_cell(sevennet):
    relaxed = validate_crystal(NIAL, sevennet).structure
    cells = (relaxed, relaxed * (2, 2, 2))
    one, eight = (
        moduli_from_tensor(measure_response(cell, sevennet, crystal_symmetry(cell)).relaxed)
        for cell in cells
    )
    assert eight.bulk_modulus == pytest.approx(one.bulk_modulus, rel=0.01)
    assert eight.shear_modulus == pytest.approx(one.shear_modulus, rel=0.015)


def test_too_few_steps_are_a_status(sevennet):
    found = validate_crystal(stretched_a_little(), sevennet, ValidationSettings(max_steps=1))
    assert (found.reason, found.relaxed, found.elastic_tensor) == (
        "relaxation_not_converged",
        False,
        None,
    )


def stretched_a_little():
    crystal = NIAL.copy()
    crystal.apply_strain(0.04)
    return crystal


def test_a_saddle_is_followed_to_the_crystal_below_it(emt):
    """Body-centred copper has nothing to hold it and becomes face-centred."""
    above, below = element("Cu", "bcc", 2.88), element("Cu", "fcc", 3.6)
    found, expected = validate_crystal(above, emt), validate_crystal(below, emt)
    assert (found.status, found.modes_followed) == ("passed", 1)
    assert (found.initial_spacegroup_number, found.spacegroup_number) == (229, 225)
    assert found.structure.get_space_group_info(symprec=0.01)[1] == 225
    assert found.bulk_modulus == pytest.approx(expected.bulk_modulus, rel=0.005)
    assert found.energy_gained > 0.01
    assert "saddle" in found.near_gates[0]
    assert found.settings["follow"] == 2


def test_a_stable_crystal_costs_nothing_more(emt):
    costs = [
        validate_crystal(element("Cu", "fcc", 3.6), emt, ValidationSettings(follow=n)).evaluations
        for n in (0, 2)
    ]
    assert costs[0] == costs[1]


def test_a_saddle_with_nothing_lower_keeps_its_reason(emt, monkeypatch):
    monkeypatch.setattr("elatbot_flows.potentials.validation._LOWER", 1.0)  # eV/atom
    found = validate_crystal(element("Cu", "bcc", 2.88), emt)
    assert (found.status, found.reason) == ("failed", "born_unstable")
    assert (found.modes_followed, found.energy_gained) == (0, None)
    assert found.spacegroup_number == 229


def test_what_a_potential_raises_is_a_status(emt, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("numbers ran out")

    monkeypatch.setattr(emt.calculator, "calculate", broken)
    found = validate_crystal(element("Cu", "fcc", 3.6), emt)
    assert (found.reason, found.message) == (
        "calculation_error",
        "ZeroDivisionError: numbers ran out",
    )


def test_a_potential_that_is_not_smooth_gives_no_moduli():
    """Ripples on the forces make second derivatives contradict each other."""
    crystal = Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.57), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]]
    )
    found = validate_crystal(crystal, load_potential("rough_emt:RoughEMT"))
    assert (found.status, found.reason) == ("failed", "not_smooth")
    assert found.residual > ValidationSettings().max_asymmetry
    smooth = validate_crystal(crystal, load_potential("ase.calculators.emt:EMT"))
    assert smooth.status == "passed"
    assert smooth.residual < 0.004
