"""Increase of perplexity under translation, of models whose answer is known."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.evaluation.crystals.translations import increase_under_translation
from elatbot_flows.text.crystals import lines

NIAL = Structure(Lattice.cubic(2.9), ["Ni", "Al"], [[0, 0, 0], [0.5] * 3])


def test_a_model_that_knows_of_translations_gains_nothing():
    seen = []

    def distance(texts):
        seen.extend(texts)
        crystals = [lines.parse(text).structure for text in texts]
        return [round(crystal.get_distance(0, 1), 1) for crystal in crystals]

    found = increase_under_translation([NIAL, NIAL], distance)
    assert found.value == found.high == 0
    assert len(set(seen)) == 40


def test_a_model_that_likes_one_place_pays_for_the_others():
    def place(texts):
        return [1 + lines.parse(text).structure.frac_coords[0, 0] for text in texts]

    found = increase_under_translation([NIAL] * 30, place, translations=10)
    assert found.value == pytest.approx(1 / 2 - 1 / 11, abs=0.05)
    assert found.low < found.value < found.high


def test_one_translation_is_too_few():
    with pytest.raises(ValueError, match="at least 2"):
        increase_under_translation([NIAL], lambda texts: [1.0], translations=1)
