"""Damaged, malicious and real malformed answers: a ParseError or the right value, never else."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition

from elatbot_flows.errors import ParseError
from elatbot_flows.text import (
    generation_text,
    infill_text,
    tensor_text,
)
from elatbot_flows.text.generation_text import ModulusRequest
from text.readers import ANSWERS, IRON, READERS, REDUCED, TENSOR, read

LONG = 1_000_000

pieces = st.sampled_from([
    "[", "]", "[[", "]]", "], [", ",", ".", "-", "+", "=", "e", "1e", "e9", "{", "}", "(", ")", "'",
    '"', "\\", " ", "\n", "\t", "\u00a0", "\u200b", "\u2212", "\u0661", "\uff11", "\u00b2",
    "\ud800",
    "\x00", "\x1c", "nan", "NaN", "inf", "-Infinity", "1e999", "1e308", "1e-400", "-0.0", "0x1F",
    "1_000", "1j", "1/2", "None", "True", "Fe", "C11=", "C44=1", " GPa", " kbar", "0", "7", "42.0",
    "__import__('os').abort()", TENSOR,
])  # fmt: skip
edits = st.tuples(
    st.sampled_from(["drop", "double", "swap", "insert", "replace", "cut", "repeat"]),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
    pieces,
)
mutants = st.builds(
    lambda text, changes: mutated(text, changes),  # noqa: PLW0108 - it is defined below
    st.sampled_from(ANSWERS),
    st.lists(edits, min_size=1, max_size=5),
)
texts = mutants | st.lists(pieces, max_size=60).map("".join) | st.text(max_size=200)


def mutated(text, changes):
    for kind, here, there, piece in changes:
        i, j = sorted((int(here * (len(text) + 1)), int(there * (len(text) + 1))))
        text = {
            "drop": text[:i] + text[i + 1 :],
            "double": text[:i] + text[i : i + 1] + text[i:],
            "swap": text[:i] + text[j : j + 1] + text[i + 1 : j] + text[i : i + 1] + text[j + 1 :],
            "insert": text[:i] + piece + text[i:],
            "replace": text[:i] + piece + text[i + 1 :],
            "cut": text[:j] if j > i else text[i:],
            "repeat": text[:j] + text[i : min(j, i + 40)] + text[j:],
        }[kind]
    return text


NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def written_numbers(text):
    return [float(word) for word in NUMBER.findall(text)]


def skeleton(text):
    """Text with ASCII blanks taken out and every number written as zero."""
    text = NUMBER.sub("0", text)
    return re.sub(r"[ \t\n\r\f\v]+", "", text)


def check_strict(text, tensor):
    """The answer written again is the text but for blanks and the form of numbers."""
    again = tensor_text.render(tensor)
    assert skeleton(text.strip()) == skeleton(again)
    assert written_numbers(text) == written_numbers(again)


def check_tolerant(text, tensor):
    """The text holds the matrix, up to a last bracket and half a unit of the last decimal."""
    assert np.isfinite(tensor).all()
    assert np.array_equal(tensor, tensor.T)
    written = np.array(written_numbers(text[text.index("[") :])[:36]).reshape(6, 6)
    assert np.abs(written - tensor).max() <= 0.5 + 1e-9
    assert skeleton(tensor_text.render(tensor))[:-1] in skeleton(text)


@given(texts)
@example(TENSOR[:-1])
@example(TENSOR + "[" + tensor_text.render(2 * IRON))
@example("0.1 * " + TENSOR)
@settings(max_examples=1500, deadline=None)
def test_nothing_but_parse_errors_and_no_wrong_tensor(text):
    for reader in READERS:
        found = read(reader, text)
        if reader == "tensor" and found is not None:
            check_strict(text, found)
        if reader == "tolerant" and found is not None:
            check_tolerant(text, found)


@given(mutants)
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_is_written_again_and_read_the_same(text):
    proposal = read("material", text)
    if proposal is not None:
        assert generation_text.parse_answer(generation_text.render_answer(proposal)) == proposal
    request = read("request", text)
    if request is not None:
        assert generation_text.parse(generation_text.render(request)) == rounded(request)
    infill = read("infill", text)
    if infill is not None:
        amounts, percent = infill
        assert all(np.isfinite(list(amounts.values())))
        if not percent:
            assert set(Composition(read("solved infill", text)).get_el_amt_dict()) == set(amounts)
    tensor = read("cubic constants", text)
    if tensor is not None:
        assert np.isfinite(tensor).all()
        assert np.array_equal(tensor, tensor.T)


def rounded(request):
    bounds = (request.minimum, request.maximum)
    return ModulusRequest(*(b if b is None else round(b, 2) for b in bounds), request.temperature)


LONG_TEXTS = {
    "open": "[" * LONG,
    "open and blank": "[ " * (LONG // 2),
    "closed": "]" * LONG,
    "blank": " " * LONG,
    "digits": "[[" + "1" * LONG,
    "decimals": "[[0." + "1" * LONG + ", 2",
    "digits and a letter": "[[" + "1" * (LONG // 2) + "." + "1" * (LONG // 2) + "x",
    "exponent": "[[1e" + "9" * LONG,
    "row": "[[" + "1," * (LONG // 2),
    "commas": "," * LONG,
    "constants": "C11=1," * (LONG // 6),
    "minus": "-" * LONG,
    "quotes": "'" * LONG,
    "braces": "{" * LONG,
    "tensors": TENSOR * (LONG // len(TENSOR)),
    "tensor and brackets": TENSOR + "[" * LONG,
    "tensor and starts": TENSOR + "[[1" * (LONG // 3),
    "tensor and rows": TENSOR + "[[1,1,1,1,1,1]," * (LONG // 15),
    "blank and tensor": "k" * LONG + TENSOR,
    "long numbers": str([["1" * (LONG // 36)] * 6] * 6).replace("'", ""),
    "formula": "FeB" * (LONG // 3) + ", Cubic",
    "fractions": "Fe1.5" * (LONG // 5) + ", Cubic",
    "system": "FeB," + " " * LONG + "x",
    "request": ANSWERS[-1].replace("33.5", "3" * LONG),
    "amounts": REDUCED.replace("}", ", 'Fe': 1.0" * (LONG // 11) + "}"),
    "nested amounts": REDUCED.replace("1.0}", "[" * LONG + "}"),
    "long amount": REDUCED.replace("1.0}", "1" * LONG + "}"),
}


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
def test_a_million_characters_take_seconds_at_most(text):
    """A quadratic reader would need hours; the seconds are of the processor, not of the clock."""
    for reader in READERS:
        start = time.process_time()
        read(reader, text)
        assert time.process_time() - start < 10, reader


def test_second_matrix_behind_an_extra_bracket_is_seen():
    for between in ("[", " [", "[[", "[ [\n"):
        with pytest.raises(ParseError) as error:
            tensor_text.parse_tolerant(TENSOR + between + tensor_text.render(2 * IRON))
        assert error.value.reason == "ambiguous"


@pytest.mark.parametrize(
    "before",
    ["0.1*", "0.1 * ", "10 x ", "10x", "2 ", "1/2 ", "C = -", "100 \u00d7 ", "1e2 (", "5."],
)
def test_factors_before_a_matrix_are_seen(before):
    with pytest.raises(ParseError) as error:
        tensor_text.parse_tolerant(before + TENSOR)
    assert error.value.reason == "other_unit"


@pytest.mark.parametrize("more", ["and 5.1 eV?", tensor_text.render(2 * IRON), "in kbar\nHuman:"])
def test_what_a_model_asks_itself_after_its_answer_does_not_count(more):
    answer = tensor_text.parse_tolerant(f"{TENSOR}\nHuman: {more}")
    assert answer.repairs == ("trailing_text",)
    assert np.array_equal(answer.tensor, IRON)
    with pytest.raises(ParseError):
        tensor_text.parse_tolerant(f"{TENSOR}\n{more}")


@pytest.mark.parametrize("before", ["6x6 matrix: ", "The matrix ", "C (GPa) = ", "Fe2B:\n"])
def test_words_before_a_matrix_are_not_factors(before):
    assert tensor_text.parse_tolerant(before + TENSOR).repairs == ("leading_text",)


def test_numbers_too_large_to_square_are_refused():
    huge = IRON.copy()
    huge[0, 0], huge[0, 1] = 1.7e308, 135.1
    for reader, text in (
        ("tolerant", str(huge.tolist())),
        ("tensor", TENSOR.replace("243.0", "1e200")),
        ("modulus", "1e200"),
        ("cubic constants", "C11=1e200, C12=1, C44=1"),
    ):
        with pytest.raises(ParseError) as error:
            READERS[reader](text)
        assert error.value.reason == "not_finite"


@pytest.mark.parametrize("amount", ["1e-9", "1e-300", "1e20", "0.0", "-1.0", "1e308"])
def test_amounts_that_would_change_the_formula_are_refused(amount):
    with pytest.raises(ParseError):
        infill_text.solve(REDUCED.replace("'B': 1.0", f"'B': {amount}"))


@pytest.mark.parametrize("word", ["Ga0.00Cu1.50", "Ga0.0Cu0.0"])
def test_elements_without_atoms_are_refused(word):
    with pytest.raises(ParseError) as error:
        generation_text.parse_answer(f"{word}, Cubic")
    assert error.value.reason == "not_a_formula"
