"""Answers with a tensor: read strictly, repaired only where nothing is in doubt."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elatbot_flows.errors import ParseError
from elatbot_flows.text import modulus_text
from elatbot_flows.text.tensor_text import parse, parse_tolerant, render


def symmetric(values):
    half = np.zeros((6, 6))
    half[np.tril_indices(6)] = values
    return half + np.tril(half, -1).T


numbers = st.integers(-9999, 9999).map(lambda n: n / 10)
tensors = st.lists(numbers, min_size=21, max_size=21).map(symmetric)
words = st.sampled_from(
    [
        "[",
        "]",
        ",",
        "[[",
        "]]",
        "], [",
        "1.5",
        "0.0",
        "-2",
        "nan",
        "1e999",
        "e",
        ".",
        " ",
        "\n",
        "x",
    ]
)


def iron() -> np.ndarray:
    tensor = np.zeros((6, 6))
    tensor[:3, :3] = 135.0
    np.fill_diagonal(tensor, [243.0] * 3 + [138.0] * 3)
    return tensor


def changed(i, j, value):
    tensor = iron()
    tensor[i, j] = value
    return str(tensor.tolist())


@given(tensors)
def test_round_trip(tensor):
    assert np.array_equal(parse(render(tensor)), tensor)
    answer = parse_tolerant(render(tensor))
    assert answer.repairs == ()
    assert np.array_equal(answer.tensor, tensor)


def test_writes_as_python_prints():
    tensor = iron()
    tensor[0, 5] = tensor[5, 0] = -0.0
    assert render(tensor).startswith("[[243.0, 135.0, 135.0, 0.0, 0.0, 0.0], [135.0, ")
    assert render(tensor) == str(iron().tolist())
    assert np.array_equal(parse(json.dumps(iron().tolist(), indent=2)), iron())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_matrix"),
        ("no tensor", "not_a_matrix"),
        ("450", "not_a_matrix"),
        ("[[1, 2], [3, 4]]", "wrong_shape"),
        ("[1, 2, 3, 4, 5, 6]", "not_a_matrix"),
        ("[[1, 2, 3, 4, 5, 6]]", "wrong_shape"),
        (str(np.zeros((7, 6)).tolist()), "wrong_shape"),
        (str(np.zeros((6, 7)).tolist()), "wrong_shape"),
        (str([np.zeros((6, 6)).tolist()]), "wrong_shape"),
        (changed(0, 0, float("nan")), "not_finite"),
        (changed(0, 0, float("-inf")), "not_finite"),
        (str(iron().tolist()).replace("138.0", "1e999"), "not_finite"),
        (str(iron().tolist())[:-1], "unfinished"),
        (str(iron().tolist())[:-2], "unfinished"),
        (str(iron().tolist())[:40], "unfinished"),
        (str(iron().tolist()) + " Human: more", "trailing_text"),
        ("The tensor is " + str(iron().tolist()), "not_a_matrix"),
        (str(iron().tolist()).replace("138.0", "__import__('os')"), "unexpected_text"),
        (str(iron().tolist()).replace("138.0", "1_000"), "unexpected_text"),
        (str(iron().tolist()).replace("138.0", "138.0.5"), "unexpected_text"),
        (str(iron().tolist()).replace("243.0,", "243.0"), "unexpected_text"),
        (str(iron().tolist()).replace("243.0", "'a'"), "unexpected_text"),
        (changed(0, 1, 134.0), "asymmetric"),
    ],
)
def test_refuses_with_a_reason(text, reason):
    with pytest.raises(ParseError) as error:
        parse(text)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (render(iron()) + " [[ [[ [[ [[", ("trailing_text",)),
        (render(iron()) + "\nHuman: and copper?", ("trailing_text",)),
        (render(iron()) * 2, ("trailing_text",)),
        (render(iron()) + " GPa", ("trailing_text",)),
        (render(iron()) + "\nPauling", ("trailing_text",)),
        ("Elastic tensor: " + render(iron()), ("leading_text",)),
        (render(iron())[:-1], ("missing_bracket",)),
        (render(iron())[:-1] + "\nHuman:", ("missing_bracket", "trailing_text")),
    ],
)
def test_repairs_what_is_beyond_doubt(text, repairs):
    answer = parse_tolerant(text)
    assert answer.repairs == repairs
    assert np.array_equal(answer.tensor, iron())


def test_rounding_may_break_symmetry_by_one_unit():
    answer = parse_tolerant(changed(0, 1, 135.1))
    assert answer.repairs == ("asymmetric",)
    assert answer.tensor[0, 1] == answer.tensor[1, 0] == pytest.approx(135.05)
    for value in (135.2, 136.0, 13.5, -135.0):
        with pytest.raises(ParseError) as error:
            parse_tolerant(changed(0, 1, value))
        assert error.value.reason == "asymmetric"
        assert "C12" in str(error.value)
    whole = str(iron().astype(int).tolist()).replace("[135, 243", "[136, 243")
    assert parse_tolerant(whole).tensor[0, 1] == pytest.approx(135.5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (render(iron()) + render(iron() * 2), "ambiguous"),
        (render(iron()) + " in kbar", "other_unit"),
        (render(iron()) + " (Mbar)", "other_unit"),
        (render(iron()) + " * 10", "other_unit"),
        ("In units of 10^2 GPa: " + render(iron()), "other_unit"),
        (render(iron())[:-2], "unfinished"),
        (render(iron())[:-4], "unfinished"),
    ],
)
def test_refuses_what_is_in_doubt(text, reason):
    """A text cut in its last number would give a wrong C66: only a finished row is repaired."""
    with pytest.raises(ParseError) as error:
        parse_tolerant(text)
    assert error.value.reason == reason


@given(tensors, st.integers(0, 400))
def test_a_cut_text_gives_the_tensor_or_none(tensor, length):
    text = render(tensor)[:length]
    try:
        answer = parse_tolerant(text)
    except ParseError:
        return
    assert np.array_equal(answer.tensor, tensor)


@given(st.text(max_size=80) | st.lists(words, max_size=100).map("".join))
def test_only_parse_errors_escape(text):
    for read in (parse, parse_tolerant, modulus_text.parse):
        with contextlib.suppress(ParseError):
            read(text)


@given(tensors, st.integers(0, 220), words)
def test_damaged_answers_raise_parse_errors_or_are_symmetric(tensor, position, word):
    text = render(tensor)
    damaged = text[:position] + word + text[position:]
    for read in (parse, lambda text: parse_tolerant(text).tensor):
        try:
            found = read(damaged)
        except ParseError:
            continue
        assert found.shape == (6, 6)
        assert np.isfinite(found).all()
        assert np.array_equal(found, found.T)


@pytest.mark.parametrize("text", ["[" * 200_000, "[[" + "1," * 100_000, "[[1,1] " * 30_000])
def test_long_nonsense_ends(text):
    with pytest.raises(ParseError):
        parse(text)
    with pytest.raises(ParseError):
        parse_tolerant(render(iron()) + render(iron() * 2) + text)


def test_refuses_to_write_what_is_no_tensor():
    for array, reason in ((np.eye(3), "wrong_shape"), (np.full((6, 6), np.nan), "not_finite")):
        with pytest.raises(ParseError) as error:
            render(array)
        assert error.value.reason == reason


def test_modulus():
    assert [modulus_text.render(x) for x in (255.2222, 77, 137.7)] == ["255.22", "77.0", "137.7"]
    assert modulus_text.parse(" 77.52\n") == 77.52
    for text in ("", "nan", "1 2", "77 GPa", "1e999", "\u0663"):
        with pytest.raises(ParseError):
            modulus_text.parse(text)
