"""Materials out of records whose fields go by several names."""

from __future__ import annotations

import pytest

from elatbot_flows.errors import ParseError
from elatbot_flows.evaluation.baselines import read_material, read_rows

TENSOR = [[float(i == j) for j in range(6)] for i in range(6)]


@pytest.mark.parametrize("name", ["elastic_tensor_GPa", "label", "tensor"])
def test_fields_go_by_several_names(name):
    record = {"material_formula": "Al2Ni6", "crystal system": "orthorhomabic", name: str(TENSOR)}
    material = read_material(record | {"temperature": 300}, 7, with_tensor=True)
    assert (material.formula, material.symmetry) == ("AlNi3", "orthorhombic")
    assert (material.temperature, material.number) == (300.0, 7)
    assert material.tensor.tolist() == TENSOR


def test_space_group_comes_before_the_system():
    record = {"formula": "Cu", "spacegroup_number": 225, "crystal_system": "Trigonal"}
    assert read_material(record).symmetry == "cubic"


def test_alloys_are_the_same_if_their_atomic_percent_are():
    same = [read_material({"formula": f}).percent for f in ("MgCu2", "Mg33.33Cu66.67", "Cu4Mg2")]
    assert len(set(same)) == 1


def test_what_cannot_be_used_is_counted():
    found = read_rows(
        [
            {"formula": "Cu", "label": TENSOR},
            {"formula": "Cu"},
            {"label": TENSOR},
            {"formula": "Cq", "label": TENSOR},
            {"formula": "no", "label": TENSOR},
            {"formula": "Cu", "label": [[1.0]]},
            {"formula": "Cu", "label": TENSOR, "temperature_K": -1},
            "Cu",
        ]
    )
    assert [row.number for row in found.rows] == [1]
    assert found.unusable == {
        "no_formula": 1,
        "no_tensor": 1,
        "not_a_formula": 1,
        "not_an_object": 1,
        "unknown_element": 1,
        "wrong_shape": 1,
        "wrong_temperature": 1,
    }


def test_a_missing_formula_names_the_fields():
    with pytest.raises(ParseError, match="'formula' or 'material_formula'") as caught:
        read_material({"composition": "Cu"}, 3)
    assert caught.value.reason == "no_formula"
