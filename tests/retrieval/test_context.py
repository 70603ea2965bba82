"""A question with its references and a plain word on them."""

from __future__ import annotations

import json

import pytest

from elatbot_flows.errors import ParseError
from elatbot_flows.retrieval import ALLOY_NAMES, KnowledgeBase, answer_with_references
from elatbot_flows.text import retrieval_text
from elatbot_flows.text.elatbot_prompts import Task


def test_references_come_before_the_published_question(base):
    found = answer_with_references(base, "Ni3Al", 160, k=3)
    references, question = retrieval_text.parse(found.text)
    assert [(r.formula, r.temperature, r.value) for r in references] == [
        ("AlNi3", 200, 172), ("AlNi3", 100, 174), ("AlNi3", 300, 171),
    ]  # fmt: skip
    assert question.startswith("The material is AlNi3 with crystal system cubic and")
    assert len(found.neighbours) == 3
    assert "(unit: GPa) at 160K temperature" in found.prompt().instruction
    assert found.prompt(Task.TENSOR).input == found.text
    assert answer_with_references(base, "Ni3Al", 160, k=3) == found


@pytest.mark.parametrize(
    ("formula", "kelvin", "support", "words"),
    [
        ("Ni3Al", 160, "bracketed", "4 rows of AlNi3 (100 to 400 K) bracket 160 K: Voigt bulk m"),
        ("Ni3Al", 160, "bracketed", "GPa at 160 K, +- 0.50 GPa by leaving out one temperature"),
        ("Ni3Al", 160, "bracketed", "; trust this rather than the model."),
        ("Ni3Al", 300, "bracketed", ", 1 at 300 K: Voigt bulk modulus 171.00 GPa at 300 K, +- 0.5"),
        ("Ni3Al", 250, "bracketed", "by leaving out each of two temperatures"),
        ("Ni", 100, "bracketed", "without an estimate of its error; compare it with the model."),
        ("Ni3Al", 900, "extrapolated", "do not reach 900 K: Voigt bulk modulus 169.00 GPa"),
        ("Na", 301.5, "disagreeing", "but rows disagree: Na: 6.5 GPa at 300 K"),
        ("NiTi", 300, "none", "No row of TiNi: the references are of other alloys"),
    ],
)  # fmt: skip
def test_statements(base, formula, kelvin, support, words):
    system = "cubic" if formula == "NiTi" else None
    found = answer_with_references(base, formula, kelvin, crystal_system=system)
    assert found.support == support
    assert words in found.statement
    assert (found.interpolation is None) == (support == "none")


def test_rows_that_scatter_are_not_preferred():
    values = {100: 100, 200: 110, 300: 100, 400: 110}
    base = KnowledgeBase.from_records(
        [
            {"formula": "Ni", "temperature": t, "bulk_modulus_voigt": v, "crystal_system": "cubic"}
            for t, v in values.items()
        ]
    )
    found = answer_with_references(base, "Ni", 250)
    assert "+- 10.00 GPa by leaving out each of two temperatures" in found.statement
    assert found.statement.endswith("; compare it with the model.")


def test_rows_that_tell_no_voigt_average_are_asked_for_what_they_tell():
    records = [
        {"formula": "Ni3Al", "crystal_system": "cubic", "temperature": t, "bulk_modulus": k}
        for t, k in ((100, 175.0), (300, 171.0))
    ]
    found = answer_with_references(KnowledgeBase.from_records(records), "Ni3Al", 200)
    assert found.interpolation.value == pytest.approx(173.0)
    assert "bulk modulus 173.00 GPa at 200 K" in found.statement
    references, _ = retrieval_text.parse(found.text)
    assert {reference.quantity for reference in references} == {"bulk_modulus"}
    records[0]["bulk_modulus_voigt"] = 180.0
    found = answer_with_references(KnowledgeBase.from_records(records), "Ni3Al", 100)
    assert (found.interpolation.n_rows, found.interpolation.value) == (1, 180.0)


def test_unknown_crystal_system(base):
    with pytest.raises(ParseError, match="give crystal_system") as caught:
        answer_with_references(base, "NiTi", 300)
    assert caught.value.reason == "no_crystal_system"


@pytest.mark.parametrize("kelvin", [0, -5, float("nan"), float("inf")])
def test_impossible_temperatures(base, kelvin):
    with pytest.raises(ParseError) as caught:
        answer_with_references(base, "Ni3Al", kelvin)
    assert caught.value.reason == "wrong_temperature"


@pytest.mark.shared
def test_questions_are_the_published_ones(published, shared):
    path = shared / "data" / "finiteT_alloys_37_predictions.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(records) == 37
    for record in records:
        formula = ALLOY_NAMES.get(record["alloy"], record["alloy"])
        found = answer_with_references(published[0], formula, record["temperature_K"])
        assert retrieval_text.parse(found.text)[1] == record["input"]
        assert found.prompt(Task.TENSOR).instruction == record["instruction"]
        assert {neighbour.same_alloy for neighbour in found.neighbours} == {True}
