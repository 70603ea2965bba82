"""The shipped combination: members by any name, estimates, intervals, clear refusals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.targets import Interval
from elatbot_flows.uncertainty import Combination, kind_of, load_combination
from elatbot_flows.uncertainty.kinds import ALL_METAL, WITH_NONMETAL

TENSORNET = "TensorNet-PES-MatPES-PBE-2025.1"
TEXT = (158.0, 12.0)
VALUES = {"7net-0": 160.0, TENSORNET: 155.0, "elatbot-mini": TEXT}

moduli = st.floats(1, 400)
opinions = st.fixed_dictionaries(
    {},
    optional={
        "7net-0": moduli,
        TENSORNET: moduli,
        "elatbot-mini": st.tuples(moduli, st.floats(0.1, 100)),
    },
).filter(bool)


@pytest.fixture(scope="module")
def combination():
    return load_combination()


def test_agreeing_members_give_a_narrow_interval_around_them(combination):
    found = combination.combine(VALUES)
    assert found.low < 155 < found.value < 175 < found.high + 10
    assert found.outlier is None
    assert found.members == {"7net-0": 160.0, TENSORNET: 155.0, "elatbot-mini": 158.0}
    assert sum(found.weights.values()) == pytest.approx(1)
    assert found.unused == ()


def test_disagreement_widens_the_interval_and_names_the_one(combination):
    agreed = combination.combine(VALUES)
    found = combination.combine(VALUES | {TENSORNET: 40.0})
    assert found.outlier == TENSORNET
    assert found.disagreement.outlier == TENSORNET
    assert found.sigma > agreed.sigma
    assert found.high - found.low > agreed.high - agreed.low
    assert abs(found.value - agreed.value) < 15


def test_more_members_know_more(combination):
    together = combination.combine(VALUES)
    for name, value in VALUES.items():
        assert combination.combine({name: value}).sigma > together.sigma


@pytest.mark.parametrize("spelling", [f"/some/where/{TENSORNET}", f"weights/{TENSORNET}/", "hash"])
def test_a_member_is_known_by_name_directory_or_hash(combination, spelling):
    if spelling == "hash":
        spelling = next(m.weights_sha256[0] for m in combination.members if m.name == TENSORNET)
    assert combination.member(spelling) == TENSORNET
    plain = combination.combine({TENSORNET: 155.0})
    assert combination.combine({spelling: 155.0}).value == plain.value


def test_other_weights_are_another_member(combination):
    assert combination.member("TensorNet-PES-MatPES-PBE-2025.2") is None
    found = combination.combine(VALUES | {"chgnet": 10.0, "7net-0": None})
    assert set(found.members) == {TENSORNET, "elatbot-mini"}
    assert set(found.unused) == {"7net-0", "chgnet"}


def test_shear_modulus_does_without_the_text_model(combination):
    found = combination.combine({TENSORNET: 50.0, "elatbot-mini": TEXT}, property="shear_modulus")
    assert list(found.members) == [TENSORNET]
    assert found.unused == ("elatbot-mini",)


@pytest.mark.parametrize(
    ("values", "name", "words"),
    [
        ({"chgnet": 10.0}, "bulk_modulus", "'chgnet'.*it knows 7net-0"),
        ({}, "bulk_modulus", "no names"),
        ({"7net-0": None}, "bulk_modulus", "usable value"),
        ({"7net-0": -5.0}, "bulk_modulus", "usable value"),
        (VALUES, "youngs_modulus", "choose bulk_modulus or shear_modulus"),
        ({"7net-0": 1.0, "dir/7net-0": 2.0}, "bulk_modulus", "two values"),
    ],
)
def test_what_cannot_be_combined_is_refused_with_the_remedy(combination, values, name, words):
    with pytest.raises(UncertaintyError, match=words):
        combination.combine(values, property=name)


@given(opinions)
def test_every_subset_gives_a_sound_estimate(values):
    found = load_combination().combine(values)
    assert 0 <= found.low <= found.value <= found.high
    assert found.sigma > 0
    wider = found.interval(0.95)
    assert wider[0] <= found.low
    assert found.high <= wider[1]
    assert found.probability((0.0, 1e6)) == pytest.approx(1, abs=0.01)
    below, above = found.probability((0.0, found.value)), found.probability((found.value, 1e6))
    assert below + above == pytest.approx(1, abs=0.01)


def test_probability_agrees_with_the_interval(combination):
    found = combination.combine(VALUES, coverage=0.8)
    assert found.probability(Interval(found.low, found.high)) == pytest.approx(0.8, abs=0.05)
    assert found.probability((300, 400)) < 0.05


def test_kinds_have_their_own_calibration(combination):
    assert kind_of(["Ni", "Al"]) == ALL_METAL
    assert kind_of(["Ni", "O"]) == WITH_NONMETAL
    alloy = combination.combine(VALUES, kind=ALL_METAL)
    other = combination.combine(VALUES, kind=WITH_NONMETAL)
    anything = combination.combine(VALUES)
    assert alloy.value == other.value == anything.value
    assert alloy.n_calibration + other.n_calibration == anything.n_calibration
    assert alloy.high - alloy.low != other.high - other.low
    with pytest.raises(UncertaintyError, match="choose all-metal or with a non-metal"):
        combination.combine(VALUES, kind="wood")


def test_file_goes_there_and_back(combination, tmp_path):
    file = tmp_path / "combination.json"
    file.write_text(json.dumps(combination.as_dict()))
    again = load_combination(str(file)).combine(VALUES)
    assert again.value == pytest.approx(combination.combine(VALUES).value)
    assert again.high == pytest.approx(combination.combine(VALUES).high)


def test_bad_files_are_refused(tmp_path):
    with pytest.raises(UncertaintyError, match="format version 99"):
        Combination.from_dict({"format_version": 99})
    with pytest.raises(UncertaintyError, match="cannot be read"):
        load_combination(str(tmp_path / "none.json"))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UncertaintyError, match="cannot be read"):
        load_combination(str(tmp_path / "bad.json"))
