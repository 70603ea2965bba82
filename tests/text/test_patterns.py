"""Patterns of answers: what is written matches them, and what matches is read."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elatbot_flows.text import (
    constants_text,
    patterns,
)
from text.asking import read


def _numbers(seed, size):
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(-900, 9000, size), 1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_tensors_match_their_patterns_and_are_read_back(material, seed):
    upper = np.triu(_numbers(seed, (6, 6)))
    tensor = upper + upper.T - np.diag(np.diag(upper))
    text = str(tensor.tolist())
    assert re.fullmatch(patterns.MATRIX, text)
    assert np.array_equal(read("elatbot", text, material).tensor, tensor)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), laue=st.sampled_from(constants_text.LAUE_CLASSES))
def test_constants_match_their_patterns_and_are_read_back(seed, laue):
    names = constants_text.constant_names(laue)
    constants = dict(zip(names, _numbers(seed, len(names)).tolist(), strict=True))
    tensor = constants_text.tensor_from_constants(constants, laue)
    text = constants_text.render(tensor, laue)
    assert re.fullmatch(patterns.constants(laue), text)
    assert np.allclose(constants_text.parse(text, laue), tensor, atol=0.11)


def test_constants_of_the_crystal_are_read(material):
    answer = read("elatbot-constants", "C11=230.0, C12=150.0, C44=120.0", material)
    assert answer.tensor[2, 2] == 230.0
    assert answer.tensor[5, 5] == 120.0


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (patterns.MODULUS, "187.25", "087.2"),
        (patterns.FORMULA, "TiNi2Sn", "Xx2"),
        (patterns.FORMULA, "Mg(ScGa)2", "Mg(Sc)Ga2"),
        (patterns.MATERIAL, "FeB, Orthorhombic", "FeB, cubical"),
        (patterns.MATERIAL_ABOVE_ZERO, "Cu98.42Ga1.58, orthorhomabic", "FeB, Cubic"),
        (patterns.MATERIAL_ABOVE_ZERO, "Ba(BIr)2, tetragonal 1", "Cu0.00Ga1, cubic"),
        (patterns.COMPACT_MATERIAL, "Ni 3 Al , Cubic", "Ni 3 Al Cubic"),
        (patterns.COMPACT_MATERIAL, "Ti Ni 1 2 Sn , Hexagonal", "Ti 0 , Cubic"),
        (patterns.COMPACT_MODULUS, "1 8 5", "185"),
    ],
)
def test_patterns(pattern, good, bad):
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)
