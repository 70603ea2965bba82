"""How low relaxation may bring a crystal, and what is read from its end."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.crystals.drafts import Draft, drafted, expected_energy
from elatbot_flows.crystals.guess import StructureGuess
from elatbot_flows.crystals.screening import _pressure
from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.batch import evaluate_batch
from elatbot_flows.potentials.coordinates import Point
from elatbot_flows.potentials.quasi_newton import relax_in_symmetry

EMT = load_potential("ase.calculators.emt:EMT")
COPPER = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.75), ["Cu"], [[0, 0, 0]])


def draft(gradient, structure=COPPER):
    guess = StructureGuess(structure, "aflow", "by hand", "Cubic", 225)
    return Draft(-3.0, 0.1, guess, Point(-3.0 * len(structure), gradient, structure.volume))


def test_shear_promises_more_than_pressure_as_crystals_resist_it_less():
    squeezed, sheared = np.zeros((2, 6 + 3 * len(COPPER)))
    squeezed[:3] = 1 / np.sqrt(3)
    sheared[:2] = np.array([1, -1]) / np.sqrt(2)
    energies = [expected_energy(draft(gradient)) for gradient in (squeezed, sheared)]
    assert energies[1] < energies[0] < -3.0


def test_nothing_promises_more_than_sensible_prototypes_gain():
    assert expected_energy(draft(np.full(6 + 3 * len(COPPER), 50.0))) == pytest.approx(-3.3)


def test_a_draft_without_its_point_promises_what_is_known_of_it():
    guess = StructureGuess(COPPER, "aflow", "by hand", "Cubic", 225)
    known = Draft(-3.0, 0.1, guess)
    assert expected_energy(known) == known.expected


def test_a_stretched_crystal_ends_nearer_to_what_is_expected_than_by_one_stiffness_for_all():
    guess = StructureGuess(COPPER, "aflow", "by hand", "Cubic", 225)
    (found,) = drafted([guess], EMT, pytest.fail)
    relaxed = relax_in_symmetry(
        COPPER, EMT, crystal_symmetry(COPPER), max_force=0.01, max_stress=0.01, max_steps=20
    )
    lowest = relaxed.point.energy / len(COPPER)
    assert abs(expected_energy(found) - lowest) < 0.5 * abs(found.expected - lowest)


def test_the_pressure_at_the_end_of_a_relaxation_is_that_of_the_crystal():
    ended = relax_in_symmetry(
        COPPER, EMT, crystal_symmetry(COPPER), max_force=1.0, max_stress=5.0, max_steps=20
    )
    ((_, _, stress),) = evaluate_batch([ended.structure], EMT)
    assert _pressure(ended) == pytest.approx(-np.trace(stress) / 3, rel=1e-6, abs=1e-6)
