"""``elatbot evaluate --crystals``."""

from __future__ import annotations

import json

import pytest
from cli_commands import EMT
from jobflow import run_locally
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.database.results import read_result
from elatbot_flows.text.crystals import cif, lines


@pytest.fixture
def folder(tmp_path):
    """Copper and its alloy with gold, a crystal too dense, and a text that is none."""
    made = tmp_path / "made"
    made.mkdir()
    (made / "a.cif").write_text(cif.render(samples.fcc("Cu")))
    gold = Structure(Lattice.cubic(3.04), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    (made / "b.txt").write_text(lines.render(gold))
    samples.fcc("Cu", 1.2).to(filename=str(made / "c.vasp"), fmt="poscar")
    (made / "d.txt").write_text(" is 3.1 3.1\n91 91 55\nFe\n0.49 0.72 0.66")
    (tmp_path / "known.json").write_text(json.dumps([samples.fcc("Cu").as_dict()]))
    return made


def test_tables_files_and_a_second_try(command, folder, tmp_path):
    options = ("--reference", tmp_path / "known.json", "--known", tmp_path / "known.json")
    given = ("evaluate", "--crystals", folder, *options, "--no-coverage", "--out", tmp_path / "o")
    ended = command(*given, "--plots")
    assert ended.code == 0, ended.err
    for words in ("no_lengths 1", "reference: matched by any", "valid: novel"):
        assert words in ended.out
    assert "look at crystals" in ended.err
    lines_of = (tmp_path / "o" / "crystals.jsonl").read_text().splitlines()
    assert [json.loads(line)["valid"] for line in lines_of] == [True, True, False, False]
    numbers = json.loads((tmp_path / "o" / "evaluation.json").read_text())
    assert numbers["steps"]["valid"]["of_all"]["value"] == 0.5
    assert (tmp_path / "o" / "evaluation.png").stat().st_size > 10_000
    again = command(*given)
    assert again.code == 2
    assert "choose another folder" in again.err


def run_here(flow, store, console, **options):
    """Run a flow in this process, which costs a tenth of a pool of workers."""
    run_locally(flow, store=store, ensure_success=True, log=False)
    return read_result(store, flow.output.uuid)


def test_physics_hull_and_target_and_the_run_read_again(command, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("elatbot_flows.cli.validate.run_to_result", run_here)
    (folder / "b.txt").unlink()  # the hull of an element needs no other phases
    asked = ("--potential", EMT, "--hull", "-K", "120:150", "--workers", "1")
    ended = command("evaluate", "--crystals", folder, *asked, "--json", "--out", tmp_path / "o")
    assert ended.code == 0, ended.err
    steps = json.loads(ended.out)["steps"]
    counts = {name: step["of_all"]["count"] for name, step in steps.items()}
    assert (counts["parsed"], counts["valid"], counts["relaxed"]) == (2, 1, 1)
    assert counts["stable"] == counts["on_target"] == 1
    assert all(step["of_all"]["of"] == 3 for step in steps.values())
    read = command("evaluate", "--crystals", tmp_path / "o", "--json")
    assert json.loads(read.out)["submitted"] == 1
    again = {n: s["of_all"]["count"] for n, s in json.loads(read.out)["steps"].items()}
    assert {n: c for n, c in again.items() if n not in {"parsed", "valid"}} == {
        n: c for n, c in counts.items() if n not in {"parsed", "valid"}
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "give a FILE of predicted tensors, or --crystals"),
        (("--crystals", "made", "--hull"), "give --potential"),
        (("--crystals", "made", "-K", "1:2"), "--bulk-modulus needs somebody who judges"),
        (("--crystals", "made", "--train", "x"), "--train says nothing with --crystals"),
        (("x.jsonl", "--known", "x"), "--known says nothing without --crystals"),
        (("--crystals", "made", "--plots"), "give --out"),
        (("--crystals", "nothing"), "there is no file in nothing"),
        (("--crystals", "made", "--known", "made/d.txt"), "no ordered crystal"),
    ],
)
def test_what_cannot_be_told_names_the_remedy(command, folder, options, words):
    ended = command("evaluate", *options)
    assert ended.code == 2
    assert words in ended.err
