from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.report.words import (
    origin_words,
    plain_formula,
    result_sentence,
    signed,
    source_words,
    target_words,
    with_unit,
)
from elatbot_flows.targets import PROPERTIES, DesignTarget, Interval


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


def test_result_counts_hits_and_names_the_best(run_document):
    assert result_sentence(run_document) == (
        "3 of 5 validated candidates lie in the band; best: TiFe, bulk modulus 160.0 GPa, "
        "10.0 GPa inside the nearest edge."
    )


def test_result_without_hits_names_the_nearest(run_document):
    missed = [c for c in run_document.candidates if c.verdict != "hit"]
    counts = run_document.counts.model_copy(update={"hits": 0})
    document = run_document.model_copy(update={"candidates": missed, "counts": counts})
    sentence = result_sentence(document)
    assert sentence.startswith("None of 2 validated candidates lies in the band; nearest: ZrCo")
    assert sentence.endswith("1.0 GPa outside the nearest edge.")


def test_result_of_several_intervals_and_of_none(several_document, empty_document):
    assert result_sentence(several_document).startswith("1 of 3 validated candidates lies in all 3")
    assert result_sentence(empty_document).startswith("No candidate passed validation: 0 of 3")


def test_origin_has_versions_and_short_hashes(run_document):
    assert origin_words(run_document.run) == (
        "Run 0123456789ab, seed 7. Proposed by elatbot-mini 1.0 (weights aaaaaaaaaaaa), "
        "validated by 7net-0 in sevenn 0.13.0 (weights cccccccccccc)."
    )


@pytest.mark.parametrize("formula", ["Ni3Al", "Ti2Al7(Fe8Co)3"])
def test_formulas_are_typeset(formula):
    assert plain_formula(formula)


@given(st.text(max_size=8).filter(lambda t: set(t) & set("<>&'\"$\\_^{} ")))
def test_nothing_with_a_special_character_is_typeset(text):
    assert not plain_formula(text)


@given(st.sampled_from(sorted(PROPERTIES)), st.floats(-500, 500))
def test_margins_keep_their_sign_and_value(name, margin):
    text = signed(margin, name)
    assert text[0] in "+-"
    assert float(text) == pytest.approx(margin, abs=0.0501)
    assert with_unit(text, name).startswith(text)


def test_sources_are_named_for_people():
    assert source_words("aflow: AB_cP2") == "AFLOW prototype: AB_cP2"
    assert source_words("elsewhere") == "elsewhere"
