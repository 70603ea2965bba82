"""Reading labels and predictions: tensors, or reasons."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import ElatbotError, ParseError
from elatbot_flows.evaluation import read_predictions, read_tensor

GOOD = np.diag([3.0, 2, 1, 1, 1, 1]).tolist()


def changed(entry):
    rows = [list(row) for row in GOOD]
    rows[5][5] = entry
    return rows


@pytest.mark.parametrize("value", [GOOD, json.dumps(GOOD), f"\n {GOOD} ", changed(1)])
def test_a_tensor_is_read(value):
    assert read_tensor(value).tolist() == GOOD


BAD = {
    "prose": ("I cannot tell", "not_json"),
    "empty text": ("", "not_json"),
    "cut off": (json.dumps(GOOD)[:-3], "not_json"),
    "code": ("__import__('os').getcwd()", "not_json"),
    "Python, not JSON": (str(changed(None)), "not_json"),
    "deep": ("[" * 100_000, "not_json"),
    "long number": (f"[[{'9' * 5000}]]", "not_json"),
    "text after": (f"{GOOD} [[ [[ [[", "text_after_matrix"),
    "number": (3.0, "wrong_type"),
    "object": ({"tensor": GOOD}, "wrong_type"),
    "text of an object": ("{}", "wrong_type"),
    "text of text": (json.dumps(json.dumps(GOOD)), "wrong_type"),
    "no rows": ([], "wrong_shape"),
    "five rows": (GOOD[:5], "wrong_shape"),
    "ragged": ([*GOOD[:5], [1.0]], "wrong_shape"),
    "flat": ([entry for row in GOOD for entry in row], "wrong_shape"),
    "rows of text": (["123456"] * 6, "wrong_shape"),
    "null inside": (changed(None), "not_a_number"),
    "text inside": (changed("1.0"), "not_a_number"),
    "true inside": (changed(True), "not_a_number"),
    "list inside": (changed([1.0]), "not_a_number"),
    "NaN": (changed(float("nan")), "not_finite"),
    "NaN in text": (json.dumps(changed(float("nan"))), "not_finite"),
    "overflow": (json.dumps(GOOD).replace("3.0", "1e999"), "not_finite"),
    "huge": (changed(10**400), "not_finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_anything_else_has_a_reason(case):
    value, reason = BAD[case]
    with pytest.raises(ParseError) as raised:
        read_tensor(value)
    assert raised.value.reason == reason


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


@given(st.lists(ANY_JSON, min_size=1, max_size=5))
def test_no_prediction_is_lost_and_none_is_an_exception(values):
    records = [{"label": GOOD, "model": value, "good": GOOD} for value in values]
    found = read_predictions(records, models=["model"]).models["model"]
    assert found.present.sum() + found.missing + len(found.unreadable) == len(values)


def test_fields_that_describe_are_no_models():
    record = {
        "material_id": "mp-1", "formula": "Cu", "crystal_system": "cubic", "spacegroup_number": 225,
        "lattice": GOOD, "input_text": "what is", "label": GOOD, "mine": GOOD, "text": "no idea",
        "moduli_GPa": {"K_V": 1.0}, "hull": 0.0, "stable": True, "empty": None,
    }  # fmt: skip
    assert list(read_predictions([record]).models) == ["mine", "text"]
    assert list(read_predictions([record], models=["text"]).models) == ["text"]
    assert list(read_predictions([record], label="mine", models=["label"]).models) == ["label"]


def test_records_without_a_label_are_counted_and_left_out():
    records = [{"label": label, "m": GOOD} for label in (None, "no", GOOD)] + [{"m": "[]"}]
    found = read_predictions(records)
    assert (found.unlabelled, len(found.labels)) == (2, 1)
    assert [(u.row, u.reason) for u in found.unreadable_labels] == [(2, "not_json")]
    assert found.models["m"].unreadable == ()


def test_row_numbers_are_those_of_the_file():
    found = read_predictions([{"m": 1}, {"label": GOOD, "m": GOOD}, {"label": GOOD, "m": [1]}])
    assert [(u.row, u.reason) for u in found.models["m"].unreadable] == [(3, "wrong_shape")]


@pytest.mark.parametrize(
    ("records", "arguments", "words"),
    [
        ([], {}, "give one JSON object per line"),
        ([{"label": GOOD, "m": GOOD}, [1]], {}, "record 2 is not a JSON object"),
        ([{"m": GOOD}], {}, "by --label"),
        ([{"label": "no", "m": GOOD}], {}, "record 1: the text is not JSON"),
        ([{"label": GOOD}], {}, "add one per model"),
        ([{"label": GOOD, "m": GOOD}], {"models": ["x"]}, "'x'; fields of models: m"),
    ],
)
def test_files_without_labels_or_models_are_refused(records, arguments, words):
    with pytest.raises(ElatbotError, match=words):
        read_predictions(records, **arguments)
