"""From formula and crystal system to crystals."""

from __future__ import annotations

from collections import Counter

import pytest
from pymatgen.core.composition import Composition

from elatbot_flows.crystals import (
    KnownMaterial,
    StructureGuess,
    build_structures,
    minimum_distance_ratio,
)
from elatbot_flows.crystals.guess import describe_symmetry, same_crystal
from elatbot_flows.crystals.intermetallics import INTERMETALLICS
from elatbot_flows.errors import StructureError

PROTOTYPES = ("aflow", "intermetallics")


@pytest.mark.parametrize(
    ("formula", "system", "spacegroup", "name"),
    [
        ("Ni3Al", "Cubic", 221, "L1_2"),
        ("NiAl", "Cubic", 221, "B2"),
        ("TiAl", "Tetragonal", 123, "L1_0"),
        ("Ni2MnGa", "Cubic", 225, "L2_1"),
        ("MgCu2", "Cubic", 227, "C15"),
        ("Al3Ti", "Tetragonal", 139, "D0_22"),
        ("Mg", "Hexagonal", 194, "A3"),
        ("TiNiSi", "Orthorhombic", 62, "TiNiSi"),
        ("Ti5Si3", "Hexagonal", 193, "D8_8"),
        ("CeCu2", "Orthorhombic", 74, "CeCu2"),
    ],
)
def test_the_well_known_type_is_among_the_first_three(formula, system, spacegroup, name):
    first = build_structures(formula, system, sources=PROTOTYPES)[:3]
    assert any(g.spacegroup_number == spacegroup and f"({name}" in g.label for g in first)


@pytest.mark.parametrize("formula", ["Ni3Al", "HfNi2Al", "TiNiSi", "Ti3Al4"])
@pytest.mark.parametrize("system", ["Cubic", "Hexagonal"])
def test_every_guess_is_what_it_says(formula, system):
    guesses = build_structures(formula, system, seed=3, n_random=3, max_guesses=12)
    assert 0 < len(guesses) <= 12
    for guess in guesses:
        assert guess.structure.is_ordered
        assert guess.structure.composition.reduced_formula == Composition(formula).reduced_formula
        assert len(guess.structure) <= 16
        assert len(guess.structure) == len(guess.structure.get_primitive_structure())
        assert minimum_distance_ratio(guess.structure) >= 0.6
        assert (guess.spacegroup_number, guess.crystal_system) == describe_symmetry(guess.structure)


def test_guesses_differ_from_each_other():
    guesses = build_structures("NiAl", "Tetragonal", max_guesses=24)
    for index, guess in enumerate(guesses):
        for other in guesses[:index]:
            same_group = guess.spacegroup_number == other.spacegroup_number
            volumes = guess.structure.volume / other.structure.volume
            assert not (
                same_group
                and 0.9 < volumes < 1.1
                and same_crystal(guess.structure, other.structure)
            )


def test_decorations_that_differ_are_all_made():
    heuslers = [
        guess
        for guess in build_structures("TiNiSn", "Cubic", sources=("aflow",))
        if "half-Heusler" in guess.label
    ]
    centres = set()
    for guess in heuslers:
        lengths = {}
        structure = guess.structure
        for site in structure:
            lengths[site.specie.symbol] = min(
                n.nn_distance for n in structure.get_neighbors(site, 6)
            )
        centres.add(
            next(
                site.specie.symbol
                for site in structure
                if len(
                    {
                        n.specie.symbol
                        for n in structure.get_neighbors(site, 1.01 * lengths[site.specie.symbol])
                    }
                )
                == 2
            )
        )
    assert len(heuslers) == 3
    assert centres == {"Ti", "Ni", "Sn"}


def test_same_arguments_give_same_crystals():
    first = build_structures("TiAl3", "Orthorhombic", seed=5)
    again = build_structures("TiAl3", "Orthorhombic", seed=5)
    assert [g.label for g in first] == [g.label for g in again]
    assert all(a.structure == b.structure for a, b in zip(first, again, strict=True))


@pytest.mark.slow
def test_the_asked_crystal_system_comes_first_and_others_only_in_need():
    assert {g.crystal_system for g in build_structures("Ni3Al", "cubic", sources=PROTOTYPES)} == {
        "Cubic"
    }
    fallback = build_structures("LiMgPdSn", "Hexagonal", sources=PROTOTYPES)
    assert "Cubic" in {g.crystal_system for g in fallback}
    assert all(g.label.endswith(", instead of Hexagonal") for g in fallback)
    mixed = build_structures("LiMgPdSn", "Hexagonal", sources=(*PROTOTYPES, "random"), n_random=2)
    assert [g.crystal_system == "Hexagonal" for g in mixed][:3] == [True, True, False]
    with pytest.raises(StructureError, match="no Hexagonal prototype of formula type ABCD"):
        build_structures("LiMgPdSn", "Hexagonal", sources=PROTOTYPES, other_systems=0)


def test_other_systems_are_added_on_request():
    guesses = build_structures(
        "TiFe", "Hexagonal", sources=PROTOTYPES, other_systems=3, max_guesses=8
    )
    assert len(guesses) == 8
    assert [g.label.endswith(", instead of Hexagonal") for g in guesses] == [False] * 5 + [True] * 3
    assert any("B2" in g.label for g in guesses)


def test_max_guesses_keeps_room_for_chance():
    guesses = build_structures("TiAl", "Tetragonal", max_guesses=6, n_random=2)
    assert len(guesses) == 6
    assert "random" in {guess.source for guess in guesses}


def test_what_was_tried_is_told(monkeypatch):
    monkeypatch.delenv("MP_API_KEY", raising=False)
    monkeypatch.delenv("PMG_MAPI_KEY", raising=False)
    monkeypatch.setattr("elatbot_flows.crystals.build.find_api_key", lambda _: None)
    with pytest.raises(StructureError) as caught:
        build_structures("Ti2Al3Ni5Cu6", "Cubic")
    assert caught.value.reason == "no_structure"
    for words in ("aflow: no Cubic prototype of formula type A2B3C5D6", "no key", "random"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("formula", "system", "reason"),
    [
        ("Ni3Al", "Quadratic", "unknown_crystal_system"),
        ("Ni3Xx", "Cubic", "unparsable_formula"),
        ("Ni0.5Al0.5", "Cubic", "unparsable_formula"),
        ("", "Cubic", "unparsable_formula"),
        ("Al12Mg17", "Cubic", "too_many_sites"),
        ("AtNi", "Cubic", "unknown_element_size"),
    ],
)
def test_nonsense_is_refused_with_a_reason(formula, system, reason):
    with pytest.raises(StructureError) as caught:
        build_structures(formula, system)
    assert caught.value.reason == reason


def test_an_unknown_source_is_refused():
    with pytest.raises(StructureError, match="choose from learned, aflow"):
        build_structures("Ni3Al", "Cubic", sources=("oqmd",))


def test_a_guess_survives_a_round_trip():
    guess = build_structures("NiAl", "Cubic", sources=("aflow",))[0]
    copy = StructureGuess.from_dict(guess.as_dict())
    assert copy.structure == guess.structure
    assert copy.label == guess.label


@pytest.mark.parametrize("kind", INTERMETALLICS, ids=lambda kind: kind.name)
def test_every_tabulated_type_is_a_sane_crystal(kind):
    from pymatgen.symmetry.groups import SpaceGroup

    primitive = kind.primitive()
    conventional = int("".join(c for c in kind.pearson if c.isdigit()))
    centring = {"P": 1, "I": 2, "C": 2, "F": 4}[kind.pearson[1]]
    assert len(primitive) == conventional // centring
    assert describe_symmetry(primitive)[0] == SpaceGroup(kind.spacegroup).int_number
    assert 0.8 < minimum_distance_ratio(primitive) < 1.1


def test_known_materials_take_their_place_before_chance():
    parent = INTERMETALLICS[-1].primitive()

    def search(anonymous_formula, crystal_system, max_sites):
        assert (anonymous_formula, crystal_system, max_sites) == ("A3B5", "Tetragonal", 16)
        return [KnownMaterial("mp-1", parent, 0.0)]

    guesses = build_structures("Nb5Ge3", "Tetragonal", search=search, n_random=1, sources=(
        "materials_project", "random"))  # fmt: skip
    assert [guess.source for guess in guesses] == ["materials_project", "random"]
    assert guesses[0].label == "mp-1 [Si=Ge W=Nb]"


def test_prototypes_stand_beside_likely_types_of_more_than_two_elements():
    sources = ("learned", *PROTOTYPES)
    many = build_structures("Ti2NiSb", "Cubic", sources=sources, other_systems=4)
    assert 3 < len(many) <= 8
    origins = [guess.source for guess in many]
    assert origins == sorted(origins, key=lambda source: source != "learned")
    assert set(origins) > {"learned"}
    numbers = [guess.spacegroup_number for guess in many]
    assert numbers.count(225) == 1  # the Heusler prototype is the type that was learned
    assert 123 in numbers
    few = build_structures("Ti2NiSb", "Cubic", sources=sources, max_likely=4, other_systems=4)
    assert few == many[:5]
    several = build_structures("Zr2MnAl", "Cubic", sources=sources, other_systems=4)
    assert Counter(guess.source for guess in several) == {"learned": 5, "intermetallics": 2}
    enough = build_structures("MgAlGe", "Trigonal", sources=sources, other_systems=4)
    assert [guess.source == "learned" for guess in enough] == 8 * [True] + [False]
    two = build_structures("DyRh", "Cubic", sources=sources)
    assert {guess.source for guess in two} == {"learned"}
