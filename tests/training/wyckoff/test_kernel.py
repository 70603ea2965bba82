"""A metric fitted to few compounds, and what is written of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pymatgen.core import Composition, Lattice, Structure

from elatbot_flows.crystals.structure_types import RECORD, load_structure_types
from elatbot_flows.text.wyckoff.description import protostructure_of
from elatbot_flows.training.wyckoff.kernel import KernelSettings, fit_metric, lines_of, release
from elatbot_flows.training.wyckoff.lessons import Lesson
from elatbot_flows.uncertainty.elements import element_table


def lesson(symbols, spacegroup, part="train"):
    second = [0.5, 0.5, 0.5]
    lattice = Lattice.cubic(5.0 if spacegroup == 225 else 3.0)
    name = {221: "Pm-3m", 225: "Fm-3m"}[spacegroup]
    crystal = Structure.from_spacegroup(name, lattice, symbols, [[0, 0, 0], second])
    formula = crystal.composition.reduced_formula
    volume = crystal.volume / len(crystal)
    return Lesson("binaries", formula, formula, part, protostructure_of(crystal), volume)


SALTS = [lesson(pair, 225) for pair in (("Na", "Cl"), ("K", "Cl"), ("Na", "Br"), ("Rb", "Br"))]
METALS = [lesson(pair, 221) for pair in (("Ni", "Al"), ("Co", "Al"), ("Fe", "Al"), ("Ti", "Fe"))]


NUMBERS = {symbol: place for place, symbol in enumerate(element_table()[0])}


def distance(metric, *pairs):
    one, two = metric.places(np.array([[NUMBERS[symbol] for symbol in pair] for pair in pairs]))
    return float(((one - two) ** 2).sum())


def test_a_fit_brings_compounds_of_one_type_together():
    found = [*SALTS, *METALS]
    before, after = (fit_metric(found, KernelSettings(steps=steps)) for steps in (0, 8))

    def contrast(metric):
        return distance(metric, ("Na", "Cl"), ("Ni", "Al")) / distance(
            metric, ("Co", "Al"), ("Ni", "Al")
        )

    assert contrast(after) > contrast(before) > 1


def test_what_is_released_ranks_and_holds_no_other_part(tmp_path):
    release([*SALTS, *METALS, lesson(("Ru", "Al"), 221, "test")], tmp_path, KernelSettings(steps=2))
    known = load_structure_types(tmp_path)
    assert not any("Ru" in line for line in known.lines((1, 1)))
    for formula, group in (("RuAl", 221), ("KBr", 225)):
        assert known.likely(Composition(formula))[0].kind.spacegroup == group
    record = json.loads((tmp_path / RECORD).read_text())
    assert (record["compounds"], record["types"]) == (8, 2)


@pytest.mark.parametrize("steps", [0, 3])
def test_equal_lessons_give_equal_metrics(steps):
    one, two = (fit_metric(METALS, KernelSettings(steps=steps)) for _ in range(2))
    assert (one.vectors == two.vectors).all()
    assert one.floor == two.floor


def layered(pair, ratio):
    """MoSi2's type, which CuZr2 shares but for its axial ratio."""
    lattice = Lattice.tetragonal(3.2, 3.2 * ratio)
    crystal = Structure.from_spacegroup("I4/mmm", lattice, pair, [[0, 0, 0], [0, 0, 1 / 3]])
    formula = crystal.composition.reduced_formula
    return Lesson(
        "binaries", formula, formula, "train", protostructure_of(crystal), crystal.volume / 6
    )


def test_compounds_of_one_type_with_other_axial_ratios_are_variants_of_it(tmp_path):
    flat = [layered(pair, 2.45) for pair in (("Mo", "Si"), ("W", "Si"))]
    long = [layered(pair, 3.45) for pair in (("Cu", "Zr"), ("Ag", "Zr"), ("Au", "Zr"))]
    lines = lines_of([*flat, *long])
    assert sorted(line.split("|")[2] for line in lines) == ["Ag-Zr Au-Zr Cu-Zr", "Mo-Si W-Si"]
    release([*flat, *long], tmp_path, KernelSettings(steps=0))
    for formula, ratio in (("ReSi2", 2.45), ("Zr2Pd", 3.45), ("Zr2Cu", 3.45)):
        (likely,) = load_structure_types(tmp_path).likely(Composition(formula))
        (found,) = likely.crystal(("X", "Y")).lattice
        assert found == pytest.approx(ratio, abs=0.006)
        assert likely.probability == pytest.approx(1.0)
