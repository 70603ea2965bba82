"""Distances and volumes."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core.composition import Composition
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from elatbot_flows.crystals import minimum_distance_ratio, predict_volume
from elatbot_flows.crystals.geometry import atomic_radius, scaled_to_predicted_volume
from elatbot_flows.errors import StructureError


def cubic(symbols, positions, a):
    return Structure(Lattice.cubic(a), symbols, positions)


FCC = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]


def test_images_of_the_same_atom_count():
    copper = Structure(Lattice.from_parameters(2, 9, 9, 90, 90, 90), ["Cu"], [[0, 0, 0]])
    assert minimum_distance_ratio(copper) == pytest.approx(2 / (2 * 1.35))


def test_the_smallest_ratio_is_not_always_that_of_the_shortest_bond():
    structure = Structure(
        Lattice.cubic(20),
        ["H", "H", "Cs", "Cs"],
        [[0, 0, 0], [0.04, 0, 0], [0.5, 0.5, 0.5], [0.6, 0.5, 0.5]],
    )
    assert minimum_distance_ratio(structure) == pytest.approx(2.0 / (2 * 2.60))


def test_coincident_atoms_have_ratio_zero():
    assert minimum_distance_ratio(cubic(["Ni", "Al"], [[0, 0, 0], [1, 0, 0]], 4)) == pytest.approx(
        0
    )


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(0.5, 8.0), shift=st.lists(st.floats(0.1, 0.9), min_size=3, max_size=3))
def test_ratio_agrees_with_the_distance_matrix(scale, shift):
    structure = cubic(["Ni", "Al"], [[0, 0, 0], shift], 3.0 * scale)
    between = structure.get_distance(0, 1) / (1.35 + 1.25)
    own = 3.0 * scale / (2 * 1.35)
    assert minimum_distance_ratio(structure) == pytest.approx(min(between, own), rel=1e-6)


def test_an_element_without_radius_is_refused():
    with pytest.raises(StructureError, match="exclude this element"):
        atomic_radius("At")


@pytest.mark.parametrize(
    ("symbols", "positions", "a", "known"),
    [
        (["Al"] * 4, FCC, 4.05, 66.4),
        (["Al", "Ni", "Ni", "Ni"], FCC, 3.57, 45.4),
        (["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]], 2.88, 24.0),
        (
            ["Mg"] * 4 + ["O"] * 4,
            [*FCC, [0.5, 0.5, 0.5], [0, 0, 0.5], [0, 0.5, 0], [0.5, 0, 0]],
            4.21,
            74.7,
        ),
        (["W", "W"], [[0, 0, 0], [0.5, 0.5, 0.5]], 3.17, 31.8),
    ],
    ids=["Al", "Ni3Al", "NiAl", "MgO", "W"],
)
def test_volumes_of_textbook_crystals_within_twelve_percent(symbols, positions, a, known):
    assert predict_volume(cubic(symbols, positions, a)) == pytest.approx(known, rel=0.12)


def test_the_present_volume_does_not_matter():
    crystals = [cubic(["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]], a) for a in (1.0, 2.9, 9.0)]
    volumes = [scaled_to_predicted_volume(crystal).volume for crystal in crystals]
    assert volumes == pytest.approx([volumes[0]] * 3)


@pytest.mark.shared
def test_volumes_of_known_intermetallics(shared):
    path = shared / "data" / "binary_moduli_with_structures.jsonl.gz"
    with gzip.open(path, "rt") as lines:
        crystals = [Structure.from_dict(json.loads(line)["structure"]) for line in lines][::20]
    metals = [c for c in crystals if all(element.is_metal for element in c.composition)]
    errors = [abs(np.log(predict_volume(crystal) / crystal.volume)) for crystal in metals]
    assert len(errors) > 50
    assert np.median(errors) < 0.035


@pytest.mark.parametrize("formula", ["NiAl", "Ba2TiO4", "Cs3Pb", "EuB6"])
def test_bond_lengths_are_those_of_pymatgen(formula):
    from pymatgen.analysis.structure_prediction.volume_predictor import DLSVolumePredictor

    from elatbot_flows.crystals.geometry import BOND_SCALING, _bond_length_volume

    rng = np.random.default_rng(len(formula))
    atoms = [s for s, n in Composition(formula).items() for _ in range(int(n))]
    structure = Structure(
        Lattice.from_parameters(4, 5, 6, 80, 90, 100), atoms, rng.random((len(atoms), 3))
    )
    structure.scale_lattice(18 * len(atoms))
    low, high = BOND_SCALING
    theirs = DLSVolumePredictor(min_scaling=low, max_scaling=high).predict(structure)
    assert _bond_length_volume(structure) == pytest.approx(theirs, rel=1e-9)
