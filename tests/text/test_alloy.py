"""Formulas of alloys."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text.alloy import atomic_percent, parse_alloy, simplest_formula
from elatbot_flows.text.formula import element_symbols, reduced_formula

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


@given(st.dictionaries(st.sampled_from(element_symbols()[:100]), st.integers(1, 20), min_size=1))
def test_whole_numbers_have_the_name_that_pymatgen_gives(counts):
    text = "".join(f"{symbol}{number}" for symbol, number in counts.items())
    assert simplest_formula(text) == reduced_formula(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mg33.33Cu66.67", "MgCu2"),
        ("Ni0.75Al0.25", "AlNi3"),
        ("Ni75.0Al25", "AlNi3"),
        ("Cu98.42Ga1.58", "Ga1.58Cu98.42"),
        ("Cu0.9842Ga0.0158", "Ga1.58Cu98.42"),
        ("Ga1.58Cu98.42", "Ga1.58Cu98.42"),
    ],
)
def test_an_alloy_has_one_name(text, name):
    assert simplest_formula(text) == name
    assert simplest_formula(name) == name
