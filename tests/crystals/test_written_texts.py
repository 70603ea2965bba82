"""Files of crystals that language models wrote."""

from __future__ import annotations

import csv
import gzip
import json

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.crystals.written_texts import read_crystal_texts
from elatbot_flows.errors import ElatbotError, StructureError
from elatbot_flows.text.crystals import brackets, cif, json_text, lines

CU = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
TEXTS = [lines.render(CU), json_text.render(CU), cif.render(CU), brackets.render(CU), "the", ""]
FORMS = ["crystal-text-llm", "llamat-json", "crystallm", "crystallm-pi", "crystal-text-llm", None]


def check(found):
    assert [each.form for each in found] == FORMS
    assert [each.crystal is not None for each in found] == [True] * 4 + [False] * 2
    assert [each.reason for each in found[4:]] == ["unknown_format", "empty"]
    assert all(each.message for each in found[4:])


def test_a_table(tmp_path):
    with (tmp_path / "made.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["index", "gen_str"], *enumerate(TEXTS)])
    check(read_crystal_texts(tmp_path / "made.csv"))
    check(read_crystal_texts(tmp_path))


def test_json_lines(tmp_path):
    file = tmp_path / "made.jsonl.gz"
    records = [*TEXTS[:2], *({"completion": text} for text in TEXTS[2:])]
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))
    check(read_crystal_texts(file))
    assert read_crystal_texts(file)[1].source == "made.jsonl.gz:2"


def test_a_folder_of_texts(tmp_path):
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}.txt").write_text(text)
    found = read_crystal_texts(tmp_path)
    check(found)
    assert found[0].source == "0.txt"


def test_strict_reading_repairs_nothing(tmp_path):
    (tmp_path / "made.txt").write_text("the crystal is\n" + TEXTS[0])
    (found,) = read_crystal_texts(tmp_path / "made.txt")
    assert found.crystal.repairs == ("leading_text",)
    (found,) = read_crystal_texts(tmp_path / "made.txt", tolerant=False)
    assert found.reason == "other_text"


def test_what_holds_no_text_has_a_reason(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.cif").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "c.jsonl").write_text('[1]\n{"text": 3}\n')
    assert [each.crystal for each in read_crystal_texts(tmp_path)] == [None] * 4


def test_missing_files_are_told(tmp_path):
    for path in (tmp_path, tmp_path / "x.csv"):
        with pytest.raises(StructureError, match="no file"):
            read_crystal_texts(path)
    (tmp_path / "c.jsonl").write_text("{")
    with pytest.raises(ElatbotError):
        read_crystal_texts(tmp_path)
