"""The shipped calibration: any evidence in any order, members by any name, quick, honest."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty import load_calibration
from elatbot_flows.uncertainty.calibration import Calibration
from elatbot_flows.uncertainty.kinds import material_kind
from elatbot_flows.uncertainty.opinions import Opinion
from elatbot_flows.uncertainty.verdict import judge

TENSORNET = "TensorNet-PES-MatPES-PBE-2025.1"
MEMBERS = ("7net-0", "7net-l3i5", TENSORNET, "elatbot-mini")
AGREED = {
    "7net-0": Opinion(162.0, 60.0),
    "7net-l3i5": Opinion(160.0, 70.0),
    TENSORNET: Opinion(150.0, 72.0),
    "elatbot-mini": Opinion(158.0, None, 12.0),
}

moduli = st.floats(1, 500)
opinions = st.one_of(
    st.builds(Opinion, moduli, moduli),
    st.builds(Opinion, moduli, st.none(), st.floats(0.1, 100)),
    st.builds(Opinion, moduli, failed=st.just(True)),
    st.just(Opinion(failed=True)),
)
evidence = st.dictionaries(st.sampled_from(MEMBERS), opinions)


@pytest.fixture(scope="module")
def calibration():
    return load_calibration()


def test_agreeing_members_give_a_narrow_interval_around_them(calibration):
    found = calibration.posterior(AGREED, "NiAl", 12.0)
    assert found.kind == "magnetic"
    low, high = found.interval("bulk_modulus", 0.9)
    assert 130 < low < 158 < high < 190
    assert found.unused == ()
    assert found.outlier is None


@given(evidence, st.sampled_from(["NiAl", "Mg2Si", "CuZr", "Fe", "TiC"]), st.floats(8, 40))
def test_whatever_is_given_a_distribution_comes_out(given_evidence, formula, volume):
    found = load_calibration().posterior(given_evidence, formula, volume)
    together, single = found.probabilities(
        {"bulk_modulus": (100, 150), "shear_modulus": (0, 80), "pugh_ratio": (1.75, math.inf)}
    )
    assert 0 <= together <= min(single.values()) <= max(single.values()) <= 1
    assert all(0 < scale < 3 for scale in found.distribution.log_scales)
    assert -1 < found.distribution.correlation < 1


@given(st.permutations(list(AGREED.items())))
def test_the_order_of_the_evidence_does_not_matter(items):
    found = load_calibration().posterior(dict(items), "NiAl", 12.0)
    again = load_calibration().posterior(AGREED, "NiAl", 12.0)
    assert found == again


def test_more_members_know_more(calibration):
    together = calibration.posterior(AGREED, "CuZr", 16.0).distribution.log_scales
    alone = calibration.posterior({}, "CuZr", 16.0).distribution.log_scales
    blind = calibration.posterior({}, "CuZr").distribution.log_scales
    assert together[0] < alone[0] < blind[0]
    assert together[1] < alone[1]


def test_one_that_stands_apart_is_named_and_widens(calibration):
    agreed = calibration.posterior(AGREED, "NiAl", 12.0)
    found = calibration.posterior(AGREED | {"7net-0": Opinion(20.0, 5.0)}, "NiAl", 12.0)
    assert found.outlier == "7net-0"
    assert found.disagreement == "contradict"
    assert found.distribution.log_scales[0] > agreed.distribution.log_scales[0]
    value = math.exp(found.distribution.log_means[0])
    assert value == pytest.approx(math.exp(agreed.distribution.log_means[0]), rel=0.2)


def test_the_shear_modulus_is_wide_by_the_first_potential_alone(calibration):
    found = calibration.posterior({"7net-0": AGREED["7net-0"]}, "CuZr", 16.0)
    bulk, shear = found.distribution.log_scales
    assert shear > 2 * bulk


def test_members_by_name_directory_and_hash(calibration):
    whole = calibration.posterior({TENSORNET: Opinion(150.0, 72.0)}, "NiAl", 12.0)
    hashed = next(m.weights_sha256[0] for m in calibration.members if m.name == TENSORNET)
    for name in (f"/models/{TENSORNET}", TENSORNET.lower(), hashed):
        found = calibration.posterior({name: Opinion(150.0, 72.0), "x": Opinion(1.0)}, "NiAl", 12.0)
        assert found.distribution == whole.distribution
        assert found.unused == ("x",)


def result(name, *, sha=None, **fields):
    given_fields = {"bulk_modulus": None, "shear_modulus": None, "elastic_tensor": None} | fields
    return SimpleNamespace(judge=SimpleNamespace(name=name, weights_sha256=sha), **given_fields)


def test_documents_of_judges(calibration):
    documents = [
        result("7net-0", bulk_modulus=162.0, shear_modulus=60.0, volume_per_atom=12.0),
        result("elatbot-mini", bulk_modulus=158.0, bulk_modulus_std=12.0),
        result("unheard of", bulk_modulus=100.0, shear_modulus=50.0),
    ]
    kept = {name: AGREED[name] for name in ("7net-0", "elatbot-mini")}
    expected = calibration.posterior(kept, "NiAl", 12.0)
    found = calibration.estimate(documents, "NiAl")
    assert found.distribution == expected.distribution
    assert found.unused == ("unheard of",)
    with pytest.raises(UncertaintyError, match="two results"):
        calibration.estimate([documents[0], documents[0]], "NiAl")


def test_a_judge_in_another_folder_is_known_by_its_hash(calibration):
    member = next(m for m in calibration.members if m.name == TENSORNET)
    document = result("mine", sha=member.weights_sha256[0], bulk_modulus=1.0, shear_modulus=1.0)
    assert list(calibration.estimate([document], "NiAl", 12.0).opinions) == [TENSORNET]


def test_what_cannot_be_asked(calibration):
    with pytest.raises(UncertaintyError, match="volume per atom"):
        calibration.posterior({}, "NiAl", -1.0)
    assert judge(None, {"bulk_modulus": (1, 2)}).verdict == "unknown"


def test_a_calibration_survives_a_file(calibration):
    again = Calibration.from_dict(calibration.as_dict(), calibration.composition)
    found = again.posterior(AGREED, "NiAl", 12.0).distribution
    expected = calibration.posterior(AGREED, "NiAl", 12.0).distribution
    assert found.log_means == pytest.approx(expected.log_means, abs=1e-4)
    with pytest.raises(UncertaintyError, match="format version"):
        Calibration.from_dict({"format_version": 0}, calibration.composition)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(UncertaintyError, match="absent"):
        load_calibration(str(tmp_path / "absent.json"))


def test_people_are_told_what_it_was_calibrated_on(calibration):
    document = calibration.posterior(AGREED, "NiAl", 12.0).document()
    assert "Materials Project" in document.calibrated_on


@pytest.mark.parametrize(
    ("shares", "kind"),
    [
        ({"Ni": 0.25, "Al": 0.75}, "magnetic"),
        ({"Ni": 0.2, "Al": 0.8}, "metal"),
        ({"Cu": 0.5, "Zr": 0.5}, "metal"),
        ({"Ti": 0.5, "C": 0.5}, "other"),
        ({"Fe": 0.5, "O": 0.5}, "magnetic"),
    ],
)
def test_kinds(shares, kind):
    assert material_kind(shares) == kind
