"""Formulas of alloys."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text.alloy import atomic_percent, parse_alloy
from elatbot_flows.text.formula import element_symbols

amounts = st.dictionaries(
    st.sampled_from(element_symbols()[:100]),
    st.integers(1, 99_999).map(lambda n: n / 1000),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(amounts)
def test_amounts_come_back(wanted):
    found = parse_alloy("".join(f"{symbol}{amount:g}" for symbol, amount in wanted.items()))
    assert {element.symbol: amount for element, amount in found.items()} == pytest.approx(wanted)


@settings(deadline=None)
@given(st.text("NiAl3.0()x ", max_size=12))
def test_any_text_is_read_or_refused(text):
    reason = None
    try:
        assert parse_alloy(text).num_atoms > 0
    except ParseError as error:
        reason = error.reason
    assert reason in {None, "not_a_formula", "unknown_element"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gamma-PE16", "not_a_formula"),
        ("Ni0Al", "not_a_formula"),
        ("Ni.5", "not_a_formula"),
        ("Ni-3Al", "not_a_formula"),
        ("", "not_a_formula"),
        ("NiXx2", "unknown_element"),
    ],
)
def test_refused(text, reason):
    with pytest.raises(ParseError) as caught:
        parse_alloy(text)
    assert caught.value.reason == reason


def test_atomic_percent():
    percent = (("Al", 56.0), ("Ti", 44.0))
    assert atomic_percent(parse_alloy("Ti44Al56")) == percent
    assert atomic_percent(parse_alloy("Ti11Al14")) == percent
    assert atomic_percent(parse_alloy("Mg(ScGa)2"))[1] == ("Mg", 20.0)
