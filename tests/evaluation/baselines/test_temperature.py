"""Linear interpolation in temperature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.evaluation.baselines import linear_in_temperature, read_material
from elatbot_flows.evaluation.baselines.temperature import TemperatureBaseline

kelvins = st.floats(1, 2000).map(lambda t: round(t, 1))


def row(formula, temperature, scale, system="cubic"):
    return read_material(
        {
            "formula": formula,
            "temperature_K": temperature,
            "crystal_system": system,
            "tensor": (scale * np.eye(6)).tolist(),
        },
        with_tensor=True,
    )


@given(st.lists(kelvins, min_size=2, max_size=8, unique=True), kelvins, st.floats(-1, 1))
def test_a_line_is_kept(temperatures, asked, slope):
    assume(min(temperatures) <= asked <= max(temperatures))
    line = 200 + slope * np.array(temperatures)
    found = linear_in_temperature(temperatures, line, asked)
    assert found.value == pytest.approx(200 + slope * asked)
    assert found.how in {"interpolated", "same temperature"}


def test_between_beside_and_at():
    temperatures, values = [300, 100, 100, 200], [7.0, 1.0, 3.0, 4.0]
    between = linear_in_temperature(temperatures, values, 150)
    assert (between.value, between.how, between.used) == (3.0, "interpolated", (1, 2, 3))
    at = linear_in_temperature(temperatures, values, 100)
    assert (at.value, at.how, at.used) == (2.0, "same temperature", (1, 2))
    beside = linear_in_temperature(temperatures, values, 1000)
    assert (beside.value, beside.how, beside.used) == (7.0, "extrapolated", (0,))
    with pytest.raises(ElatbotError, match="at least one row"):
        linear_in_temperature([], [], 100)


def test_rows_of_the_same_alloy_and_system():
    rows = [row("Ti", 200, 1), row("Ti", 400, 3), row("Ti", 300, 90, "hexagonal"), row("V", 300, 9)]
    baseline = TemperatureBaseline(rows)
    asked = read_material({"formula": "Ti", "crystal_system": "cubic", "temperature": 300})
    assert np.allclose(baseline.predict(asked).value, 2 * np.eye(6))
    for record, reason in (
        ({"formula": "Zr", "temperature": 300}, "no_reference"),
        ({"formula": "Ti"}, "no_temperature"),
        ({"formula": "Ti", "temperature": 300}, "no_crystal_system"),
    ):
        with pytest.raises(ParseError) as caught:
            baseline.predict(read_material(record))
        assert caught.value.reason == reason
