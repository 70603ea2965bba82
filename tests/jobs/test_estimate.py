"""Estimates out of several sources as documents."""

import bson
import pytest

import samples
from elatbot_flows.documents import MethodRecord
from elatbot_flows.jobs.estimate import combined_estimate, member_key
from elatbot_flows.targets import Interval
from elatbot_flows.uncertainty.kinds import ALL_METAL, WITH_NONMETAL

TENSORNET = "TensorNet-PES-MatPES-PBE-2025.1"


def test_an_estimate_fits_into_a_document_database():
    values = {"7net-0": 160.0, TENSORNET: 140.0, "elatbot-mini": (155.0, 12.0)}
    found = combined_estimate(values, "bulk_modulus", ["Ni", "Al"], Interval(130, 170))
    bson.encode(found.model_dump(), check_keys=True)
    assert found.low < found.value < found.high
    assert {member.source for member in found.members} == set(values)
    assert 0 < found.target_probability < 1


def test_sources_nobody_calibrated_give_no_estimate():
    assert combined_estimate({samples.EMT: 100.0}, "bulk_modulus", ["Cu"]) is None


def test_the_interval_is_the_one_of_its_kind():
    values = {"7net-0": 160.0, TENSORNET: 140.0, "elatbot-mini": (155.0, 12.0)}
    alloy, oxide = (
        combined_estimate(values, "bulk_modulus", symbols)
        for symbols in (["Ni", "Al"], ["Ni", "O"])
    )
    assert (alloy.kind, oxide.kind) == (ALL_METAL, WITH_NONMETAL)
    assert alloy.value == oxide.value
    assert alloy.high - alloy.low < oxide.high - oxide.low


@pytest.mark.parametrize(
    ("name", "key"), [(f"/models/{TENSORNET}", f"/models/{TENSORNET}"), ("unheard-of", "abc")]
)
def test_a_potential_nobody_named_is_known_by_its_weights(name, key):
    record = MethodRecord(
        name=name,
        family="TensorNet",
        package="matgl",
        package_version="4",
        weights_sha256="abc",
        device="cpu",
        dtype="float32",
    )
    assert member_key(record) == key
