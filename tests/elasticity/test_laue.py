"""Projection on the form that a crystal's symmetry prescribes."""

from __future__ import annotations

import gzip
import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.analysis.elasticity import ElasticTensor
from pymatgen.core import Lattice, Structure

from elatbot_flows.elasticity.laue import (
    LAUE_CLASSES,
    SYMMETRIES,
    _group,
    laue_class,
    project_on_laue_class,
    symmetry_of_structure,
)
from elatbot_flows.elasticity.mandel import mandel_from_voigt, voigt_from_mandel

# Numbers of independent constants (Nye), and so the dimension of the invariant tensors.
CONSTANTS = {
    "-1": 21,
    "2/m": 13,
    "mmm": 9,
    "4/m": 7,
    "4/mmm": 6,
    "-3": 7,
    "-3m": 6,
    "-31m": 6,
    "6/m": 5,
    "6/mmm": 5,
    "m-3": 3,
    "m-3m": 3,
    "triclinic": 21,
    "monoclinic": 13,
    "orthorhombic": 9,
    "tetragonal": 7,
    "trigonal": 7,
    "hexagonal": 5,
    "cubic": 3,
}
HEXAGONAL, TETRAGONAL = Lattice.hexagonal(9.8, 11.2), Lattice.tetragonal(8.2, 10.6)
# One space group of every Laue class, and of both settings of -3m.
CRYSTALS = {
    "-1": ("P-1", Lattice.from_parameters(5.3, 6.1, 4.2, 83, 97, 104)),
    "2/m": ("P2/m", Lattice.monoclinic(5.3, 6.1, 4.2, 104)),
    "mmm": ("Pmmm", Lattice.orthorhombic(5.3, 6.1, 4.2)),
    "4/m": ("P4/m", TETRAGONAL),
    "4/mmm": ("P4/mmm", TETRAGONAL),
    "-3": ("P-3", HEXAGONAL),
    "-3m": ("P-3m1", HEXAGONAL),
    "-31m": ("P-31m", HEXAGONAL),
    "6/m": ("P6/m", HEXAGONAL),
    "6/mmm": ("P6/mmm", HEXAGONAL),
    "m-3": ("Pm-3", Lattice.cubic(10.6)),
    "m-3m": ("Pm-3m", Lattice.cubic(10.6)),
}
numbers = st.integers(-5000, 5000).map(lambda n: n / 10)
tensors = st.lists(numbers, min_size=21, max_size=21).map(
    lambda values: symmetric(np.array(values, dtype=float))
)
symmetries = st.sampled_from(SYMMETRIES)


def symmetric(values):
    half = np.zeros((6, 6))
    half[np.tril_indices(6)] = values
    return half + np.tril(half, -1).T


def crystal(symmetry):
    """Return a crystal with an atom in a general position, turned to pymatgen's IEEE axes."""
    group, lattice = CRYSTALS[symmetry]
    structure = Structure.from_spacegroup(group, lattice, ["Fe"], [[0.13, 0.33, 0.29]])
    rotation = np.array(ElasticTensor.get_ieee_rotation(structure))
    return Structure(
        Lattice(structure.lattice.matrix @ rotation.T), structure.species, structure.frac_coords
    )


def test_every_symmetry_is_covered():
    assert set(CONSTANTS) == set(SYMMETRIES)
    assert set(CRYSTALS) == {*LAUE_CLASSES, "-31m"}


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_number_of_independent_constants(symmetry):
    mean = np.mean([np.kron(g, g) for g in _group(symmetry)], axis=0)
    swap = np.eye(36).reshape(6, 6, 36).transpose(1, 0, 2).reshape(36, 36)
    assert np.trace(mean @ (np.eye(36) + swap) / 2) == pytest.approx(CONSTANTS[symmetry])


@pytest.mark.parametrize("symmetry", CRYSTALS)
def test_agrees_with_pymatgens_mean_over_the_crystal(symmetry):
    structure = crystal(symmetry)
    assert symmetry_of_structure(structure) == symmetry
    rng = np.random.default_rng(7)
    for _ in range(5):
        tensor = symmetric(rng.normal(size=21) * 100)
        fitted = ElasticTensor.from_voigt(tensor).fit_to_structure(structure).voigt
        assert project_on_laue_class(tensor, symmetry).tensor == pytest.approx(fitted, abs=1e-5)


def test_settings_of_the_trigonal_class_differ():
    tensor = symmetric(np.random.default_rng(7).normal(size=21))
    along_x = project_on_laue_class(tensor, "-3m").tensor
    along_y = project_on_laue_class(tensor, "-31m").tensor
    assert along_x[0, 3] != 0
    assert along_x[0, 4] == 0
    assert along_y[0, 3] == 0
    assert along_y[0, 4] != 0


@given(tensors, symmetries, st.booleans())
def test_twice_is_once_and_nothing_is_nearer(tensor, symmetry, any_axis):
    found = project_on_laue_class(tensor, symmetry, any_main_axis=any_axis)
    assert 0 <= found.distance <= 1
    assert np.array_equal(found.tensor, found.tensor.T)
    again = project_on_laue_class(found.tensor, symmetry, any_main_axis=any_axis)
    assert again.tensor == pytest.approx(found.tensor, abs=1e-9)
    assert again.distance == pytest.approx(0, abs=1e-9)
    rest, kept = mandel_from_voigt(tensor - found.tensor), mandel_from_voigt(found.tensor)
    assert (rest * kept).sum() == pytest.approx(0, abs=1e-6)
    assert found.distance * np.linalg.norm(mandel_from_voigt(tensor)) == pytest.approx(
        np.linalg.norm(rest)
    )


@given(tensors, symmetries)
def test_bulk_modulus_and_trace_are_kept(tensor, symmetry):
    """They are the same in all axes, so the mean over rotations cannot change them."""
    found = project_on_laue_class(tensor, symmetry).tensor
    assert found[:3, :3].sum() == pytest.approx(tensor[:3, :3].sum(), abs=1e-8)
    trace = np.trace(mandel_from_voigt(tensor))
    assert np.trace(mandel_from_voigt(found)) == pytest.approx(trace, abs=1e-8)


@given(tensors, symmetries)
def test_the_main_axis_may_be_any(tensor, symmetry):
    fixed = project_on_laue_class(tensor, symmetry).tensor
    order = [1, 2, 0, 4, 5, 3]
    turned = fixed[np.ix_(order, order)]
    found = project_on_laue_class(turned, symmetry, any_main_axis=True)
    assert found.distance == pytest.approx(0, abs=1e-9)
    assert found.tensor == pytest.approx(turned, abs=1e-9)


def test_forbidden_constants_vanish_exactly():
    tensor = symmetric(np.random.default_rng(1).normal(size=21))
    found = project_on_laue_class(tensor, "m-3m").tensor
    allowed = np.kron(np.eye(2), np.eye(3)) + np.kron(np.diag([1, 0]), np.ones((3, 3)))
    assert (found[allowed == 0] == 0).all()


def test_asymmetric_and_zero_tensors():
    tensor = np.diag([3.0, 3.0, 3.0, 1.0, 1.0, 1.0])
    tensor[0, 1] = 2.0
    found = project_on_laue_class(tensor, "-1")
    assert found.tensor[0, 1] == found.tensor[1, 0] == 1.0
    assert found.distance == pytest.approx(np.sqrt(2 / (27 + 12 + 4)))
    assert project_on_laue_class(np.zeros((6, 6)), "cubic").distance == 0


@pytest.mark.parametrize("bad", [np.eye(3), np.full((6, 6), np.nan), np.full((6, 6), np.inf)])
def test_refuses_what_is_no_tensor(bad):
    with pytest.raises(ValueError, match="6x6"):
        project_on_laue_class(bad, "cubic")


def test_refuses_unknown_symmetries():
    with pytest.raises(ValueError, match="4/mmm"):
        project_on_laue_class(np.eye(6), "-43m")


def test_mandel_scaling_has_an_inverse():
    tensor = symmetric(np.arange(21.0))
    assert voigt_from_mandel(mandel_from_voigt(tensor)) == pytest.approx(tensor)


@pytest.mark.parametrize(
    ("name", "expected"), [("l12", "m-3m"), ("quartz", "-3m")], ids=["l12", "quartz"]
)
def test_symmetry_of_known_crystals(name, expected, request):
    structure = request.getfixturevalue(name)
    assert symmetry_of_structure(structure) == expected
    moved = structure.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        moved.perturb(0.05, seed=1)
        assert symmetry_of_structure(moved) == "-1"
        assert symmetry_of_structure(moved, symprec=0.5) == expected


@pytest.mark.parametrize("symmetry", ["6/mmm", "-3m", "trigonal"])
def test_of_equally_near_axes_the_conventional_one_is_taken(symmetry):
    """A cubic tensor is as far from being hexagonal along x as along z; noise must not choose."""
    tensor = np.diag([172.6] * 3 + [89.9] * 3)
    tensor[:3, :3] += 115.4 * (1 - np.eye(3))
    plain = project_on_laue_class(tensor, symmetry).tensor
    for noise in np.random.default_rng(0).normal(scale=1e-11, size=(20, 6, 6)):
        noisy = tensor + noise + noise.T
        found = project_on_laue_class(noisy, symmetry, any_main_axis=True).tensor
        assert np.abs(found - plain).max() < 1e-8


def read(file):
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.shared
def test_projecting_published_predictions_costs_no_accuracy(shared):
    """Mean absolute error of 36 entries, GPa: before and after, main axis free."""
    known = read(shared / "data" / "elastic_tensors_0K.jsonl.gz")
    group = {row["material_id"]: row["point_group"] for row in known}
    rows = read(shared / "data" / "published_predictions.jsonl.gz")
    symmetry = [laue_class(group[row["material_id"]]) for row in rows]
    labels = np.array([row["label"] for row in rows])
    golden = {"prompt4": (5.046, 5.043), "prompt3": (5.776, 5.694), "Random Forest": (5.852, 5.697)}
    for model, (before, after) in golden.items():
        told = np.array([row[model] for row in rows])
        projections = [
            project_on_laue_class(tensor, name, any_main_axis=True)
            for tensor, name in zip(told, symmetry, strict=True)
        ]
        projected = np.array([found.tensor for found in projections])
        assert np.abs(told - labels).mean() == pytest.approx(before, abs=1e-3)
        assert np.abs(projected - labels).mean() == pytest.approx(after, abs=1e-3)
        assert after < before + 0.02
