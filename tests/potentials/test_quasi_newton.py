"""Relaxation within the symmetry against ASE's, and how it ends."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.elasticity.symmetry import crystal_symmetry
from elatbot_flows.potentials import quasi_newton
from elatbot_flows.potentials.coordinates import Point, deformed, evaluate, evaluate_all
from elatbot_flows.potentials.quasi_newton import relax_in_symmetry, relax_together, relaxing
from elatbot_flows.potentials.relaxation import relax

TIGHT = {"max_force": 1e-3, "max_stress": 0.02, "max_steps": 100}


@pytest.fixture
def copper_gold():
    """Orthorhombic CuAu3 with free coordinates, far from relaxed."""
    return Structure.from_spacegroup(
        "Pmmn",
        Lattice.orthorhombic(5.6, 4.6, 4.9),
        ["Au", "Au", "Cu"],
        [[0.25, 0, 0.155], [0, 0.5, 0.651], [0, 0, 0.655]],
    )


def test_the_gradient_is_that_of_the_energy(emt, copper_gold):
    rng = np.random.default_rng(0)
    n = 6 + 3 * len(copper_gold)
    place = np.concatenate([0.01 * rng.normal(size=6), 0.03 * rng.normal(size=n - 6)])
    direction = rng.normal(size=n)
    h = 1e-5
    ahead = evaluate(copper_gold, place + h * direction, emt).energy
    behind = evaluate(copper_gold, place - h * direction, emt).energy
    slope = evaluate(copper_gold, place, emt).gradient @ direction
    assert slope == pytest.approx((ahead - behind) / (2 * h), rel=1e-5)


def test_zero_coordinates_are_the_crystal_itself(copper_gold):
    same = deformed(copper_gold, np.zeros(6 + 3 * len(copper_gold)))
    np.testing.assert_allclose(same.lattice.matrix, copper_gold.lattice.matrix)
    np.testing.assert_allclose(same.cart_coords, copper_gold.cart_coords, atol=1e-12)


def test_it_ends_where_ase_ends_with_fewer_evaluations(emt, copper_gold):
    symmetry = crystal_symmetry(copper_gold)
    before = emt.evaluations
    ours = relax_in_symmetry(copper_gold, emt, symmetry, **TIGHT)
    spent = emt.evaluations - before
    theirs = relax(copper_gold, emt, max_force=1e-3, max_steps=300)
    assert ours.converged
    assert ours.point.energy == pytest.approx(theirs.energy, abs=2e-4)
    assert ours.structure.volume == pytest.approx(theirs.structure.volume, rel=2e-3)
    assert spent < theirs.evaluations
    assert crystal_symmetry(ours.structure).spacegroup_number == symmetry.spacegroup_number


def test_what_pushes_the_whole_crystal_is_no_force(emt, monkeypatch):
    """Grids of density functionals push polar crystals by meV/A; no step takes that away."""
    polar = Structure(
        Lattice.orthorhombic(2.9, 2.7, 4.0),
        ["Cu", "Cu", "Au", "Pd"],
        [[0, 0, 0], [0.5, 0, 0.25], [0.5, 0.5, 0.5], [0, 0.5, 0.75]],
    )
    symmetry = crystal_symmetry(polar)
    assert symmetry.spacegroup_number == 25
    push = np.tile([0, 0, 0.005], len(polar))

    def pushed(*question):
        point = evaluate(*question)
        point.gradient[6:] += push
        return point

    monkeypatch.setattr(quasi_newton, "evaluate", pushed)
    ended = relax_in_symmetry(polar, emt, symmetry, **TIGHT, fixed_cell=True)
    assert ended.converged
    forces = (ended.point.gradient[6:] - push).reshape(-1, 3)
    assert np.linalg.norm(forces, axis=1).max() < 1e-3


def test_too_few_steps_are_told(emt, copper_gold):
    symmetry = crystal_symmetry(copper_gold)
    ended = relax_in_symmetry(
        copper_gold, emt, symmetry, max_force=1e-3, max_stress=0.02, max_steps=2
    )
    assert not ended.converged
    assert ended.steps == 2


def test_single_precision_noise_does_not_keep_it_going(sevennet):
    boride = Structure.from_spacegroup(
        "Pnma", Lattice.orthorhombic(5.5, 2.95, 4.05), ["Fe", "B"],
        [[0.18, 0.25, 0.12], [0.036, 0.25, 0.61]],
    )  # fmt: skip
    ended = relax_in_symmetry(
        boride, sevennet, crystal_symmetry(boride), max_force=1e-3, max_stress=0.05, max_steps=40
    )
    assert ended.converged
    assert ended.steps < 20


def test_side_by_side_they_end_where_they_end_alone(emt, copper_gold, crystal):
    crystals = [copper_gold, crystal("Cu"), copper_gold.copy().apply_strain(0.03)]
    alone = [relax_in_symmetry(one, emt, crystal_symmetry(one), **TIGHT) for one in crystals]
    before = emt.evaluations
    courses = [(one, relaxing(one, crystal_symmetry(one), **TIGHT)) for one in crystals]
    together = relax_together(courses, emt)
    assert emt.evaluations - before == sum(ended.steps + 1 for ended in alone)
    for ours, own in zip(together, alone, strict=True):
        assert ours.point.energy == own.point.energy
        np.testing.assert_array_equal(ours.structure.cart_coords, own.structure.cart_coords)


def test_one_that_cannot_be_evaluated_costs_the_others_nothing(emt, crystal):
    copper = crystal("Cu")
    polonium = Structure(copper.lattice, ["Po"], [[0, 0, 0]])
    crystals = [polonium, copper]
    courses = [(one, relaxing(one, crystal_symmetry(one), **TIGHT)) for one in crystals]
    failed, relaxed = relax_together(courses, emt)
    assert "does not know Po" in str(failed)
    assert relaxed.converged


def test_points_do_not_change_when_the_next_is_evaluated(emt, copper_gold):
    """ASE's EMT writes the forces of every crystal of one size into one array."""
    zero = np.zeros(6 + 3 * len(copper_gold))
    moved = zero.copy()
    moved[8] = 0.1
    first, second = evaluate_all([(copper_gold, zero), (copper_gold, moved)], emt)
    np.testing.assert_array_equal(first.gradient, evaluate(copper_gold, zero, emt).gradient)
    assert not np.allclose(first.gradient, second.gradient)


def test_by_work_a_step_that_overshoots_does_no_harm_later():
    """Two stresses alone are told, and energies that know nothing; the first step goes too far."""
    crystal = Structure(Lattice.tetragonal(3, 3.3), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    course = relaxing(
        crystal,
        crystal_symmetry(crystal),
        max_force=0.005,
        max_stress=0.1,
        max_steps=20,
        by_work=True,
    )
    place, ended = next(course), None
    for _ in range(15):
        try:
            place = course.send(anharmonic(crystal, place))
        except StopIteration as end:
            ended = end.value
            break
    assert ended is not None
    assert ended.converged


def anharmonic(crystal, place):
    shape = (place[2] + 0.0249) - (place[0] + 0.0079)
    size = (place[2] + 0.0249) + 2 * (place[0] + 0.0079)
    stretching = 0.9 * size + 2 * shape**2 * size
    shear = 0.2048 * shape - 6.79 * shape**2 + 10.56 * shape**3
    gradient = np.zeros(12)
    gradient[:3] = stretching + shear * np.array([-0.5, -0.5, 1])
    return Point(energy=10 * size, gradient=crystal.volume * gradient, volume=crystal.volume)
