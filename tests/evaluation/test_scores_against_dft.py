"""Stated against true, where a density functional was asked afterwards."""

from __future__ import annotations

import math

import numpy as np
import pytest

from elatbot_flows.documents import AgainstDFT, DFTVerdict, Estimate
from elatbot_flows.documents.estimate import PropertyInterval
from elatbot_flows.evaluation.against_dft import refit_of, scores_against_dft
from elatbot_flows.uncertainty.joint_estimate import distribution_of


def estimate(bulk=100.0, shear=50.0, scale=0.05, kind="metal"):
    values = {
        name: PropertyInterval(value=1.0, low=0.5, high=2.0)
        for name in ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio")
    }
    return Estimate(
        **values,
        pugh_ratio=values["bulk_modulus"],
        coverage=0.9,
        kind=kind,
        members=[],
        unused=[],
        disagreement="agree",
        spread_factor=1.0,
        calibrated_on="nothing",
        log_means=(math.log(bulk), math.log(shear)),
        log_scales=(scale, scale),
        correlation=0.0,
        tail=100.0,
    )


def entry(ratio, *, probability=0.7, by_dft=1.0, kind="metal", **more):
    fields = {
        "judge": "gpaw",
        "status": "measured",
        "bulk_modulus": 100.0 * ratio,
        "shear_modulus": 50.0 * ratio,
        "verdict_before": "hit",
        "probability_before": probability,
        "estimate_before": estimate(kind=kind),
        "sources": [
            AgainstDFT(source="estimate", bulk_deviation=1 / ratio - 1, bulk_held=ratio < 1.08)
        ],
    }
    verdict = DFTVerdict(**fields | more)
    target = {"bulk_modulus": [90, None], "shear_modulus": None}
    return {"dft": verdict.model_dump(), "probability": by_dft, "target": target}


def test_sources_are_compared_in_logarithms():
    scores = scores_against_dft([entry(1.1), entry(1.0), entry(1.0, status="failed")])
    assert (scores.asked, scores.failed, scores.coverage) == (3, 1, 0.9)
    (source,) = scores.sources
    assert source.number == 2
    assert source.bulk_bias == pytest.approx(-math.log(1.1) / 2)
    assert source.bulk_spread == pytest.approx(math.log(1.1) / math.sqrt(2))
    assert source.bulk_held == 0.5
    assert source.shear_bias is source.shear_held is None


def test_hit_rates_are_split_by_verdict_and_kind():
    rows = [entry(1.0), entry(1.0, kind="magnetic", probability=0.5, by_dft=0.0)]
    rates = {one.group: one for one in scores_against_dft(rows).rates}
    assert set(rates) == {"all", "hit before", "metal", "magnetic"}
    assert (rates["all"].stated, rates["all"].by_dft) == (0.6, 0.5)
    assert (rates["magnetic"].number, rates["magnetic"].by_dft) == (1, 0.0)


def test_the_refit_finds_a_shift_and_a_spread():
    rng = np.random.default_rng(1)
    ratios = np.exp(0.04 + 0.1 * rng.normal(size=400))
    found = refit_of([DFTVerdict.model_validate(entry(r)["dft"]) for r in ratios])
    assert found.bulk_shift == pytest.approx(np.log(ratios).mean(), abs=0.002)
    assert found.spread_factor == pytest.approx(np.log(ratios).std() / 0.05, rel=0.03)


def test_few_materials_change_little():
    few = [DFTVerdict.model_validate(entry(1.2)["dft"]) for _ in range(2)]
    found = refit_of(few)
    assert 0.01 < found.bulk_shift < 0.05
    assert refit_of(few[:1]) is None


def test_a_material_takes_no_part_in_its_own_refit():
    rows = [entry(1.0), entry(1.0), entry(0.5)]
    rates = {one.group: one for one in scores_against_dft(rows).rates}
    assert rates["all"].refitted is not None
    alone = scores_against_dft(rows[:1]).rates[0]
    assert alone.refitted is None


def test_unstable_crystals_count_as_misses():
    soft = entry(1.0, status="unstable", bulk_modulus=None, shear_modulus=None, by_dft=0.0)
    scores = scores_against_dft([soft, entry(1.0), entry(1.0)])
    assert scores.rates[0].by_dft == pytest.approx(2 / 3)
    assert scores.refit.number == 2


def test_a_refit_that_was_in_force_is_found_again_and_not_added():
    rng = np.random.default_rng(2)
    ratios = np.exp(0.1 + 0.1 * rng.normal(size=50))
    plain = [DFTVerdict.model_validate(entry(r)["dft"]) for r in ratios]
    found = refit_of(plain)
    used = {"refit": found, **stated(distribution_of(plain[0].estimate_before).refitted(found))}
    later = [
        one.model_copy(update={"estimate_before": one.estimate_before.model_copy(update=used)})
        for one in plain
    ]
    again = refit_of(later)
    assert again.bulk_shift == pytest.approx(found.bulk_shift)
    assert again.spread_factor == pytest.approx(found.spread_factor)


def stated(distribution):
    return {"log_means": distribution.log_means, "log_scales": distribution.log_scales}
