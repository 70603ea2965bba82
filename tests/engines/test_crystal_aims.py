"""Models that have words for moduli are told what a target wants; others are not."""

from __future__ import annotations

import pytest

from elatbot_flows.crystals.geometry import predict_volume
from elatbot_flows.engines.crystal_drawing import draw_crystals, draw_crystals_of
from elatbot_flows.engines.crystal_writer import CrystalWishes
from elatbot_flows.engines.text_model import TextModel
from elatbot_flows.errors import TargetError
from elatbot_flows.targets import DesignTarget
from elatbot_flows.text.question import Template
from scripted_engine import ScriptedSettings, scripted

TARGET = DesignTarget(
    bulk_modulus=(100, 200), shear_modulus=(60, None), elements=("Ni", "Al", "Cu"), max_sites=4
)
PUBLISHED = TextModel(ScriptedSettings((("", ("",)),), template=Template.BEGIN), "crystal-text-llm")
B2 = "sg221 01 Ni @a Al @b /"


def writing(*answers):
    settings = ScriptedSettings((("", answers),), template=Template.RAW)
    return TextModel(settings, "wyckoff-1", elements=("Al", "Au", "Cu", "Ni"))


def test_moduli_and_elements_of_a_target_are_asked_for():
    writer = writing("").crystal_writer(CrystalWishes(space_groups=(221,)))
    asked = writer.plan(TARGET, 20, seed=0, elements=("Ni", "Al"))
    assert asked == writer.plan(TARGET, 20, seed=0, elements=("Ni", "Al"))
    for one in asked:
        assert 100 <= one.bulk_modulus <= 200
        assert 60 <= one.shear_modulus <= 450
        assert set(one.elements) == {"Ni", "Al"}
        assert (one.allowed, one.most_sites, one.space_group) == (("Al", "Ni"), 4, 221)
    assert len({one.bulk_modulus for one in asked}) == 20
    free = writer.plan(DesignTarget(bulk_modulus=(10, 20)), 1, seed=0)[0]
    assert (free.elements, free.allowed) == (None, ("Al", "Au", "Cu", "Ni"))
    assert {len(one.elements) for one in writer.plan(TARGET, 20, seed=0)} == {2, 3}


def test_systems_and_elements_can_be_wished_for():
    wishes = CrystalWishes(crystal_systems=("Cubic", "Trigonal"), elements=("Cu", "Al"))
    asked = writing("").crystal_writer(wishes).plan(TARGET, 2, seed=0)
    assert {one.crystal_system for one in asked} == {"Cubic", "Trigonal"}
    assert {one.elements for one in asked} == {("Cu", "Al")}
    (alone,) = writing("").crystal_writer().plan(DesignTarget(shear_modulus=(40, 50)), 1, seed=0)
    assert alone.stated == {"shear_modulus"}
    with pytest.raises(TargetError, match="no words for crystal_system, elements"):
        draw_crystals(PUBLISHED, None, 1, seed=0, wishes=wishes)


def test_others_are_not_told():
    (one,) = PUBLISHED.crystal_writer().plan(TARGET, 1, seed=0)
    assert one.stated == frozenset()
    assert "not told moduli" in PUBLISHED.crystal_writer().told()
    assert "is told moduli" in writing("").crystal_writer().told()


def test_crystals_in_wyckoff_positions_get_their_size():
    (good,) = draw_crystals(writing(f"Ni 01 Al 01 : {B2}"), TARGET, 1, seed=0)
    (bad,) = draw_crystals(writing(f"Ni 01 Al 02 : {B2}"), TARGET, 1, seed=0)
    assert (good.reason, good.formula, good.space_group) == (None, "AlNi", 221)
    assert good.structure.volume == pytest.approx(predict_volume(good.structure))
    assert bad.reason == "contradicts_formula"
    assert "bulk" in good.completion.prompt


def test_formulas_that_another_model_names_are_completed_for_the_target():
    speller = scripted([("", ["NiAl, Cubic"])])
    exact = DesignTarget(bulk_modulus=(150, 150), elements=("Ni", "Al"))
    (one,) = draw_crystals_of(writing(B2), speller, exact, 1, seed=0, wishes=CrystalWishes())
    assert one.completion.prompt == "<s> complete Ni 01 Al 01 bulk 78 :"
    assert (one.reason, one.formula) == (None, "AlNi")
