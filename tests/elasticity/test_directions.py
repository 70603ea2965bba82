"""Directions that span all strains and displacements for the least cost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from elatbot_flows.elasticity.directions import cheapest_directions
from elatbot_flows.elasticity.response import choose_directions, hessian_from_products
from elatbot_flows.elasticity.subgroups import signed_subgroups
from elatbot_flows.elasticity.symmetry import crystal_symmetry, translation_free

CRYSTALS = {
    "fcc": Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.0), ["Al"], [[0, 0, 0]]),
    "diamond": Structure.from_spacegroup("Fd-3m", Lattice.cubic(5.4), ["Si"], [[0, 0, 0]]),
    "hcp": Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(3.2, 5.2), ["Mg"], [[1 / 3, 2 / 3, 0.25]]
    ),
    "quartz": Structure.from_spacegroup(
        "P3_221", Lattice.hexagonal(4.9, 5.4), ["Si", "O"], [[0.47, 0, 2 / 3], [0.41, 0.27, 0.78]]
    ),
    "no symmetry": Structure(
        Lattice.from_parameters(3, 4, 5, 80, 95, 100), ["Al", "Ni"], [[0, 0, 0], [0.3, 0.4, 0.5]]
    ),
}


def symmetry_of(name):
    return crystal_symmetry(CRYSTALS[name].get_primitive_structure())


def as_kpoints(symmetry):
    """A cost that halves with twice the operations, as irreducible k-points do."""
    return lambda keeps: 1000 / len(keeps) + 1


def spent(directions, cost):
    return sum(one.sides * cost(one.keeps) for one in directions)


@pytest.mark.parametrize("name", CRYSTALS)
def test_their_products_tell_the_whole_matrix(name):
    symmetry = symmetry_of(name)
    rng = np.random.default_rng(0)
    root = rng.normal(size=(symmetry.dimension, symmetry.dimension))
    free = translation_free(symmetry.dimension)
    mean = np.mean([m @ root @ root.T @ m.T for m in symmetry.matrices], axis=0)
    hessian = free @ mean @ free
    directions = cheapest_directions(symmetry, as_kpoints(symmetry))
    steps = np.array([one.vector for one in directions]).T
    found, asymmetry = hessian_from_products(steps, hessian @ steps, symmetry)
    np.testing.assert_allclose(found, hessian, atol=1e-8 * np.abs(hessian).max())
    assert asymmetry < 1e-8


@pytest.mark.parametrize("name", CRYSTALS)
def test_operations_do_to_them_what_is_said(name):
    symmetry = symmetry_of(name)
    for one in cheapest_directions(symmetry, as_kpoints(symmetry)):
        for kept in one.keeps:
            np.testing.assert_allclose(symmetry.matrices[kept] @ one.vector, one.vector, atol=1e-9)
        if one.opposite is not None:
            turned = symmetry.matrices[one.opposite] @ one.vector
            np.testing.assert_allclose(turned, -one.vector, atol=1e-9)


@pytest.mark.parametrize(("name", "factor"), [("fcc", 2.9), ("diamond", 1.8), ("hcp", 1.9)])
def test_they_cost_less_than_general_directions(name, factor):
    symmetry = symmetry_of(name)
    cost = as_kpoints(symmetry)
    general = 2 * choose_directions(symmetry).shape[1] * cost((0,))
    assert general / spent(cheapest_directions(symmetry, cost), cost) > factor


def test_where_all_cost_the_same_there_are_as_few_as_general_ones():
    symmetry = symmetry_of("fcc")
    directions = cheapest_directions(symmetry, lambda _: 1.0)
    assert sum(one.sides for one in directions) == 2


def test_without_symmetry_every_coordinate_needs_one():
    symmetry = symmetry_of("no symmetry")
    assert len(cheapest_directions(symmetry, lambda _: 1.0)) == symmetry.dimension - 3


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_the_seed_changes_the_draw_and_not_the_cost(seed):
    symmetry = symmetry_of("hcp")
    cost = as_kpoints(symmetry)
    first, other = (cheapest_directions(symmetry, cost, s) for s in (0, seed))
    assert spent(first, cost) == spent(other, cost)


def test_no_subgroup_holds_the_opposite_of_the_identity():
    symmetry = symmetry_of("hcp")
    groups = signed_subgroups(symmetry)
    assert all(not set(group.keeps) & set(group.turns) for group in groups)
    assert {group.sides for group in groups} == {1, 2}
    for group in groups:
        projector = group.mean(symmetry.matrices)
        np.testing.assert_allclose(projector @ projector, projector, atol=1e-9)
