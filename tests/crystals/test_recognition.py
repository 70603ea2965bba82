"""Crystals are recognised as known ones or by their type, and odd ones are not."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.crystals import known_as, prototype_of
from elatbot_flows.crystals.prototypes import likely_crystals
from elatbot_flows.stability import KnownCrystal

L1_0 = Structure(Lattice.tetragonal(2.8, 4.06), ["Ti", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
B2 = Structure(Lattice.cubic(2.89), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])


@pytest.mark.parametrize(
    ("structure", "kind"),
    [
        (L1_0, "L1_0"),
        (L1_0 * (2, 1, 2), "L1_0"),
        (B2, "B2"),
        (Structure(Lattice.cubic(4), ["Fe"], [[0, 0, 0]]), "A_h"),
    ],
)
def test_types_are_named(structure, kind):
    assert prototype_of(structure) == kind
    assert known_as(structure) == f"{kind} type"


@pytest.mark.parametrize("formula", ["Ni2TiAl", "Fe2Ti", "Ti3Ni", "Al3Ni5", "TiNiSn"])
def test_decorated_prototypes_are_recognised(formula):
    for guess in likely_crystals(formula, max_sites=8, max_common_sites=16, most=4):
        assert prototype_of(guess.structure) is not None


def test_odd_crystals_are_not_known():
    odd = Structure(
        Lattice.from_parameters(3.1, 4.3, 5.9, 71, 83, 97),
        ["Ti", "Al", "Al", "Ti"],
        [[0, 0, 0], [0.31, 0.52, 0.17], [0.63, 0.11, 0.72], [0.42, 0.83, 0.55]],
    )
    assert known_as(odd) is None
    disordered = Structure(Lattice.cubic(3), [{"Cu": 0.5, "Au": 0.5}], [[0, 0, 0]])
    assert known_as(disordered) is None


def test_known_crystals_come_before_types():
    near = L1_0.copy()
    near.apply_strain(0.02)
    found = known_as(
        L1_0, [KnownCrystal("folder", "b2.cif", B2), KnownCrystal("mp", "mp-1953", near)]
    )
    assert found == "mp: mp-1953"
