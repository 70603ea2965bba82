"""What a density functional says overrules the others, unless it says nothing."""

import numpy as np
import pytest

import samples
from elatbot_flows import DesignTarget
from elatbot_flows.documents import AgainstDFT, CandidateDocument, DFTRecord, ElasticResult
from elatbot_flows.jobs.referee import overruled

TARGET = DesignTarget(bulk_modulus=(120, 150))


def said(**fields):
    usual = {
        "status": "passed",
        "method": "linear_response",
        "judge": samples.method("gpaw", "dft"),
        "bulk_modulus": 160.0,
        "shear_modulus": 60.0,
        "bulk_modulus_std": 4.0,
        "shear_modulus_std": 6.0,
    }
    return ElasticResult(**usual | fields)


def candidate(**fields):
    usual = {
        "candidate_id": "run-00001",
        "run_id": "run",
        "formula": "NiAl",
        "status": "passed",
        "verdict": "hit",
        "probability": 0.8,
    }
    return CandidateDocument(**usual | fields)


def test_a_hit_becomes_a_miss():
    found = overruled(candidate(), said(), TARGET)
    assert found.verdict == "miss"
    assert found.probability < 0.02
    assert found.bulk_modulus == pytest.approx(160, rel=0.01)
    assert (found.dft.verdict_before, found.dft.probability_before) == ("hit", 0.8)


def unstable(shear):
    tensor = np.diag([60.0, 60.0, 60.0, shear, shear, shear])
    tensor[:3, :3] += 80.0
    judge = samples.method("gpaw", "dft", settings={"shear_error": 0.2})
    fields = {"status": "failed", "reason": "born_unstable", "message": "soft", "judge": judge}
    bad = said(**fields, elastic_tensor=tensor.tolist(), smallest_eigenvalue=2 * shear)
    return bad.updated(bulk_modulus=None, shear_modulus=None)


def test_an_instability_within_the_error_decides_nothing():
    found = overruled(candidate(), unstable(-1.0), TARGET)
    assert (found.dft.status, found.verdict, found.probability) == ("failed", "hit", 0.8)
    assert found.flags == ["DFT (gpaw): soft"]


@pytest.mark.parametrize("said_of_it", [{}, {"bulk_modulus_std": 50.0, "bulk_modulus": 135.0}])
def test_what_contradicts_itself_decides_nothing(said_of_it):
    narrow = DesignTarget(bulk_modulus=(134, 136))
    doubtful = said(dft=DFTRecord(energy_mismatch=0.26), **said_of_it)
    found = overruled(candidate(), doubtful, narrow)
    assert (found.dft.status, found.dft.reason) == ("failed", "contradictory")
    assert (found.verdict, found.probability) == ("hit", 0.8)
    assert "by 26%" in found.flags[0]
    assert (
        overruled(candidate(), unstable(-15.0).updated(dft=doubtful.dft), TARGET).verdict == "hit"
    )
    assert found.evidence[-1].result.bulk_modulus == doubtful.bulk_modulus
    agreeing = said(dft=DFTRecord(energy_mismatch=0.01))
    assert overruled(candidate(), agreeing, TARGET).dft.status == "measured"


@pytest.mark.parametrize(("mismatch", "told"), [(None, 0), (0.004, 0), (0.024, 1)])
def test_too_few_plane_waves_are_told(mismatch, told):
    found = overruled(candidate(), said(dft=DFTRecord(energy_mismatch=mismatch)), TARGET)
    assert found.dft.status == "measured"
    assert len(found.flags) == told
    assert all("off by 2.4%: a higher cut-off" in flag for flag in found.flags)


def test_an_unstable_crystal_is_a_miss():
    bad = unstable(-15.0)
    found = overruled(candidate(), bad, TARGET)
    assert (found.dft.status, found.verdict, found.probability) == ("unstable", "miss", 0.0)
    assert found.flags == ["DFT (gpaw): soft"]


def test_jobs_that_were_lost_change_nothing():
    found = overruled(candidate(), None, TARGET)
    assert (found.dft.status, found.dft.reason) == ("failed", "lost")
    assert (found.verdict, found.probability) == ("hit", 0.8)


def test_a_judge_without_errors_of_its_own_gives_no_verdict():
    found = overruled(candidate(), said(bulk_modulus_std=None), TARGET)
    assert (found.dft.status, found.verdict) == ("failed", "hit")
    assert "no standard deviations" in found.dft.message


def test_a_crystal_far_above_the_lowest_is_never_a_hit():
    good = said(bulk_modulus=135.0)
    assert overruled(candidate(), good, TARGET).verdict == "hit"
    assert overruled(candidate(above_ground_state=0.05), good, TARGET).verdict == "open"


def test_deviations_are_relative():
    before = candidate(
        evidence=[{"result": said(judge=samples.method("7net-0"), bulk_modulus=168.0)}]
    )
    (row,) = overruled(before, said(), TARGET).dft.sources
    assert row == AgainstDFT(
        source="7net-0",
        bulk_modulus=168.0,
        shear_modulus=60.0,
        bulk_deviation=168.0 / 160.0 - 1,
        shear_deviation=0.0,
    )
