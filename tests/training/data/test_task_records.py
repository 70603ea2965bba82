"""Every task is written by its format, and what cannot be written says why."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from elatbot_flows.documents import Averages, Description, LabelledMaterial
from elatbot_flows.elasticity.laue import laue_class, project_on_laue_class
from elatbot_flows.errors import TargetError
from elatbot_flows.text.alloy import parse_alloy, simplest_formula
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.training.data.axes import turned_to_z
from elatbot_flows.training.data.json_lines import read_json_lines
from elatbot_flows.training.data.task_records import RecordSettings, material_records, stamp
from recorded_elasticity import L1_0, TURNED, cubic, fcc

NOW = datetime(2030, 1, 2, tzinfo=UTC)
ALL = RecordSettings(("elatbot", "elatbot-constants", "compact-2"))


def material(formula="AlNi3", **fields):
    return LabelledMaterial(
        **{
            "material_id": "mp-1", "origin": "here", "label": "given", "last_updated": NOW,
            "formula": simplest_formula(formula), "written": formula,
            "chemsys": parse_alloy(formula).chemical_system,
        } | fields
    )  # fmt: skip


def words(**fields):
    told = {"material_id": "mp-1", "made_from": "", "seconds": 1.0, "last_updated": NOW}
    return Description(**told | fields)


COPPER = material(
    "Cu",
    structure=fcc("Cu", 3.61),
    crystal_system="Cubic",
    elastic_tensor=cubic(170.0, 121.0, 76.0),
)
SAID = words(words="Cu is Copper structured.")


def by_name(found):
    return {f"{record.dialect}/{record.task}": record for record in found.records}


def test_a_crystal_with_tensor_and_words_is_asked_in_every_task():
    found = material_records(COPPER, SAID, ALL)
    assert found.dropped == {}
    records = by_name(found)
    expected = {f"{d}/{task}" for d in ALL.dialects for task in formats_of(d)}
    assert set(records) == expected
    assert len(records) == 21
    tensor = records["elatbot/tensor"]
    assert (tensor.record_id, tensor.source) == ("mp-1:elatbot:tensor", "mp-1")
    assert tensor.input.endswith("Cu is Copper structured.")
    assert tensor.answer == str(cubic(170.0, 121.0, 76.0))
    assert records["elatbot-constants/tensor"].answer == "C11=170.0, C12=121.0, C44=76.0"
    assert records["elatbot/bulk_modulus"].answer == "137.33"
    assert records["elatbot/generation"].answer == "Cu, Cubic"
    assert records["compact-2/bulk_modulus"].answer == "1 3 7"
    assert records["compact-2/shear_modulus"].answer == "0 4 8"
    assert records["compact-2/tensor"].answer == "1 7 0 1 2 1 0 7 6"
    assert records["elatbot/infill"].answer == "Cu"


def test_an_alloy_at_room_temperature():
    nickel = material(
        "Ni75.5Al24.5", crystal_system="Cubic", temperature=300.0,
        elastic_tensor=cubic(223.0, 148.5, 125.0),
    )  # fmt: skip
    found = material_records(nickel, None, ALL)
    records = by_name(found)
    assert records["elatbot/tensor"].instruction.startswith(
        "Given a material description, predict its elastic tensor at 300K temperature"
    )
    assert "'Ni': 75.5" in records["elatbot/infill"].input
    assert "total is 100%" in records["elatbot/infill"].input
    assert records["elatbot/generation"].answer.endswith(", cubic")
    assert records["elatbot-constants/tensor"].answer == "C11=223.0, C12=148.5, C44=125.0"
    assert {what for what, why in found.dropped.items() if why == "wrong_temperature"} == {
        "compact-2/generation", "compact-2/infill",
    }  # fmt: skip
    assert " at 0 3 0 0 Ni 7 5 . 5 0" in records["compact-2/bulk_modulus"].input
    assert found.dropped["elatbot/tensor_from_structure"] == "no_structure"


@pytest.mark.parametrize(
    ("description", "reason"),
    [(None, "no_description"), (words(reason="timed_out", message="60 s"), "timed_out")],
)
def test_without_words_nobody_asks_for_them_now(monkeypatch, description, reason):
    from elatbot_flows.text import robocrys_text

    monkeypatch.setattr(robocrys_text, "describe", lambda _: pytest.fail("describes"))
    found = material_records(COPPER, description)
    assert found.dropped == dict.fromkeys(
        [f"elatbot/{t}" for t in ("tensor_from_words", "tensor_from_full_text", "tensor")]
        + ["elatbot/bulk_modulus"],
        reason,
    )
    assert len(found.records) == 4


def test_labels_that_do_not_fit_the_answer_are_dropped_with_a_reason():
    skewed = np.array(cubic(170.0, 121.0, 76.0))
    skewed[3, 3] = 60.0
    crystal = COPPER.model_copy(update={"elastic_tensor": skewed.tolist()})
    found = material_records(crystal, SAID, ALL)
    wrong = {what for what, why in found.dropped.items() if why == "wrong_symmetry"}
    assert len(wrong) == 6
    assert all(what.partition("/")[2].startswith("tensor") for what in wrong)
    hill = COPPER.model_copy(
        update={"elastic_tensor": None, "crystal_system": "Hexagonal",
                "bulk_modulus": Averages(vrh=140.0)}
    )  # fmt: skip
    reasons = material_records(hill, SAID).dropped
    assert reasons["elatbot/bulk_modulus"] == "no_voigt_bulk_modulus"
    assert reasons["elatbot/tensor"] == "no_tensor"


def test_tetragonal_labels_are_turned_unless_they_are_wanted_as_published():
    gold = material("CuAu", structure=L1_0, crystal_system="Tetragonal", elastic_tensor=TURNED)
    found = material_records(gold, SAID, ALL)
    records = by_name(found)
    assert found.turned
    constants = "C11=150.0, C12=100.0, C13=120.0, C33=200.0, C44=60.0, C66=30.0"
    assert records["elatbot-constants/tensor"].answer == constants
    assert records["elatbot/tensor"].answer.startswith("[[150.0, 100.0, 120.0,")
    asis = material_records(gold, SAID, RecordSettings(ALL.dialects, turn=False))
    assert not asis.turned
    assert by_name(asis)["elatbot/tensor"].answer == str(TURNED)
    assert asis.dropped["elatbot-constants/tensor"] == "wrong_symmetry"


@pytest.mark.parametrize("laue", ["4/m", "4/mmm"])
def test_turning(laue):
    z = np.array(cubic(150.0, 100.0, 60.0))
    z[0, 2] = z[2, 0] = z[1, 2] = z[2, 1] = 120.0
    z[2, 2], z[5, 5] = 200.0, 30.0
    for order in ((0, 1, 2, 3, 4, 5), (1, 2, 0, 4, 5, 3), (2, 0, 1, 5, 3, 4)):
        turned = turned_to_z(z[np.ix_(order, order)], laue)
        assert turned is None if order[0] == 0 else np.array_equal(turned, z)
    assert turned_to_z(TURNED, "mmm") is None
    assert turned_to_z(np.diag([1.0, 20.0, 40.0, 1.0, 20.0, 40.0]), laue) is None


def test_cleaning_comes_first_and_can_be_left_out():
    hard = COPPER.model_copy(update={"bulk_modulus": Averages(voigt=1200.0)})
    found = material_records(hard, SAID)
    assert (found.step, found.reason, found.records) == (
        "moduli_within_range",
        "large_modulus",
        [],
    )
    assert material_records(hard, SAID, RecordSettings(clean=False)).records


def test_records_are_made_anew_when_anything_changes():
    first = stamp(COPPER, SAID, ALL)
    later = COPPER.model_copy(update={"last_updated": datetime(2031, 1, 1, tzinfo=UTC)})
    assert stamp(later, SAID, ALL) == first
    moved = COPPER.model_copy(update={"structure": fcc("Cu", 3.7)})
    changed = [
        stamp(moved, SAID, ALL), stamp(COPPER, None, ALL), stamp(COPPER, SAID, RecordSettings()),
    ]  # fmt: skip
    assert len({first, *changed}) == 4


def test_unknown_tasks_are_refused():
    with pytest.raises(TargetError, match=r"compact-2 knows no task 'poetry': choose from"):
        RecordSettings(("compact-2",), ("poetry",))


@pytest.mark.shared
def test_published_tensors_in_a_turned_setting(shared):
    """28 of 706; turned, all but four of the 706 keep their Laue class within 1 GPa."""
    rows = read_json_lines(shared / "data" / "elastic_tensors_0K.jsonl.gz")
    turned = kept = 0
    for row in rows:
        laue, tensor = laue_class(row["point_group"]), row["elastic_tensor_GPa"]
        found = turned_to_z(tensor, laue)
        turned += found is not None
        nearest = project_on_laue_class(tensor if found is None else found, laue).tensor
        kept += np.abs(nearest - (tensor if found is None else found)).max() <= 1.0
    assert (turned, kept, len(rows)) == (28, 702, 706)
