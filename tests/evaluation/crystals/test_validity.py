"""What speaks against a generated crystal, check by check."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.documents import CandidateDocument
from elatbot_flows.evaluation.crystals import GeneratedCrystal
from elatbot_flows.evaluation.crystals.outcomes import generated_of, outcome_of, was_tried
from elatbot_flows.evaluation.crystals.validity import checked

CENTRE = [[0, 0, 0], [0.5] * 3]
NIAL = Structure(Lattice.cubic(2.9), ["Ni", "Al"], CENTRE)
MIXED = Structure(Lattice.cubic(3.6), [{"Ni": 0.667, "Al": 0.333}], [[0] * 3])


@pytest.mark.parametrize(
    ("structure", "stated", "expected"),
    [
        (NIAL, {}, {"apart": True, "roomy": True}),
        (NIAL, {"formula": "Al2Ni2", "space_group": 221}, "all"),
        (NIAL, {"formula": "Ni3Al"}, {"apart": True, "roomy": True, "formula": False}),
        (NIAL, {"formula": "nothing?"}, {"apart": True, "roomy": True, "formula": False}),
        (NIAL, {"space_group": 225}, {"apart": True, "roomy": True, "space_group": False}),
        (Structure(Lattice.cubic(0.4), ["Ni"], [[0] * 3]), {}, {"apart": False}),  # its own image
        (Structure(Lattice.cubic(1.3), ["Ni"], [[0] * 3]), {}, {"apart": True, "roomy": False}),
        (Structure(Lattice.cubic(9.0), ["Ni"], [[0] * 3]), {}, {"apart": True, "roomy": False}),
        (MIXED, {"formula": "Ni2Al"}, {"apart": True, "formula": True}),
        (MIXED, {"formula": "NiAl"}, {"apart": True, "formula": False}),
    ],
)
def test_each_check_by_itself(structure, stated, expected):
    found = checked(GeneratedCrystal("a", structure, **stated))
    if expected == "all":
        expected = dict.fromkeys(("apart", "roomy", "formula", "space_group"), True)
    assert found == expected


@pytest.mark.parametrize(
    ("reason", "failed"),
    [
        ("contradicts_formula", {"formula": False}),
        ("contradicts_symmetry", {"space_group": False}),
        ("impossible_cell", {"apart": False}),
        ("cut_off", {}),
    ],
)
def test_a_text_without_a_crystal_fails_where_its_reason_says(reason, failed):
    assert checked(GeneratedCrystal("a", reason=reason)) == failed


def test_candidates_of_runs():
    blank = CandidateDocument(candidate_id="r-1", run_id="r", status="rejected", verdict="hit")
    assert generated_of(blank.updated(reason="no_structure")).reason == "no_structure"
    assert was_tried(blank.updated(reason="no_structure"))
    assert not was_tried(blank.updated(reason="outranked_after_screening"))
    assert not was_tried(blank.updated(status="built"))
    assert outcome_of(blank, target=False).hit is None
    assert outcome_of(blank, target=True).hit is True
    assert outcome_of(blank, target=True).status is None
