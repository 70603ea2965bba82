"""People's own files: what is read, under which name, and what is not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elatbot_flows.errors import ElatbotError
from elatbot_flows.training.data.given import read_given
from elatbot_flows.training.data.tables import read_table
from recorded_elasticity import L1_0, cubic, fcc

ALLOYS = """\
formula,crystal system,temperature (K),Voigt bulk modulus,structure
Ni3Al,cubic,300,173.9 GPa,
Ti44Al56,tetragonal,298,109.4,
Cu,,,140,cu.cif
Al,cubic,,oops,
Pt,,,230,nowhere.cif
"""


def test_a_table_of_alloys_and_a_crystal_beside_it(tmp_path):
    fcc("Cu", 3.61).to(filename=str(tmp_path / "cu.cif"))
    (tmp_path / "alloys.csv").write_text(ALLOYS)
    found = read_given(tmp_path / "alloys.csv")
    nickel, titanium, copper = found.materials
    assert (nickel.material_id, nickel.place) == ("alloys.csv, row 1", 1)
    assert (nickel.formula, nickel.written, nickel.temperature) == ("AlNi3", "Ni3Al", 300.0)
    assert (nickel.voigt_bulk_modulus, nickel.crystal_system) == (173.9, "Cubic")
    assert (nickel.label, nickel.labelled_by, nickel.origin) == ("given", *["alloys.csv"] * 2)
    assert (titanium.formula, titanium.written) == ("Ti11Al14", "Ti44Al56")
    assert (copper.crystal_system, copper.spacegroup_number) == ("Cubic", 225)
    assert (copper.temperature, copper.structure.composition.reduced_formula) == (0.0, "Cu")
    assert found.skipped == {"not_a_number": 1, "unreadable_structure": 1}
    assert found.first == "row 4: 'oops' is not a number"


@pytest.mark.parametrize("name", ["own.json", "own.jsonl"])
def test_crystals_with_tensors(tmp_path, name):
    record = {"mp_id": "mine-1", "structure": L1_0.as_dict(), "elastic_tensor": cubic(200, 150, 80)}
    rows = [record, record, "text"]
    text = json.dumps(rows) if name.endswith("json") else "\n".join(map(json.dumps, rows))
    (tmp_path / name).write_text(text)
    found = read_given(tmp_path / name)
    (material,) = found.materials
    assert material.material_id == f"{name}, mine-1"
    assert (material.formula, material.crystal_system) == ("CuAu", "Tetragonal")
    assert np.array_equal(material.elastic_tensor, cubic(200, 150, 80))
    assert material.bulk_modulus.voigt == pytest.approx(500 / 3)
    assert found.skipped == {"not_an_object": 1, "repeated": 1}


def test_code_that_a_table_names_is_not_imported(tmp_path):
    hostile = L1_0.as_dict() | {"properties": {"x": {"@module": "os", "@callable": "system"}}}
    rows = [{"structure": hostile, "bulk_modulus": 1}, {"structure": L1_0.as_dict()}]
    (tmp_path / "own.json").write_text(json.dumps([rows[0], rows[1] | {"bulk_modulus_voigt": 150}]))
    (tmp_path / "crystal.json").write_text(json.dumps(hostile))
    found = read_given(tmp_path / "own.json")
    assert found.skipped == {"unreadable_structure": 1}
    assert "'os'" in found.first


def test_averages_of_hill_are_those_of_voigt_in_cubic_crystals_alone(tmp_path):
    text = "formula,crystal_system,bulk_modulus_vrh\nCu,cubic,140\nZn,hexagonal,70\n"
    (tmp_path / "own.csv").write_text(text)
    copper, zinc = read_given(tmp_path / "own.csv").materials
    assert (copper.voigt_bulk_modulus, zinc.voigt_bulk_modulus) == (140.0, None)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("own.csv", None, "there is no data file"),
        ("own.csv", "formula,bulk_modulus\nXx,3\n", r"no row of .* can be used.*row 1"),
        ("own.json", "{}", "is no list"),
        ("own.json", "{", "is not JSON"),
        ("own.jsonl", "{", "JSON lines"),
    ],
)
def test_files_that_are_refused(tmp_path, name, text, words):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ElatbotError, match=words):
        read_given(tmp_path / name)


def test_tables_are_read_by_their_names(tmp_path):
    (tmp_path / "a.csv").write_text("\ufeffx,y\n1,2\n")
    assert read_table(tmp_path / "a.csv") == [{"x": "1", "y": "2"}]
