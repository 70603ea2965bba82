"""Targets that are narrower than the judges can tell."""

from __future__ import annotations

import math

import pytest

from elatbot_flows.errors import UncertaintyError
from elatbot_flows.uncertainty import load_calibration
from elatbot_flows.uncertainty.kinds import KINDS
from elatbot_flows.uncertainty.resolution import best_probability, too_narrow

JUDGES = ("7net-0", "7net-l3i5", "elatbot-mini")


def best(intervals, members=JUDGES, kind=None):
    return best_probability(load_calibration(), intervals, members, kind)


def test_wider_intervals_and_more_judges_can_tell_more():
    narrow, wide = (best({"bulk_modulus": (160 - w, 160 + w)}) for w in (2, 20))
    assert 0 < narrow < 0.5 < wide <= 1
    alone = best({"bulk_modulus": (140, 180)}, members=())
    assert alone < best({"bulk_modulus": (140, 180)})


def test_it_is_that_of_the_centre():
    usual = load_calibration().usual(JUDGES, "metal")
    half = math.log(1.15)
    inside = abs(usual.sample(8192)[0]) <= half
    found = best({"bulk_modulus": (160 / 1.15, 160 * 1.15)}, kind="metal")
    assert found == pytest.approx(inside.mean(), abs=0.02)


def test_without_a_kind_it_is_that_of_the_best_known():
    wanted = {"shear_modulus": (60, 80), "pugh_ratio": (1.75, math.inf)}
    assert best(wanted) == max(best(wanted, kind=kind) for kind in KINDS)


def test_people_are_told():
    text = too_narrow(load_calibration(), {"bulk_modulus": (159, 161)}, JUDGES)
    assert "7net-0 and 7net-l3i5 and elatbot-mini" in text
    assert "widen" in text
    assert too_narrow(load_calibration(), {"bulk_modulus": (120, 200)}, JUDGES) is None


def test_refusals():
    with pytest.raises(UncertaintyError, match="no interval"):
        best({})
    with pytest.raises(UncertaintyError, match="kind"):
        best({"bulk_modulus": (1, 2)}, kind="liquid")
