"""Formulas are read strictly and written in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text.formula import (
    anonymous_formula,
    element_symbols,
    formula_counts,
    join_counts,
    parse_formula,
    reduced_formula,
)

counts = st.lists(
    st.tuples(st.sampled_from(element_symbols()), st.integers(1, 99)),
    min_size=1,
    max_size=5,
    unique_by=lambda pair: pair[0],
)


def test_symbols_are_the_periodic_table():
    symbols = element_symbols()
    assert len(symbols) == 118
    assert symbols[0] == "H"
    assert symbols[73] == "W"
    assert symbols[117] == "Og"


@pytest.mark.parametrize(
    ("text", "reduced", "anonymous"),
    [
        ("Al2Ni6", "AlNi3", "AB3"),
        (" Ni3Al ", "AlNi3", "AB3"),
        ("Mg(ScGa)2", "Mg(ScGa)2", "AB2C2"),
        ("W", "W", "A"),
        ("TiO2", "TiO2", "AB2"),
    ],
)
def test_known_formulas(text, reduced, anonymous):
    assert reduced_formula(text) == reduced
    assert anonymous_formula(text) == anonymous


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_formula"),
        ("Ni3Al, Cubic", "not_a_formula"),
        ("Ni03Al", "not_a_formula"),
        ("Ni0Al", "not_a_formula"),
        ("Ni0.5Al", "not_a_formula"),
        ("ni3al", "not_a_formula"),
        ("((Ni)2)3", "not_a_formula"),
        ("Ni()2", "not_a_formula"),
        ("Fe" * 5000, "not_a_formula"),
        ("Xx2O", "unknown_element"),
        ("D2O", "unknown_element"),
        ("__import__('os')", "not_a_formula"),
        ("Ni٣", "not_a_formula"),
    ],
)
def test_what_is_refused_and_why(text, reason):
    with pytest.raises(ParseError) as caught:
        parse_formula(text)
    assert caught.value.reason == reason


@given(counts)
def test_reducing_twice_changes_nothing(pairs):
    once = reduced_formula(join_counts(pairs))
    assert reduced_formula(once) == once
    assert reduced_formula(join_counts(formula_counts(once))) == once


@given(counts, st.integers(1, 3), st.randoms())
def test_order_and_multiples_do_not_matter(pairs, factor, random):
    shuffled = [(symbol, number * factor) for symbol, number in pairs]
    random.shuffle(shuffled)
    assert reduced_formula(join_counts(shuffled)) == reduced_formula(join_counts(pairs))


@given(st.text(max_size=30) | st.text(alphabet="NiAlO()0123456789 ,", max_size=20))
def test_only_parse_errors_escape(text):
    try:
        parse_formula(text)
    except ParseError:
        return
    assert reduced_formula(text)
