"""``elatbot read-crystals``."""

from __future__ import annotations

import json

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.text.crystals import cif, lines

CU = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])


@pytest.fixture
def folder(tmp_path):
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("it is\n" + lines.render(CU))
    (texts / "b.cif").write_text(cif.render(CU))
    (texts / "c.txt").write_text(" is 3.1 3.1\n91 91 55\n\x1b[2JFe\n0.49 0.72 0.66")
    return texts


def test_what_each_text_is(command, folder):
    ended = command("read-crystals", folder)
    assert ended.code == 0, ended.err
    assert "crystal, repaired: leading_text" in ended.out
    assert "2 of 3 texts are crystals" in ended.out
    assert "1 of 1 have the space group they state" in ended.out


def test_json_and_crystals(command, folder, tmp_path):
    ended = command("read-crystals", folder, "--json", "--out", tmp_path / "made")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row.get("space_group") for row in rows] == [225, 225, None]
    assert rows[2]["reason"] == "no_lengths"
    made = sorted((tmp_path / "made" / "crystals").iterdir())
    assert [path.name for path in made] == ["00001_Cu.cif", "00002_Cu.cif"]
    assert (tmp_path / "made" / "texts.jsonl").read_text() == ended.out
    assert Structure.from_file(made[1]).matches(CU)


def test_no_crystal_is_no_result(command, folder):
    assert command("read-crystals", folder / "a.txt", "--strict").code == 1
    assert command("read-crystals", folder / "nothing").code == 2
