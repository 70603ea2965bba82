"""Numbers that CrystaLLM-pi is conditioned on."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import conditions
from elatbot_flows.text.crystals.conditions import MISSING, RANGES, normalised


@pytest.mark.parametrize("kind", ["linear", "power_log"])
@pytest.mark.parametrize("name", RANGES)
def test_ranges_become_0_to_1(name, kind):
    low, high = RANGES[name]
    found = [normalised(low + part * (high - low), RANGES[name], kind) for part in (0, 0.3, 0.6, 1)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == pytest.approx((0, 1))
    assert normalised(None, RANGES[name], kind) == MISSING
    with pytest.raises(ParseError, match="outside"):
        normalised(high * 1.01, RANGES[name], kind)


def test_power_log_by_hand():
    assert normalised(1.0, (0, 3), "power_log") == pytest.approx(0.5**0.8)


@given(st.lists(st.none() | st.floats(0, 1).map(lambda x: round(x, 4)), min_size=1, max_size=4))
def test_conditions_come_back(values):
    for render in (conditions.render_conditions, conditions.render_raw):
        assert conditions.parse_conditions(render(values)) == tuple(values)


@pytest.mark.parametrize("text", ["", "[]", "a, 1", "1e3", "None"])
def test_other_conditions_are_refused(text):
    with pytest.raises(ParseError) as error:
        conditions.parse_conditions(text)
    assert error.value.reason == "not_a_condition"


def test_peaks():
    found = conditions.diffraction([(45.0, 20.0), (90.0, 40.0), (120.0, 500.0)])
    assert len(found) == 40
    assert found[:3] == (1.0, 0.5, MISSING)
    assert found[20:23] == (1.0, 0.5, MISSING)
    with pytest.raises(ParseError, match="no peak"):
        conditions.diffraction([(120.0, 1.0)])


def test_the_published_pattern_of_rutile(shared):
    with (shared / "data/peers/crystallm_pi/test_rutile_processed.csv").open() as file:
        peaks = [(float(r["2theta"]), float(r["intensity"])) for r in csv.DictReader(file)]
    found = conditions.diffraction(peaks)
    assert found[0] == pytest.approx(27.447 / 90)
    assert list(found[20:]) == sorted(found[20:], reverse=True)
    assert MISSING not in found
