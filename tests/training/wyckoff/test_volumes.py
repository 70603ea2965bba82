"""Volumes are fitted, and large errors pull less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.training.wyckoff.lessons import Lesson
from elatbot_flows.training.wyckoff.volumes import fit_volumes, questions


def lesson(pair, shrunk=0.9):
    """A crystal of caesium chloride's type, smaller than its elements."""
    from elatbot_flows.crystals.geometry import elemental_volume

    crystal = Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.0), pair, [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    formula = crystal.composition.reduced_formula
    volume = shrunk * elemental_volume(crystal.composition) / 2
    return Lesson("binaries", formula, formula, "train", protostructure_of(crystal), volume)


METALS = [
    lesson((one, other))
    for one in ("Ti", "Zr", "Hf", "Sc")
    for other in ("Fe", "Co", "Ni", "Ru", "Pd", "Al")
]


def test_what_all_compounds_share_is_learned():
    fit = fit_volumes(*questions(METALS))
    known, answers = questions([lesson(("Y", "Rh"))])
    assert answers == pytest.approx([np.log(0.9)])
    assert known @ fit.coefficients == pytest.approx(answers, abs=0.02)


def test_one_wrong_volume_hardly_counts():
    wrong = [*METALS[:-1], replace(METALS[-1], volume=3 * METALS[-1].volume)]
    known, answers = questions(METALS)
    fits = [fit_volumes(*questions(found)) for found in (METALS, wrong)]
    off = [np.abs(known @ fit.coefficients - answers)[:-1].mean() for fit in fits]
    assert off[1] < 0.03


def test_elements_and_prototypes_teach_no_volumes():
    known, _ = questions([replace(METALS[0], source="prototypes")])
    assert len(known) == 0
