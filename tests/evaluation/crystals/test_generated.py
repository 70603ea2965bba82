"""Generated crystals in files of many kinds, and files that hold none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from elatbot_flows.errors import StructureError
from elatbot_flows.evaluation.crystals import read_generated
from elatbot_flows.text.crystals import cif, lines

NI3AL = Structure.from_spacegroup(
    "Pm-3m", Lattice.cubic(3.6), ["Ni", "Al"], [[0, 0.5, 0.5], [0, 0, 0]]
)
TEXT = cif.render(NI3AL)


def write_all(folder):
    """Ni3Al in every kind of file."""
    (folder / "asymmetric.cif").write_text(TEXT)
    (folder / "both.cif").write_text(f"{TEXT}\n{TEXT}")
    (folder / "lines.txt").write_text(lines.render(NI3AL))
    (folder / "table.csv").write_text(f'gen_str\n"{lines.render(NI3AL)}"\n')
    (folder / "list.json").write_text(json.dumps([NI3AL.as_dict(), {"structure": NI3AL.as_dict()}]))
    (folder / "rows.jsonl").write_text(json.dumps({"structure": NI3AL.as_dict()}) + "\n")
    NI3AL.to_ase_atoms().write(folder / "frames.xyz", format="extxyz")
    NI3AL.to(filename=str(folder / "POSCAR"))
    CifWriter(NI3AL).write_file(folder / "p1.cif")
    CifWriter(NI3AL, symprec=0.01).write_file(folder / "operations.cif")


def test_the_same_crystal_in_every_kind_of_file(tmp_path):
    write_all(tmp_path)
    found = read_generated(tmp_path)
    assert len(found) == 12
    assert all(crystal.structure.matches(NI3AL) for crystal in found), found
    groups = {crystal.source: crystal.space_group for crystal in found}
    assert groups["asymmetric.cif"] == groups["both.cif:2"] == groups["operations.cif"] == 221
    assert groups["p1.cif"] is None  # every atom is listed: nothing is stated
    assert {c.source for c in found if c.formula} >= {"asymmetric.cif", "p1.cif", "both.cif:1"}


@pytest.mark.parametrize(
    ("name", "content", "reason", "parsed"),
    [
        ("a.cif", "nothing", "unreadable_file", False),
        ("a.cif", TEXT.replace("Pm-3m", "Fm-3m").replace("221", "225"), "contradicts_sym", True),
        ("a.txt", " is 3.1 3.1\n91 91 55\nFe\n0.5 0.7 0.6", "no_lengths", False),
        ("a.txt", "", "empty", False),
        ("a.json", "{", "unreadable_file", False),
        ("a.json", '[{"lattice": 1}]', "unreadable_file", False),
        ("a.xyz", "1\n\nCu 0 0 0\n", "unreadable_file", False),
        ("a.bin", "\x00", "unreadable_file", False),
    ],
)
def test_what_is_no_crystal_has_a_reason(tmp_path, name, content, reason, parsed):
    (tmp_path / name).write_text(content)
    (found,) = read_generated(tmp_path)
    assert found.structure is None
    assert str(found.reason).startswith(reason)
    assert found.message
    assert found.parsed is parsed


@settings(max_examples=30)
@given(cut=st.integers(0, len(TEXT)), kind=st.sampled_from(["cif", "txt"]))
def test_a_file_that_was_cut_is_one_entry(tmp_path_factory, cut, kind):
    file = tmp_path_factory.mktemp("cut") / f"a.{kind}"
    file.write_text(TEXT[:cut])
    (found,) = read_generated(file)
    assert (found.structure is None) == (found.reason is not None)


def test_code_in_documents_is_refused_and_no_file_is_an_error(tmp_path):
    (tmp_path / "a.json").write_text('{"@module": "os", "@class": "system", "lattice": {}}')
    assert read_generated(tmp_path)[0].structure is None
    with pytest.raises(StructureError, match="give a file or a folder"):
        read_generated(tmp_path / "nothing")
