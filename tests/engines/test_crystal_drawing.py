"""Crystals of models: those that know them give them back, others end in reasons."""

from __future__ import annotations

from collections import Counter

import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from elatbot_flows.crystals.geometry import predict_volume
from elatbot_flows.engines.crystal_drawing import draw_crystals, draw_crystals_of
from elatbot_flows.engines.crystal_writer import CrystalWishes
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.errors import TargetError
from elatbot_flows.targets import DesignTarget
from elatbot_flows.text.crystals import lines
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.formats.crystals import CrystalFormat
from elatbot_flows.text.question import Template
from engines.nano_gpt import B2, L12, LESSONS, converted, random_weights
from engines.overfitted import one_text, teach_adapter
from engines.tiny_models import make_tiny_llama
from scripted_engine import ScriptedSettings, scripted

SAME = StructureMatcher(scale=False, attempt_supercell=False)
TARGET = DesignTarget(bulk_modulus=(100, 200), elements=("Ni", "Al", "Cu"), max_sites=4)
KNOWN = [
    (CrystalWishes(("NiAl",)), B2, "Cubic"),
    (CrystalWishes(("Ni3Al",), space_groups=(221,)), L12, "Cubic"),
]


def writing(*answers, dialect="crystal-text-llm"):
    """A model that writes crystals as it was told to."""
    template = Template.BEGIN if dialect == "crystal-text-llm" else Template.RAW
    return TextModel(ScriptedSettings((("", answers),), template=template), dialect)


@pytest.mark.parametrize(("wishes", "crystal", "system"), KNOWN)
def test_a_checkpoint_that_knows_crystals_gives_them_back(
    knowing_crystallm, wishes, crystal, system
):
    model = text_model(knowing_crystallm)
    assert (model.dialect, model.writes_crystals) == ("crystallm", True)
    drawn = draw_crystals(model, TARGET, 2, seed=0, wishes=wishes, temperature=0.0)
    for one in drawn:
        assert (one.reason, one.crystal_system, one.repairs) == (None, system, ())
        assert one.space_group == one.stated_space_group == 221
        assert SAME.fit(one.structure, crystal)
        assert one.completion.text.startswith(("loop_", "_cell"))


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    """Folders of a Llama and of an adapter that learned crystals as crystal-text-llm is taught."""
    place, asked = tmp_path_factory.mktemp("llama"), formats_of("crystal-text-llm")["crystal"]
    base = make_tiny_llama(place / "base")
    rows = [asked.training_row(*lesson) for lesson in LESSONS]
    return base, teach_adapter(place / "adapter", base, rows, rank=32, coded=one_text)


@pytest.mark.parametrize(("wishes", "crystal", "system"), KNOWN)
def test_an_adapter_that_knows_crystals_gives_them_back(adapted, wishes, crystal, system):
    base, adapter = map(str, adapted)
    model = text_model(base, adapter=adapter, dialect="crystal-text-llm")
    (one,) = draw_crystals(model, TARGET, 1, seed=0, wishes=wishes, temperature=0.0)
    assert one.completion.prompt.startswith("<s>Below is")
    assert (one.reason, one.crystal_system) == (None, system)
    assert SAME.fit(one.structure, crystal)


def test_all_that_a_model_of_chance_writes_has_a_reason(tmp_path):
    model = text_model(str(converted(tmp_path, random_weights())))
    drawn = draw_crystals(model, None, 2, seed=0, wishes=CrystalWishes(("NiAl",), units=(1, 2)))
    assert [one.structure for one in drawn] == [None, None]
    assert all(one.reason and one.message and one.completion.text for one in drawn)
    assert {one.completion.prompt for one in drawn} == {"data_Al1Ni1\n", "data_Al2Ni2\n"}


def test_what_breaks_the_request_has_a_reason_and_its_crystal():
    gold = Structure(Lattice.cubic(2.9), ["Au", "Al"], [[0, 0, 0], [0.5] * 3])
    large = Structure(Lattice.cubic(6), ["Ni"] * 5, [[0.2 * k, 0.1 * k * k, 0] for k in range(5)])
    model = writing(*map(lines.render, (B2, gold, large)), "no crystal", "")
    drawn = draw_crystals(model, TARGET, 5, seed=0)
    reasons = [None, "element_not_allowed", "too_many_sites", "unknown_format", "empty"]
    assert [one.reason for one in drawn] == reasons
    assert [one.formula for one in drawn[:3]] == ["AlNi", "AlAu", "Ni"]
    other = draw_crystals(model, TARGET, 1, seed=0, wishes=CrystalWishes(("Ni3Al",)))
    assert [(one.reason, one.formula) for one in other] == [("other_formula", "AlNi")]


def test_two_decimals_are_put_where_the_symmetry_wants_them():
    omega = Structure.from_spacegroup(
        "P6/mmm", Lattice.hexagonal(4.577, 2.829), ["Ti", "Ti"], [[0, 0, 0], [1 / 3, 2 / 3, 0.5]]
    )
    (one,) = draw_crystals(writing(lines.render(omega)), None, 1, seed=0)
    assert (one.space_group, one.crystal_system) == (191, "Hexagonal")
    assert one.structure.get_space_group_info(1e-4) == ("P6/mmm", 191)


def test_a_crystal_without_a_size_gets_the_predicted_one(monkeypatch):
    monkeypatch.setattr(CrystalFormat, "sized", False)
    tiny = B2.copy()
    tiny.scale_lattice(12)
    (one,) = draw_crystals(writing(lines.render(tiny)), None, 1, seed=0)
    assert one.structure.volume == pytest.approx(predict_volume(B2))


def test_another_model_names_the_formulas():
    """Its rubbish is counted, and each formula is asked for in all ways."""
    speller = scripted([("", ["NiAl, Cubic", "nothing", "Cu3Au, Cubic"])])
    model = writing(lines.render(B2))
    wishes = CrystalWishes(space_groups=(221, 123))
    exact = DesignTarget(bulk_modulus=(150, 150), elements=("Ni", "Al", "Cu"))
    drawn = draw_crystals_of(model, speller, exact, 6, seed=0, wishes=wishes)
    reasons = Counter(one.reason for one in drawn)
    assert reasons == {None: 2, "element_not_allowed": 1, "not_a_material": 1}
    good = [one for one in drawn if one.reason is None]
    assert {one.request.space_group for one in good} == {221, 123}
    assert {one.named_by.text for one in good} == {"NiAl, Cubic"}


@pytest.mark.parametrize(
    ("dialect", "wishes", "words"),
    [
        ("crystallm", CrystalWishes(), "completes formulas"),
        ("crystallm", CrystalWishes(("NiAl",), above_hull=0.0), "no words for above_hull"),
        ("crystal-text-llm", CrystalWishes(units=(2,)), "no words for units"),
        ("crystal-text-llm", CrystalWishes(("Xx",)), "no crystal can be asked for"),
        ("crystal-text-llm", CrystalWishes(space_groups=(231,)), "none of the 230"),
        ("crystallm", CrystalWishes(("NiAl",), units=(0,)), "1 or more"),
    ],
)
def test_wishes_that_cannot_be_said_are_refused(dialect, wishes, words):
    with pytest.raises(TargetError, match=words):
        draw_crystals(writing("", dialect=dialect), None, 1, seed=0, wishes=wishes)
