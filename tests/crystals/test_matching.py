"""Ordered variants of one alloy are one material; other lattices and salts are others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from elatbot_flows.crystals.matching import DisorderedMatcher, interchangeable

FCC = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
MATCHER = DisorderedMatcher()


def l1_0(a="Cu", b="Au", edge=3.9, ratio=0.95):
    """Layers of an fcc lattice along [001]."""
    return Structure(Lattice.tetragonal(edge, ratio * edge), [a, a, b, b], FCC)


def l1_1(a="Cu", b="Au", edge=3.9):
    """Layers of an fcc lattice along [111]."""
    sums = [(i, j, k) for i in range(2) for j in range(2) for k in range(2)]
    lattice = Lattice.from_parameters(*[edge * 2**0.5] * 3, 60, 60, 60)
    sites = [[i / 2, j / 2, k / 2] for i, j, k in sums]
    return Structure(lattice, [(a, b)[sum(s) % 2] for s in sums], sites)


def b2(a="Cu", b="Au", edge=3.1):
    return Structure(Lattice.cubic(edge), [a, b], [[0, 0, 0], [0.5, 0.5, 0.5]])


def b32(a="Cu", b="Au", edge=6.2):
    """NaTl: a bcc lattice ordered as two interpenetrating diamonds."""
    sites = [[0.0] * 3, [0.5] * 3]
    return Structure.from_spacegroup("Fd-3m", Lattice.cubic(edge), [a, b], sites)


def l1_2(corner="Al", face="Ni", edge=3.57):
    return Structure(Lattice.cubic(edge), [corner, face, face, face], FCC)


def d0_22(one="Al", other="Ni", edge=3.57):
    """L1_2 with an antiphase boundary in every layer."""
    sites = [[x, y, z / 2] for x, y, z in FCC] + [[x, y, (z + 1) / 2] for x, y, z in FCC]
    kinds = [one, other, other, other, other, one, other, other]
    return Structure(Lattice.tetragonal(edge, 2 * edge), kinds, sites)


def salt(kind, a="Na", b="Cl"):
    if kind == "B1":
        return Structure.from_spacegroup(225, Lattice.cubic(5.6), [a, b], [[0] * 3, [0.5] * 3])
    return b2(a, b, 3.4)


@pytest.mark.parametrize("pair", [("Cu", "Au"), ("Ni", "Co"), ("Ni", "Al"), ("Nb", "Mo")])
def test_orderings_of_one_lattice_are_one_material(pair):
    assert MATCHER.fit(l1_0(*pair), l1_1(*pair))
    assert MATCHER.fit(b2(*pair), b32(*pair))
    assert MATCHER.fit(l1_2(*pair), d0_22(*pair))
    assert MATCHER.fit(l1_0(*pair), l1_0(*reversed(pair)))


def test_orderings_of_different_lattices_are_different():
    assert not MATCHER.fit(l1_0(ratio=1.0), b2())
    assert not MATCHER.fit(l1_0(ratio=0.93), b2())  # CuAu
    assert MATCHER.fit(l1_0(ratio=0.5**0.5), b2())  # this strain turns fcc into bcc


def test_the_disordered_alloy_is_the_same_material():
    mixed = Structure(Lattice.cubic(3.9), [{"Cu": 0.5, "Au": 0.5}] * 4, FCC)
    poor = Structure(Lattice.cubic(3.9), [{"Cu": 0.7, "Au": 0.3}] * 4, FCC)
    assert MATCHER.fit(mixed, l1_0())
    assert MATCHER.fit(l1_1(), mixed)
    assert not MATCHER.fit(mixed, b2())
    assert not MATCHER.fit(mixed, poor)


def test_salts_keep_their_sites():
    assert not MATCHER.fit(salt("B1"), salt("B2"))
    assert MATCHER.fit(salt("B1"), salt("B1").get_primitive_structure())
    assert not MATCHER.fit(b2("Na", "Cl"), b32("Na", "Cl"))
    charged = salt("B1").copy().add_oxidation_state_by_element({"Na": 1, "Cl": -1})
    assert MATCHER.fit(charged, salt("B1"))


def test_other_formulas_and_elements_differ():
    assert not MATCHER.fit(l1_2("Al", "Ni"), l1_2("Ni", "Al"))
    assert not MATCHER.fit(b2("Cu", "Au"), b2("Cu", "Ag"))


def test_partly_empty_sites_match_only_themselves():
    gaps = Structure(Lattice.cubic(3.9), [{"Cu": 0.5}, "Au", "Cu", "Au"], FCC)
    assert MATCHER.fit(gaps, gaps.copy())
    assert not MATCHER.fit(gaps, Structure(Lattice.cubic(3.9), ["Cu", "Au", "Au"], FCC[:3]))


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("Cu", "Au"), True),
        (("Ni", "Al"), True),
        (("Ba", "Sr"), True),
        (("Na", "Cl"), False),  # both limits
        (("Be", "Po"), False),  # size
        (("Ti", "N"), False),
        (("Ag", "O"), False),
        (("Ar", "Cl"), False),  # no electronegativity
        (("He", "H"), False),
        (("At", "I"), False),  # no radius
    ],
)
def test_pairs(pair, expected):
    assert interchangeable(*pair) is expected
    assert interchangeable(*reversed(pair)) is expected


def test_chains_of_pairs_are_merged():
    strict = {"radius_difference": 0.12}
    assert interchangeable("Zr", "Ti", **strict)
    assert interchangeable("Ti", "Al", **strict)
    assert not interchangeable("Zr", "Al", **strict)
    matcher = DisorderedMatcher(**strict)
    assert not matcher.fit(b2("Zr", "Al"), b32("Zr", "Al"))
    for order in (("Zr", "Al", "Ti"), ("Ti", "Al", "Zr"), ("Al", "Ti", "Zr")):
        first = Structure(Lattice.cubic(6), [*order[:2], order[2], order[2]], FCC)
        second = Structure(Lattice.cubic(6), [order[2], *order[:2], order[2]], FCC)
        assert matcher.fit(first, second)


def test_groups_are_in_order_and_complete():
    crystals = [salt("B1"), l1_0(), b2(), l1_1(), salt("B2"), l1_0("Ni", "Co"), b32(), salt("B1")]
    assert MATCHER.group(crystals) == [[0, 7], [1, 3], [2, 6], [4], [5]]
    assert MATCHER.group([]) == []
    assert MATCHER.among([l1_1(), salt("B1"), b2()], [l1_0(), salt("B2")]) == [True, False, False]


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    number=st.integers(0, 5),
    scale=st.floats(0.9, 1.1),
    order=st.permutations(range(3)),
    shift=st.tuples(*[st.floats(0, 1)] * 3),
)
def test_size_axes_origin_and_cell_do_not_matter(number, scale, order, shift):
    crystal = [l1_0(), l1_1(), b2(), salt("B1"), salt("B2"), l1_2()][number]
    moved = crystal.copy()
    moved.scale_lattice(crystal.volume * scale)
    moved.translate_sites(range(len(moved)), shift)
    moved = Structure(
        Lattice(moved.lattice.matrix[list(order)]),
        moved.species,
        moved.frac_coords[:, list(order)],
    )
    moved.make_supercell([2, 1, 1])
    assert MATCHER.fit(crystal, moved)
    assert MATCHER.fit(moved, crystal)
