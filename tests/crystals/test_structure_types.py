"""Structure types ranked by compounds of similar elements."""

from __future__ import annotations

import shutil

import pytest
from pymatgen.core import Composition

from elatbot_flows.crystals import build_structures
from elatbot_flows.crystals.geometry import OVERLAP, minimum_distance_ratio
from elatbot_flows.crystals.guess import describe_symmetry, same_crystal
from elatbot_flows.crystals.question import Question
from elatbot_flows.crystals.ranking import ENOUGH, LEAST, likely_guesses
from elatbot_flows.crystals.structure_types import (
    FOLDER,
    TYPES,
    StructureTypes,
    load_structure_types,
)
from elatbot_flows.errors import StructureError


@pytest.mark.parametrize(
    ("formula", "spacegroup", "letters"),
    [
        ("CoAl", 221, "ab"),
        ("NiAl", 221, "ab"),
        ("Ni3Al", 221, "ac"),
        ("KCl", 225, "ab"),
        ("ZrCr2", 227, "ad"),
        ("MgF2", 136, "af"),
        ("Ni2TiAl", 225, "abc"),
        ("Mo", 229, "a"),
    ],
)
def test_what_everybody_knows_is_most_probable_or_nearly(formula, spacegroup, letters):
    first = load_structure_types().likely(Composition(formula))[:3]
    found = [(one.kind.spacegroup, "".join(at for _, at in one.kind.sites)) for one in first]
    assert (spacegroup, letters) in found


def test_a_compound_that_was_not_learned_has_the_type_of_its_likes():
    """Without CoAl and NiAl the others tell that both are B2."""
    known = load_structure_types()
    left_out = {"Al-Ni", "Ni-Al", "Al-Co", "Co-Al"}
    lines = []
    for line in known.lines((1, 1)):
        usual, voters = line.split("|")
        left = [name for name in voters.split() if name not in left_out]
        lines += [f"1 1|{usual}|{' '.join(left)}"] if left else []
    for formula in ("NiAl", "CoAl"):
        best = StructureTypes(known.metric, lines).likely(Composition(formula))[0]
        assert (best.kind.spacegroup, best.kind.sites) == (221, ((0, "a"), (1, "b")))
        assert best.probability > 0.3


def test_probabilities_sum_to_one_and_fall():
    likely = load_structure_types().likely(Composition("Fe3C"))
    chances = [one.probability for one in likely]
    assert sum(chances) == pytest.approx(1.0)
    assert chances == sorted(chances, reverse=True)
    assert len({one.kind for one in likely}) == len(likely)


def test_formula_types_nobody_learned_have_none():
    assert load_structure_types().likely(Composition("Ni37Al13")) == []


def test_too_heavy_elements_are_named():
    with pytest.raises(StructureError, match="Rf"):
        load_structure_types().likely(Composition("RfAl"))


def test_guesses_are_what_they_say():
    question = Question.read("TiAl", "Tetragonal", 16)
    guesses = likely_guesses(question, 8)
    assert 2 <= len(guesses) <= 8
    chances = [guess.probability for guess in guesses]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances[:-1]) < ENOUGH
    assert min(chances[2:], default=1.0) >= LEAST
    for number, guess in enumerate(guesses):
        crystal = guess.structure
        assert crystal.composition.reduced_formula == "TiAl"
        assert (guess.spacegroup_number, guess.crystal_system) == describe_symmetry(crystal)
        assert minimum_distance_ratio(crystal) >= OVERLAP
        assert not any(same_crystal(crystal, other.structure) for other in guesses[:number])


@pytest.mark.parametrize(
    ("formula", "system", "fewest"), [("Nd2ZnSi", "Cubic", 3), ("DyRh", "Cubic", 2)]
)
def test_some_types_are_tried_however_sure_the_first_is(formula, system, fewest):
    guesses = likely_guesses(Question.read(formula, system, 16), 8)
    assert guesses[0].probability > 0.9
    assert len(guesses) == fewest
    assert len(likely_guesses(Question.read(formula, system, 16), 1)) == 1


def test_types_with_more_sites_than_allowed_are_left_out():
    guesses = likely_guesses(Question.read("TiAl", "Tetragonal", 2), 8)
    assert guesses
    assert all(len(guess.structure) == 2 for guess in guesses)


def test_learned_types_replace_others_where_they_were_found_better():
    guesses = build_structures("CuAu", "Cubic", sources=("learned", "intermetallics"))
    assert {guess.source for guess in guesses} == {"learned"}
    heusler = likely_guesses(Question.read("Ni2TiAl", "Cubic", 16), 8)[0]
    assert heusler.spacegroup_number == 225
    assert likely_guesses(Question.read("Ni5TiAl3", "Cubic", 16), 8) == []


def test_damaged_files_are_refused(tmp_path):
    folder = tmp_path / "types"
    shutil.copytree(FOLDER, folder)
    (folder / TYPES).write_bytes(b"")
    with pytest.raises(StructureError) as error:
        load_structure_types(folder)
    assert error.value.reason == "damaged"
