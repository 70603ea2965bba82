from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from elatbot_flows.report.words import (
    estimated,
    hull_words,
    interval_words,
    listed,
    method_name,
    plain_formula,
    probability_words,
    source_words,
    target_intervals,
    target_words,
)
from elatbot_flows.targets import DesignTarget, Interval


def test_target_in_words_has_units_and_every_field():
    target = DesignTarget(
        bulk_modulus=Interval(150, 170),
        poisson_ratio=Interval(0.2, 0.3),
        elements=("Ni", "Al"),
        excluded_elements=("Pb",),
        max_elements=3,
    )
    assert target_words(target.summary()) == [
        "bulk modulus 150 to 170 GPa",
        "Poisson ratio 0.2 to 0.3",
        "only Al, Ni",
        "without Pb",
        "at most 3 elements",
        "at most 16 atoms in the primitive cell",
        "at 0 K",
    ]
    assert target_words(None) == ["the moduli, whatever they are"]


def test_intervals_may_be_open_on_one_side():
    found = target_intervals({"pugh_ratio": [1.75, None], "bulk_modulus": [None, 200.0]})
    words = [interval_words(name, interval) for name, interval in found.items()]
    assert words == ["200 GPa or less", "1.75 or more"]
    assert found["pugh_ratio"].high == inf


@pytest.mark.parametrize("formula", ["Ni3Al", "Ti2Al7(Fe8Co)3"])
def test_formulas_are_typeset(formula):
    assert plain_formula(formula)


@given(st.text(max_size=8).filter(lambda t: set(t) & set("<>&'\"$\\_^{} ")))
def test_nothing_with_a_special_character_is_typeset(text):
    assert not plain_formula(text)


def test_sources_are_named_for_people():
    assert source_words("aflow") == "AFLOW prototype"
    assert source_words("mine.cif") == "mine.cif"
    assert source_words(None) == "–"  # noqa: RUF001


def test_methods_have_short_names():
    names = ["7net-0", "/a/b/model/", "ase.calculators.emt:EMT", "x" * 30]
    short = [method_name(samples.method(name)) for name in names]
    assert short == ["7net-0", "model", "EMT", "x" * 17 + "…"]


@given(st.floats(0, 1))
def test_only_certainty_reads_as_certain(probability):
    words = probability_words(probability)
    assert (words == "1.00") == (probability == 1)
    assert (words == "0.00") == (probability == 0)


def test_estimates_have_no_more_digits_than_they_deserve():
    assert estimated(147.36, "bulk_modulus") == "147"
    assert estimated(4.46, "shear_modulus") == "4.5"
    assert estimated(0.3149, "poisson_ratio") == "0.31"
    assert estimated(None, "pugh_ratio") == "–"  # noqa: RUF001


def test_names_in_a_row():
    assert [listed(n) for n in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def test_places_on_the_hull_in_words(placed_result):
    assert [hull_words(c.hull) for c in placed_result.passed] == ["on -12", "above 46", "unknown"]
    assert hull_words(None) == "–"  # noqa: RUF001
