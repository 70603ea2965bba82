"""Who goes on to the judges after the cheap relaxation."""

from __future__ import annotations

from dataclasses import replace

import pytest

import samples
from elatbot_flows.jobs.screened import screening_score
from elatbot_flows.potentials import load_potential
from elatbot_flows.targets import DesignTarget

TARGET = DesignTarget(bulk_modulus=(170, 180))


@pytest.fixture(scope="module")
def calibrated():
    """The name of a calibrated potential is enough."""
    emt = load_potential(samples.EMT)
    return replace(emt, name="7net-0")


def scored(potential, bulk_modulus, target=TARGET, formula="NiAl"):
    crystal = samples.polymorph(samples.fcc("Cu"), bulk_modulus=bulk_modulus)
    return screening_score(samples.candidate(0, formula, polymorphs=[crystal]), target, potential)


def test_a_calibrated_potential_gives_a_probability(calibrated):
    right, doubtful, wrong = (scored(calibrated, modulus) for modulus in (172.0, 120.0, 100.0))
    assert 0 <= wrong < 0.1 < right <= 1
    assert wrong < doubtful < 0.5 * right


def test_what_the_text_model_expects_counts(calibrated):
    row = samples.row(0, "NiAl", expected=(110.0, 8.0))
    from elatbot_flows.documents.rows import text_evidence

    crystal = samples.polymorph(samples.fcc("Cu"), bulk_modulus=172.0)
    doubted = samples.candidate(
        0,
        polymorphs=[crystal],
        evidence=[text_evidence(row, ["Al", "Ni"], samples.method("elatbot-mini", "text"))],
    )
    assert screening_score(doubted, TARGET, calibrated) < scored(calibrated, 172.0)


def test_a_shear_modulus_that_is_asked_for_counts(calibrated):
    soft = DesignTarget(bulk_modulus=(170, 180), shear_modulus=(1, 5))
    assert scored(calibrated, 172.0, soft) < 0.1 * scored(calibrated, 172.0)


def test_other_potentials_are_ranked_by_their_own_number():
    emt = load_potential(samples.EMT)
    inside, outside = scored(emt, 174.0), scored(emt, 150.0)
    assert (inside, outside) == pytest.approx((4.0, -20.0))
    assert scored(emt, None) == 0
