"""Crystals of the elements, and their energies against those of the Materials Project."""

from __future__ import annotations

import gzip
import json

import pytest

from elatbot_flows.stability.elements import GASES, element_crystals, element_survey
from elatbot_flows.stability.settings import HullSettings


@pytest.mark.parametrize("symbol", ["Al", "Fe", "Mg", "La"])
def test_close_packed_metals_are_tried_in_every_packing(symbol):
    labels = [label for label, _ in element_crystals(symbol)]
    assert labels[0].startswith("measured")
    assert len(labels) == 5
    assert all(any(f"({name}" in label for label in labels) for name in ("A1", "A2", "A3", "A3'"))


@pytest.mark.parametrize(
    ("symbol", "type_"), [("Ga", "A11"), ("Se", "A8"), ("Te", "A8"), ("As", "A7"), ("U", "A20")]
)
def test_others_are_tried_in_their_own_structure(symbol, type_):
    labels = [label for label, _ in element_crystals(symbol)]
    assert any(f"({type_}," in label for label in labels)


def test_manganese_has_its_own_crystal():
    crystals = dict(element_crystals("Mn"))
    assert len(crystals["alpha manganese (A12)"]) == 29
    assert crystals["alpha manganese (A12)"].distance_matrix[0][1:].min() > 2.2


@pytest.mark.parametrize("symbol", sorted(GASES))
def test_gases_are_crystals_of_molecules(symbol):
    ((_, structure),) = element_crystals(symbol)
    assert len(structure) == 8
    distances = sorted(structure.distance_matrix[0])
    assert distances[1] == pytest.approx(GASES[symbol][0], abs=0.01)
    assert distances[2] > 2 * distances[1] or distances[2] > 2.5


@pytest.mark.slow
def test_every_element_but_the_noble_gases_has_a_crystal(sevennet):
    without = [symbol for symbol in sevennet.elements if not any(element_crystals(symbol))]
    assert without == []


@pytest.mark.shared
@pytest.mark.slow
def test_lowest_energies_are_near_those_of_the_materials_project(shared, sevennet):
    name = "2023-02-07-mp-elemental-reference-entries.json.gz"
    with gzip.open(shared / "data" / "peers" / name, "rt") as stream:
        entries = json.load(stream)
    for symbol in ("Al", "Li", "Ni", "W", "Zn", "Se", "Ga", "N"):
        entry = entries[symbol]
        expected = entry["energy"] / sum(entry["composition"].values())
        found = element_survey(symbol, sevennet, HullSettings())
        (lowest,) = found.phases
        assert lowest.energy_per_atom == pytest.approx(
            expected, abs=0.25 if symbol == "W" else 0.06
        )
