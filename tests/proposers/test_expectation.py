"""What the text model expects of formulas, and what that promises for a target."""

from __future__ import annotations

import pytest

from elatbot_flows import DesignTarget, Interval
from elatbot_flows.proposers.expectation import Expected, expected, promise

BOTH = DesignTarget(bulk_modulus=Interval(150, 170), shear_modulus=Interval(60, 80))


def test_both_moduli_are_expected_of_what_the_model_knows():
    known, strange, nowhere = expected(
        "elatbot-mini", [("Ni3Al", "Cubic"), ("Xe", "Cubic"), ("Ni3Al", None)]
    )
    assert 140 < known.bulk[0] < 220
    assert 40 < known.shear[0] < 120
    assert min(known.bulk[1], known.shear[1]) > 0
    assert strange == nowhere == Expected()
    assert expected(None, [("Ni3Al", "Cubic")]) == [Expected()]


def test_a_shear_modulus_that_is_off_promises_less():
    near, off = (Expected((160.0, 10.0), (g, 8.0)) for g in (70.0, 110.0))
    only_bulk = DesignTarget(bulk_modulus=Interval(150, 170))
    assert promise(near, only_bulk) == promise(off, only_bulk) == pytest.approx(0.683, abs=1e-3)
    assert promise(near, BOTH) == pytest.approx(0.683 * 0.789, abs=1e-3)
    assert promise(off, BOTH) < 1e-4


def test_a_shear_modulus_alone_is_looked_at():
    """The bulk moduli that it leaves possible are next to all."""
    target = DesignTarget(shear_modulus=Interval(60, 80))
    good, bad = (Expected((160.0, 10.0), (g, 8.0)) for g in (70.0, 110.0))
    assert promise(good, target) > 0.7
    assert promise(bad, target) < 0.1


def test_who_says_nothing_promises_nothing():
    assert promise(Expected(), BOTH) == promise(Expected((160.0, 10.0)), BOTH) == 0.0
    assert promise(Expected((160.0, 10.0), (70.0, 8.0)), None) == 0.0
