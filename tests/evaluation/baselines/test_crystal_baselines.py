"""Known crystals with other elements in them."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.evaluation.baselines.crystals import CrystalBaselines

CSCL, SALT = 221, 225


def group(crystal):
    return crystal.get_space_group_info()[1]


def b2(first, second):
    return Structure(Lattice.cubic(3.0), [first, second], [[0, 0, 0], [0.5] * 3])


def salt(first, second):
    return Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.6), [first, second], [[0] * 3, [0.5] * 3]
    )


def l1_2(first, second):
    return Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.7), [first, second], [[0, 0.5, 0.5], [0, 0, 0]]
    )


@pytest.fixture(scope="module")
def baselines():
    return CrystalBaselines([b2("Ni", "Al"), b2("Co", "Al"), salt("Na", "Cl"), l1_2("Ni", "Al")])


def test_the_nearest_composition_lends_its_crystal(baselines):
    (first, second) = baselines.substitute("KBr", 2)
    assert first.composition.reduced_formula == "KBr"
    assert [group(first), group(second)] == [SALT, CSCL]
    assert group(baselines.substitute("FeAl")[0]) == CSCL


def test_the_commonest_prototype_comes_first(baselines):
    found = baselines.frequent("KBr", 5)
    assert [group(crystal) for crystal in found] == [CSCL, SALT]


def test_volumes_are_predicted_and_amounts_are_kept(baselines):
    (crystal,) = baselines.substitute("Pt3Ti")
    assert crystal.composition.reduced_formula == "TiPt3"
    assert len(crystal) == 4
    assert 55 < crystal.volume < 65


def test_without_a_crystal_of_its_kind_there_is_no_answer(baselines):
    assert baselines.substitute("Al2O3") == baselines.frequent("Al2O3") == []
