"""Answers that no solid can have."""

from __future__ import annotations

import pytest

from scripted_engine import COPPER, CUBIC, predict, scripted


@pytest.mark.parametrize("text", ["1e300", "-1e5", "nan", "inf", "1e400"])
def test_impossible_numbers_are_no_answers(text):
    tensor = CUBIC.replace("240.0", text)
    found = predict(COPPER, model=scripted([("", [tensor])]))
    assert (found.status, found.samples_parsed) == ("failed", 0)
    assert found.reason


@pytest.mark.parametrize("text", ["9999.99", "1000.01", "0.0", "-1.0"])
def test_a_bulk_modulus_that_no_solid_has_is_no_answer(text):
    known = {"task": "bulk_modulus", "model": scripted([("", [text])])}
    found = predict("Cu", None, 300, "Cubic", **known)
    assert (found.status, found.reason, found.bulk_modulus) == ("failed", "out_of_range", None)
    assert found.completions[0]["text"] == text


@pytest.mark.parametrize(
    "tensor", [CUBIC.replace("240.0", "2010.0"), CUBIC.replace("120.0", "3e3")]
)
def test_a_tensor_that_no_solid_has_is_no_answer(tensor):
    found = predict(COPPER, model=scripted([("", [tensor])]))
    assert (found.status, found.reason) == ("failed", "out_of_range")


@pytest.mark.parametrize("value", ["0.0", "1.0"])
def test_singular_tensors_are_not_stable(value):
    flat = str([[float(value)] * 6] * 6)
    found = predict(COPPER, model=scripted([("", [flat])]), project_symmetry=False)
    assert (found.status, found.born_stable, found.bulk_modulus) == ("predicted", False, None)
