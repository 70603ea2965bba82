"""What the small model is shown: true to the row, in the words of the format."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.text.compact import parse_answer, parse_design, parse_modulus, vocabulary
from elatbot_flows.text.compact_questions import parse_constants, parse_predict
from elatbot_flows.training.mini.rows import tensors
from elatbot_flows.training.mini.views import Variation, Views


@pytest.fixture
def views(rows):
    return Views(rows, Variation(), np.random.default_rng(0))


def test_designs_ask_for_what_they_answer(views, rows):
    row = next(row for row in rows if row.shear_modulus)
    found = [views.design(row) for _ in range(60)]
    asked = [parse_design(prompt) for prompt, _ in found]
    assert {parse_answer(answer).formula for _, answer in found} == {row.formula}
    for each in asked:
        assert each.number in (None, 2)
        assert each.crystal_system in (None, "Cubic")
        assert each.elements is None or {"Ni"} & set(each.elements) or row.counts
        if each.bulk_modulus is not None:
            assert each.bulk_modulus == pytest.approx(row.bulk_modulus, rel=0.2)
        if each.shear_modulus is not None:
            assert each.shear_modulus == pytest.approx(row.shear_modulus, rel=0.2)
    assert any(each.bulk_modulus is None and each.shear_modulus for each in asked)
    assert any(each.elements and len(each.elements) > 2 for each in asked)


def test_a_shear_modulus_nobody_knows_is_never_asked_for(views, rows):
    row = next(row for row in rows if row.shear_modulus is None)
    found = [parse_design(views.design(row)[0]) for _ in range(40)]
    assert {each.shear_modulus for each in found} == {None}


def test_other_views(views, rows, published):
    row = next(row for row in rows if row.shear_modulus)
    prompt, answer = views.modulus(row, "shear")
    assert parse_predict(prompt).formula == row.formula
    assert parse_modulus(answer) == pytest.approx(row.shear_modulus, rel=0.2)
    prompt, answer = views.fill(row)
    symbols = {symbol for symbol, _ in row.counts}
    assert answer in symbols
    assert answer not in prompt.split()
    for tensor in tensors(published, set()):
        prompt, answer = views.constants(tensor)
        assert np.allclose(parse_constants(answer, "Cubic"), tensor.tensor)
        assert set(f"{prompt} {answer}".split()) <= set(vocabulary())
    prompt, answer = views.at_temperature(tensor, "bulk")
    assert " at 0 3 0 0 " in prompt
    assert parse_modulus(answer) == pytest.approx(177, rel=0.2)
