"""Random crystals."""

from __future__ import annotations

from itertools import pairwise

import pytest

from elatbot_flows.crystals import minimum_distance_ratio
from elatbot_flows.crystals.guess import describe_symmetry
from elatbot_flows.crystals.question import Question
from elatbot_flows.crystals.random_crystals import SPACEGROUPS, random_crystals
from elatbot_flows.targets import CRYSTAL_SYSTEMS


@pytest.mark.parametrize("system", CRYSTAL_SYSTEMS)
def test_crystals_have_the_system_asked_for(system):
    question = Question.read("Ti2AlNi", system, 8)
    found = random_crystals(question, seed=1, count=3)
    assert found
    for guess in found:
        assert describe_symmetry(guess.structure) == (guess.spacegroup_number, system)
        assert guess.structure.composition.reduced_composition == question.composition
        assert len(guess.structure) <= 8
        assert minimum_distance_ratio(guess.structure) >= 0.6


def test_seeds_matter_and_nothing_else_does():
    question = Question.read("TiAl3", "Orthorhombic", 8)
    first = random_crystals(question, seed=1, count=3)
    again = random_crystals(question, seed=1, count=3)
    other = random_crystals(question, seed=2, count=3)
    assert [g.structure for g in first] == [g.structure for g in again]
    assert [g.structure for g in first] != [g.structure for g in other]


def test_an_impossible_composition_ends_with_nothing():
    assert random_crystals(Question.read("Ti2Al3Ni5Cu6", "Cubic", 16), seed=0, max_trials=4) == []


def test_space_groups_are_split_without_gaps():
    ranges = sorted(SPACEGROUPS.values())
    assert ranges[0][0] == 1
    assert ranges[-1][1] == 230
    assert all(a[1] + 1 == b[0] for a, b in pairwise(ranges))
