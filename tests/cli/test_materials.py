"""Materials that users bring."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.cli.materials import read_materials
from elatbot_flows.errors import StructureError


@pytest.fixture
def folder(tmp_path):
    """Three crystals, a hidden file and one that is no crystal."""
    folder = tmp_path / "crystals"
    folder.mkdir()
    samples.fcc("Cu").to(folder / "a.cif")
    samples.fcc("Au", 4.1).to(folder / "POSCAR", fmt="poscar")
    Structure(Lattice.cubic(3), ["Fe"], [[0, 0, 0]]).to(folder / "c.json")
    (folder / ".hidden").write_text("x")
    (folder / "notes.md").write_text("x")
    return folder


def test_a_folder_of_crystals(folder):
    found = read_materials([folder])
    assert [m.composition.reduced_formula for m in found.materials] == ["Au", "Cu", "Fe"]
    assert found.sources == [str(folder / name) for name in ("POSCAR", "a.cif", "c.json")]
    (odd,) = found.unreadable
    assert (odd["source"], odd["reason"]) == (str(folder / "notes.md"), "unreadable_file")


def test_lists_of_formulas(tmp_path):
    text, table = tmp_path / "list.txt", tmp_path / "list.csv"
    text.write_text("Ni3Al  # strong\n\n# only words\nnot a formula\n")
    table.write_text("id,formula\n1,TiFe\n2,Xx2\n3,\n")
    found = read_materials([text, table])
    assert found.materials == ["Ni3Al", "TiFe"]
    assert found.sources == [f"{text}:1", f"{table}:2"]
    assert [one["source"] for one in found.unreadable] == [f"{text}:4", f"{table}:3", f"{table}:4"]
    assert {one["reason"] for one in found.unreadable} == {"not_a_formula"}


def test_a_file_given_twice_is_read_once(folder):
    assert len(read_materials([folder, folder / "a.cif"]).materials) == 3


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", b"name\nNi\n", "has no column 'formula'"),
        ("x.txt", b"\xff\xfe\x00", "cannot be read as text"),
        ("x.cif", b"nothing", "there is nothing to read"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StructureError, match=words):
        read_materials([tmp_path / name])


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(StructureError, match="no file or folder"):
        read_materials([tmp_path / "nope"])
