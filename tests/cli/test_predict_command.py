"""``elatbot predict`` and ``elatbot generate`` with real models."""

from __future__ import annotations

import json

import pytest
from cli_commands import elatbot
from pymatgen.core import Lattice, Structure

import samples
from scripted_engine import CUBIC, asked, scripted


@pytest.fixture
def files(tmp_path):
    """A crystal, a file that is none, a disordered crystal and a noble gas."""
    copper, broken, mixed, xenon = (
        tmp_path / name for name in ("POSCAR", "broken.cif", "mixed.cif", "xenon.json")
    )
    samples.fcc("Cu").to(copper, fmt="poscar")
    broken.write_text("nothing")
    Structure(Lattice.cubic(3), [{"Cu": 0.5, "Ni": 0.5}], [[0, 0, 0]]).to(mixed)
    samples.fcc("Xe", 6).to(xenon)
    return list(map(str, (copper, broken, mixed, xenon)))


def refused(ended, *words):
    assert (ended.code, ended.out) == (2, "")
    (line,) = ended.err.splitlines()
    for word in words:
        assert word in line


@pytest.mark.slow
def test_bulk_modulus_out_of_the_box(command, files, tmp_path):
    arguments = ("--formula", "Ni3Al", "--crystal-system", "cubic", "--json")
    ended = command("predict", *files, *arguments, "--task", "bulk_modulus", "--out", "kept")
    assert ended.code == 0, ended.err
    assert "ask the text model: 1 of 1" in ended.err
    copper, broken, mixed, xenon, alloy = json.loads(ended.out)
    assert [row["source"] for row in (copper, broken, mixed, xenon)] == files
    assert [row["status"] for row in (copper, alloy)] == ["predicted"] * 2
    assert copper["formula"] == "Cu"
    assert 100 < copper["bulk_modulus"] < 180
    assert copper["model"]["name"] == "elatbot-mini"
    assert copper["elastic_tensor"] is copper["born_stable"] is copper["symmetry_distance"] is None
    assert [row["reason"] for row in (broken, mixed, xenon)] == [
        "unreadable_file",
        "disordered",
        "unsupported_element",
    ]
    assert broken.keys() == copper.keys()
    assert mixed["message"]
    assert alloy["formula"] == "AlNi3"
    assert json.loads((tmp_path / "kept" / "predictions.json").read_text())[0] == copper
    again = command("predict", *files, *arguments, "--task", "bulk_modulus", "--out", "kept")
    assert json.loads(again.out)[0] == copper


@pytest.mark.slow
def test_a_table_tells_the_task_that_was_chosen(files):
    ended = elatbot("predict", files[0], files[1], "--samples", "5")
    assert ended.code == 0, ended.err
    assert "asking elatbot-mini for bulk_modulus; --task chooses from bulk_modulus" in ended.err
    assert "±" in ended.out
    assert "5 of 5 answers" in ended.out
    assert "unreadable file" in ended.out
    assert "Voigt average" in ended.out


def test_what_the_model_cannot_do_is_told_in_one_line(command, files):
    ended = command("predict", files[0], "--task", "poetry")
    refused(ended, "elatbot-mini cannot be asked for poetry", "it was trained for bulk_modulus")


REFUSED = {
    "nothing": ((), ("nothing to predict", "--formula")),
    "no file": (("nowhere.cif",), ("there is no file nowhere.cif",)),
    "no model": (("--formula", "Cu", "--engine", "server"), ("needs the address", "url")),
    "engine": (("--formula", "Cu", "--engine", "magic"), ("'magic'", "transformers, vllm")),
    "dialect": (
        ("--formula", "Cu", "--dialect", "latin"),
        ("'latin'", "choose from compact"),
    ),
    "systems": (
        ("--formula", "Cu", *("--crystal-system", "Cubic") * 2),
        ("2 --crystal-system for 1 --formula",),
    ),
    "samples": (("--formula", "Cu", "--samples", "0"), ("--samples is 0",)),
    "seed": (("--formula", "Cu", "--seed", "-1"), ("--seed is -1",)),
    "kelvin": (("--formula", "Cu", "--kelvin=-1"), ("--kelvin is -1", "0 or more")),
    "plots": (("--formula", "Cu", "--plots"), ("--plots", "--out DIR")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_told_before_anything_runs(command, case):
    arguments, words = REFUSED[case]
    refused(command("predict", *arguments, "--task", "bulk_modulus"), *words)


@pytest.mark.slow
def test_generate(command):
    ended = command("generate", "-K", "150:170", "-n", "6", "--guidance", "0.5", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["requested"] == [150, 170]
    assert document["settings"]["guidance"] == 0.5
    assert document["proposals"][0]["completion"]["sampling"]["guidance"] == 0.5
    assert document["readable"]["of"] == len(document["proposals"]) == 6
    assert not any(key.startswith("@") for key in document)
    refused(command("generate", "-K", "170:150"), "--bulk-modulus", "reversed")
    refused(command("generate"), "nothing is asked for")
    other = ("--engine", "server", "--url", "http://localhost:1", "--model", "theirs")
    both = ("-K", "150:170", "-G", "60:80")
    refused(command("generate", *both, *other), "theirs cannot be asked for a shear modulus")
    refused(command("generate", "-K", "150", "-n", "0"), "-n is 0")


@pytest.mark.slow
def test_tensors_are_drawn_and_kept(command, files, monkeypatch, tmp_path):
    """A model with a script, asked in worker processes like any other."""
    model = scripted([("Material Xe", ["no"]), ("", [CUBIC])], log=str(tmp_path / "log"))
    monkeypatch.setattr("elatbot_flows.engines.text_model.text_model", lambda *_, **__: model)
    arguments = ("--task", "tensor_from_structure", "--out", "run", "--plots", "--chunk-size", "2")
    ended = command("predict", *files, *arguments)
    assert ended.code == 0, ended.err
    assert "ask the text model: 2 of 2" in ended.err
    assert "stable" in ended.out
    assert "not a matrix" in ended.out
    (figure,) = (tmp_path / "run" / "plots").iterdir()
    assert figure.name == "1-Cu.png"
    copper, *_, xenon = json.loads((tmp_path / "run" / "predictions.json").read_text())
    assert copper["elastic_tensor"][0][0] == 240
    assert copper["shear_modulus"] > 0
    assert xenon["completions"][0]["text"] == "no"
    again = command("predict", *files, *arguments, "--json")
    assert json.loads(again.out)[0] == copper
    assert asked(tmp_path / "log") == 2
