"""Crystals in Wyckoff positions: one description for all equivalent ones, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure, SymmOp

from elatbot_flows.crystals.intermetallics import INTERMETALLICS
from elatbot_flows.errors import ParseError
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.text.wyckoff.protostructure import Protostructure, WyckoffType
from elatbot_flows.text.wyckoff.words import parse, render

B2 = Structure(Lattice.cubic(2.89), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
RUTILE = Structure.from_spacegroup(
    "P4_2/mnm", Lattice.tetragonal(4.59, 2.95), ["Ti", "O"], [[0, 0, 0], [0.302, 0.302, 0]]
)
WURTZITE = Structure.from_spacegroup(
    "P6_3mc",
    Lattice.hexagonal(3.25, 5.2),
    ["Zn", "O"],
    [[1 / 3, 2 / 3, 0.1], [1 / 3, 2 / 3, 0.48]],
)


def test_well_known_types_have_their_positions():
    assert protostructure_of(B2).kind == WyckoffType(221, ((0, "a"), (1, "b")))
    rutile = protostructure_of(RUTILE)
    assert rutile.kind == WyckoffType(136, ((0, "a"), (1, "f")))
    assert (rutile.lattice, rutile.coordinates) == ((0.64,), ((), (0.3,)))
    assert (rutile.kind.counts, rutile.kind.formula_counts) == ((2, 4), (1, 2))


def test_the_origin_of_a_polar_group_is_at_the_first_element():
    assert protostructure_of(WURTZITE).coordinates == ((0.0,), (0.38,))


@pytest.mark.parametrize("kind", INTERMETALLICS, ids=lambda kind: kind.name)
def test_library_types_come_back_from_words(kind):
    crystal = kind.primitive()
    found = parse(render(protostructure_of(crystal)))
    assert StructureMatcher().fit(found.structure(), crystal)


@settings(max_examples=15)
@given(
    st.sampled_from([B2, RUTILE, WURTZITE]),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
    st.floats(0, 360),
)
def test_shifted_turned_and_doubled_crystals_have_one_description(crystal, shift, angle):
    moved = crystal.copy()
    moved.translate_sites(list(range(len(moved))), shift)
    moved.apply_operation(SymmOp.from_axis_angle_and_translation((1, 2, 3), angle))
    moved.make_supercell([1, 2, 1])
    assert protostructure_of(moved) == protostructure_of(crystal)


def test_elements_of_equal_amount_may_change_places():
    nickeline = WyckoffType(194, ((0, "a"), (1, "c")))
    swapped = WyckoffType(194, ((0, "c"), (1, "a")))
    assert nickeline.anonymous() == swapped.anonymous()


def test_disordered_crystals_are_refused():
    mixed = Structure(Lattice.cubic(3.5), [{"Ni": 0.5, "Al": 0.5}], [[0, 0, 0]])
    with pytest.raises(ParseError) as error:
        protostructure_of(mixed)
    assert error.value.reason == "disordered"


@pytest.mark.parametrize(
    ("coordinates", "lattice", "reason"),
    [(((), (0.0,)), (0.64,), "coincident_atoms"), (((), (0.3,)), (0.0,), "no_cell")],
)
def test_numbers_that_make_no_crystal_are_refused(coordinates, lattice, reason):
    kind = WyckoffType(136, ((0, "a"), (1, "f")))
    with pytest.raises(ParseError) as error:
        Protostructure(kind, ("Ti", "O"), lattice, coordinates).structure()
    assert error.value.reason == reason
