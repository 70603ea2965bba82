"""Relaxations: what converged means, what is kept, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials.evaluation import energy_forces_stress
from elatbot_flows.potentials.relaxation import hydrostatic_bulk_modulus, relax


def test_copper_relaxes_to_the_lattice_constant_of_emt(emt, crystal):
    relaxed = relax(crystal("Cu"), emt, max_force=1e-4, max_steps=100)
    assert relaxed.converged
    assert relaxed.structure.lattice.a * np.sqrt(2) == pytest.approx(3.59, abs=0.01)
    assert np.abs(relaxed.stress).max() < 0.01
    assert relaxed.energy == pytest.approx(
        energy_forces_stress(relaxed.structure, emt)[0], abs=1e-9
    )
    assert relaxed.evaluations > 1


def test_too_few_steps_are_told(emt, crystal):
    structure = crystal("Ni3Al")
    structure.apply_strain(0.05)
    for steps in (0, 1, 2):
        assert not relax(structure, emt, max_force=1e-4, max_steps=steps).converged
    assert relax(structure, emt, max_force=1e-4, max_steps=200).converged


def test_the_given_crystal_stays_as_it_was(emt, crystal):
    structure = crystal("Cu")
    before = structure.copy()
    relax(structure, emt, max_force=1e-3, max_steps=50)
    assert structure == before


def test_ions_alone_relax_in_a_fixed_cell(emt):
    lattice = Lattice.cubic(3.7)
    sites = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    moved = sites + np.array([[0.03, 0.01, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    structure = Structure(lattice, ["Cu"] * 4, moved)
    relaxed = relax(structure, emt, max_force=1e-3, max_steps=100, relax_cell=False, symprec=None)
    assert relaxed.converged
    assert relaxed.structure.lattice == lattice
    found = relaxed.structure.frac_coords - relaxed.structure.frac_coords[1] + sites[1]
    assert found == pytest.approx(sites, abs=1e-3)


def test_symmetry_is_kept(emt, crystal):
    structure = crystal("Ni3Al")
    structure.apply_strain(0.03)
    relaxed = relax(structure, emt, max_force=1e-3, max_steps=100)
    assert SpacegroupAnalyzer(relaxed.structure, symprec=1e-3).get_space_group_number() == 221


def test_documents_stay_small(emt, crystal):
    relaxed = relax(crystal("Cu"), emt, max_force=1e-3, max_steps=50)
    assert relaxed.structure.site_properties == {}
    assert relaxed.structure.properties == {}


def test_unknown_elements_are_refused(emt, sevennet):
    polonium = Structure(Lattice.cubic(3.35), ["Po"], [[0, 0, 0]])
    for potential in (emt, sevennet):
        with pytest.raises(PotentialError, match="does not know Po"):
            relax(polonium, potential, max_force=0.1, max_steps=5)
        with pytest.raises(PotentialError, match="does not know Po"):
            energy_forces_stress(polonium, potential)


def test_numbers_that_are_not_finite_are_refused(emt):
    coincident = Structure(Lattice.cubic(3.6), ["Cu", "Cu"], [[0, 0, 0], [0, 0, 0]])
    with pytest.raises((PotentialError, ValueError, np.linalg.LinAlgError)):
        energy_forces_stress(coincident, emt)


def test_the_hydrostatic_bulk_modulus_is_that_of_the_tensor_in_a_cubic_crystal(emt, crystal):
    copper = relax(crystal("Cu"), emt, max_force=1e-4, max_steps=100).structure
    before = emt.evaluations
    assert hydrostatic_bulk_modulus(copper, emt, 0.0) == pytest.approx(134.5, abs=0.7)
    assert emt.evaluations - before == 1


def test_tension_is_positive(emt, crystal):
    copper = crystal("Cu")
    copper.apply_strain(0.03)
    *_, stress = energy_forces_stress(copper, emt)
    assert np.diag(stress).min() > 1.0
