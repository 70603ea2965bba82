"""LLaMat's JSON."""

from __future__ import annotations

import json

import pytest

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import json_text


def test_crystals_come_back(crystals, same):
    for crystal in crystals:
        assert same(crystal, json_text.parse(json_text.render(crystal)).structure)


@pytest.mark.parametrize(
    ("change", "repair"),
    [
        (lambda text: f"Here it is: {text} I hope it helps.", "surrounding_text"),
        (lambda text: json.dumps(json.loads(text), indent=1, sort_keys=True), "other_form"),
        (lambda text: text.replace("5.6,", "5.64,", 1), "other_form"),
    ],
)
def test_repairs_are_told(rocksalt, same, change, repair):
    text = change(json_text.render(rocksalt))
    read = json_text.parse(text, tolerant=True)
    assert read.repairs == (repair,)
    assert same(rocksalt, read.structure)
    with pytest.raises(ParseError) as error:
        json_text.parse(text)
    assert error.value.reason in ("other_text", "other_form")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: "", "empty"),
        (lambda _: "no crystal", "no_cell"),
        (lambda text: text[:60], "cut_off"),
        (lambda text: text.replace('"angles"', '"lengths"'), "ambiguous"),
        (lambda text: text.replace('"angles"', '"tilts"'), "no_cell"),
        (lambda text: text.replace("[90, 90, 90]", "[90, 90, NaN]"), "other_form"),
        (lambda text: text.replace("[90, 90, 90]", "[90, 90, true]"), "no_cell"),
        (lambda text: text.replace("[90, 90, 90]", "[90, 90]"), "no_cell"),
        (lambda text: text.replace("[90, 90, 90]", "90"), "no_cell"),
        (lambda text: text.replace("[90, 90, 90]", "9" * 5000), "other_form"),
        (lambda text: text.replace("[90, 90, 90]", "[" * 50_000), "other_form"),
        (lambda text: text + text, "ambiguous"),
        (lambda text: text.replace("Na", "Nx"), "unknown_element"),
        (lambda text: text.replace("[5.6, 5.6, 5.6]", "[0.1, 5.6, 5.6]"), "impossible_cell"),
        (lambda text: json.dumps(json.loads(text) | {"coordinates": [1]}), "bad_site"),
        (lambda _: "{" + " " * 300_000, "too_large"),
    ],
)
def test_refusals(rocksalt, change, reason):
    with pytest.raises(ParseError) as error:
        json_text.parse(change(json_text.render(rocksalt)), tolerant=True)
    assert error.value.reason == reason
