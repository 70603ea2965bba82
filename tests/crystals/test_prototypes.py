"""The index of prototypes."""

from __future__ import annotations

from collections import Counter

import pytest

from elatbot_flows.crystals.guess import describe_symmetry, same_crystal
from elatbot_flows.crystals.intermetallics import COMMON_TYPES, common_rank
from elatbot_flows.crystals.prototypes import (
    STAND_INS,
    decorate,
    suitable_templates,
    templates,
)
from elatbot_flows.crystals.question import Question


@pytest.mark.parametrize("kind", ["A", "AB", "AB2", "AB3", "ABC", "ABC2"])
def test_symmetry_is_that_of_the_decorated_crystal(kind):
    for template in templates(kind)[::4]:
        crystal = template.filled(STAND_INS)
        assert describe_symmetry(crystal) == (template.spacegroup_number, template.crystal_system)
        assert crystal.composition.anonymized_formula == kind


def test_no_template_twice():
    seen = {}
    for template in templates("AB3"):
        crystal = template.filled(STAND_INS)
        group = (template.spacegroup_number, len(crystal))
        assert not any(same_crystal(crystal, other) for other in seen.get(group, []))
        seen.setdefault(group, []).append(crystal)


def test_half_heusler_has_three_decorations_and_the_full_one_has_one():
    assert Counter("half-Heusler" in t.label for t in templates("ABC"))[True] == 3
    assert Counter("L2_1" in t.label for t in templates("ABC2"))[True] == 1


def test_metals_get_their_common_types_first_and_others_small_cells():
    metals = suitable_templates(Question.read("TiAl", "Cubic", 16))
    assert metals[0].label.endswith("(B2)")
    others = [
        t
        for t in suitable_templates(Question.read("MgO", "Cubic", 16))
        if t.crystal_system == "Cubic"
    ]
    assert [len(t.slots) for t in others] == sorted(len(t.slots) for t in others)


def test_decorations_with_fitting_sizes_come_first():
    question = Question.read("ZrNiAl", "Hexagonal", 16)
    best = next(t for t in suitable_templates(question) if "(ZrNiAl)" in t.label)
    assert decorate(best, question.composition).label.endswith("[Al=Al Ni=Ni Zr=Zr]")


def test_every_common_type_exists():
    labels = [
        template.label
        for kind in ("A", "AB", "AB2", "AB3", "AB4", "AB5", "A2B3", "A3B5", "ABC", "ABC2", "ABC3",
                     "ABC4", "AB2C2", "AB2C3", "AB2C4", "ABCD", "A6B7")
        for template in templates(kind)
    ]  # fmt: skip
    ranks = {common_rank(label) for label in labels}
    missing = [name for rank, name in enumerate(COMMON_TYPES) if rank not in ranks]
    assert missing == []
