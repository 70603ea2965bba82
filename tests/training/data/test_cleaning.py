"""Each step of cleaning drops what its name says, in the order of the paper."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from elatbot_flows.documents import Averages, LabelledMaterial
from elatbot_flows.training.data.cleaning import PAPER, STEPS, dropped_by
from recorded_elasticity import cubic

FINE = {"voigt": 100.0, "reuss": 90.0, "vrh": 95.0}


def material(label="dft", **fields):
    told = {
        "material_id": "mp-1", "origin": "here", "label": label, "formula": "Cu", "written": "Cu",
        "last_updated": datetime(2030, 1, 2, tzinfo=UTC), "chemsys": "Cu",
        "elastic_tensor": cubic(150.0, 80.0, 60.0), "bulk_modulus": Averages(**FINE),
        "shear_modulus": Averages(**FINE),
    }  # fmt: skip
    return LabelledMaterial(**told | fields)


NOTHING = {"elastic_tensor": None, "bulk_modulus": None, "shear_modulus": None}
CASES = {
    "nothing": (NOTHING, ("labelled", "no_label")),
    "no tensor": ({"elastic_tensor": None}, ("youngs_modulus", "no_tensor")),
    "no stiffness": ({"elastic_tensor": cubic(0, 0, 0)}, ("youngs_modulus", "no_youngs_modulus")),
    "no K": ({"bulk_modulus": None}, ("moduli_recorded", "no_bulk_modulus")),
    "no G": ({"shear_modulus": None}, ("moduli_recorded", "no_shear_modulus")),
    "negative": (
        {"shear_modulus": Averages(**FINE | {"reuss": -0.1})},
        ("moduli_within_range", "negative_modulus"),
    ),
    "large": (
        {"bulk_modulus": Averages(**FINE | {"voigt": 1000.1})},
        ("moduli_within_range", "large_modulus"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_steps_of_the_paper(case):
    fields, expected = CASES[case]
    assert dropped_by(material(**fields)) == expected


@pytest.mark.parametrize("tensor", [cubic(150, 80, 60), cubic(150, 80, -1)])
def test_what_the_paper_kept(tensor):
    """Not everything that it kept is positive definite."""
    edges = Averages(voigt=1000.0, reuss=0.0, vrh=500.0)
    assert dropped_by(material(elastic_tensor=tensor, bulk_modulus=edges)) is None


def test_others_need_no_more_than_a_plausible_label():
    assert dropped_by(material("given", elastic_tensor=None, shear_modulus=None)) is None
    assert dropped_by(material("judge", **NOTHING)) == ("labelled", "no_label")
    soft = {"bulk_modulus": Averages(voigt=-1.0)}
    assert dropped_by(material("given", **soft)) == ("moduli_within_range", "negative_modulus")


def test_steps_are_told_in_their_order():
    assert list(STEPS) == [step.name for step in PAPER]
