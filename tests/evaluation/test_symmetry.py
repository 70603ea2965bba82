"""Distance to the form that a crystal's symmetry prescribes."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.evaluation.symmetry import (
    crystal_system,
    distance_to_symmetry,
    nearest_symmetric,
    symmetry_class,
)

CLASSES = [
    "triclinic",
    "monoclinic",
    "orthorhombic",
    "tetragonal",
    "4/mmm",
    "trigonal",
    "hexagonal",
    "cubic",
]


@pytest.mark.parametrize("symmetry", CLASSES)
def test_a_cubic_tensor_has_the_form_of_most_classes(cubic, symmetry):
    distance = distance_to_symmetry(cubic(170, 120, 75), symmetry)
    if symmetry in {"hexagonal", "trigonal"}:  # no threefold axis along z
        assert distance > 0.05
    else:
        assert distance == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("symmetry", CLASSES)
def test_an_isotropic_tensor_has_any_form(cubic, symmetry):
    assert distance_to_symmetry(cubic(170, 70, 50), symmetry) == pytest.approx(0, abs=1e-12)


def test_hand_computed_distance(cubic):
    tensor = cubic(100, 0, 50)  # norm^2 in Mandel's scaling: 3 * 100^2 + 3 * 100^2
    tensor[0, 0] += 30  # nearest cubic C11 is 110: 20, -10, -10
    norm = np.sqrt(130**2 + 5 * 100**2)
    assert distance_to_symmetry(tensor, "cubic") == pytest.approx(np.sqrt(600) / norm)
    assert distance_to_symmetry(tensor, "tetragonal") == pytest.approx(0, abs=1e-12)  # axis x
    tensor[1, 1] += 5
    assert distance_to_symmetry(tensor, "tetragonal") > 0.01
    assert distance_to_symmetry(tensor, "orthorhombic") == pytest.approx(0, abs=1e-12)


def test_asymmetric_and_zero_tensors(cubic):
    tensor = cubic(100, 50, 40)
    tensor[0, 1] += 1
    assert distance_to_symmetry(tensor, "triclinic") > 0
    assert distance_to_symmetry(np.zeros((6, 6)), "cubic") == 0


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"crystal_system": "Cubic"}, "cubic"),
        ({"crystal_system": "tetragonal"}, "tetragonal"),
        ({"crystal_system": "tetragonal", "point_group": "-42m"}, "4/mmm"),
        ({"crystal_system": "tetragonal", "point_group": "4/m"}, "tetragonal"),
        ({"spacegroup_number": 87}, "tetragonal"),
        ({"spacegroup_number": 139, "crystal_system": "cubic"}, "4/mmm"),
        ({"spacegroup_number": 1}, "triclinic"),
        ({"spacegroup_number": 230}, "cubic"),
        ({"spacegroup_number": 231}, None),
        ({"spacegroup_number": "225"}, None),
        ({"crystal_system": "4/mmm"}, None),
        ({"crystal_system": ["cubic"]}, None),
        ({}, None),
    ],
)
def test_what_a_record_tells(record, expected):
    assert symmetry_class(record) == expected


@pytest.mark.shared
def test_published_labels_have_the_symmetry_of_their_crystals(shared):
    from elatbot_flows.training.data.json_lines import read_json_lines

    records = read_json_lines(shared / "data" / "elastic_tensors_0K.jsonl.gz")
    distances = [distance_to_symmetry(r["elastic_tensor_GPa"], symmetry_class(r)) for r in records]
    assert len(distances) == 706
    assert max(distances) < 0.05


@pytest.mark.parametrize("symmetry", CLASSES)
def test_the_nearest_tensor_is_at_the_distance_that_is_told(symmetry):
    rng = np.random.default_rng(5)
    factors = np.outer([1, 1, 1, 2**0.5, 2**0.5, 2**0.5], [1, 1, 1, 2**0.5, 2**0.5, 2**0.5])
    for _ in range(3):
        tensor = rng.normal(100, 40, (6, 6))
        tensor = tensor + tensor.T
        nearest = nearest_symmetric(tensor, symmetry)
        assert np.allclose(nearest, nearest.T)
        assert distance_to_symmetry(nearest, symmetry) == pytest.approx(0, abs=1e-12)
        gap = np.linalg.norm((tensor - nearest) * factors) / np.linalg.norm(tensor * factors)
        assert distance_to_symmetry(tensor, symmetry) == pytest.approx(gap, abs=1e-12)
        block, kept = tensor[:3, :3].sum(), nearest[:3, :3].sum()
        assert kept == pytest.approx(block)  # the bulk modulus is invariant


def test_a_tensor_with_its_main_axis_along_x_stays(cubic):
    tensor = cubic(170, 120, 75)
    tensor[0, 0], tensor[3, 3] = 250, 30  # tetragonal about x
    assert np.allclose(nearest_symmetric(tensor, "4/mmm"), tensor)
    assert (crystal_system("4/mmm"), crystal_system("cubic")) == ("tetragonal", "cubic")
    assert crystal_system(None) is None
