"""``elatbot validate``: crystals of one's own through the flow of a design."""

from __future__ import annotations

import json

import pytest
from cli_commands import EMT, elatbot
from pymatgen.core import Lattice, Structure

import samples

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A crystal, a file that is none, a disordered crystal and a noble gas."""
    folder = tmp_path_factory.mktemp("files")
    copper, broken, mixed, xenon = (
        folder / name for name in ("POSCAR", "broken.cif", "mixed.cif", "xenon.json")
    )
    samples.fcc("Cu").to(copper, fmt="poscar")
    broken.write_text("nothing")
    Structure(Lattice.cubic(3), [{"Cu": 0.5, "Ni": 0.5}], [[0, 0, 0]]).to(mixed)
    samples.fcc("Xe", 6).to(xenon)
    return list(map(str, (copper, broken, mixed, xenon)))


def test_every_file_is_an_entry_with_evidence_or_a_reason(files, tmp_path):
    arguments = ("--potential", EMT, "--workers", "1", "-K", "120:150", "--pugh-ratio", "1.75:")
    ended = elatbot("validate", *files, *arguments, "--out", tmp_path / "kept", "--json")
    assert ended.code == 0, ended.err
    entries = json.loads(ended.out)
    assert [entry["source"] for entry in entries] == files
    copper, broken, mixed, xenon = entries
    reasons = [entry["reason"] for entry in (broken, mixed, xenon)]
    assert reasons == ["unreadable_file", "disordered", "unsupported_element"]
    assert all(entry["message"] for entry in (broken, mixed, xenon))
    assert broken.keys() == copper.keys()
    assert copper["status"] == "passed"
    said = {e["result"]["judge"]["name"]: e["result"] for e in copper["evidence"]}
    assert set(said) == {EMT, "elatbot-mini"}
    assert said[EMT]["bulk_modulus"] == pytest.approx(134, abs=3)
    assert len(said[EMT]["elastic_tensor"]) == 6
    assert {"verdict", "probability", "probabilities", "estimate"} <= set(copper)
    (page,) = (tmp_path / "kept").glob("*/report.html")
    assert "POSCAR" in page.read_text()
    assert str(page) in ended.err
    found = json.loads(elatbot("query", "--out", tmp_path / "kept", "--json").out)
    assert [one["formula"] for one in found] == ["Cu"]


def test_without_a_target_there_is_no_verdict(files):
    ended = elatbot("validate", files[0], files[1], "--potential", EMT, "--workers", "1")
    assert ended.code == 0, ended.err
    assert "passed" in ended.out
    assert "unreadable file" in ended.out
    for word in ("hit", "miss"):
        assert word not in ended.out


def test_only_unreadable_files(command, files):
    ended = command("validate", files[1], "--potential", EMT)
    assert ended.code == 0
    assert "unreadable file" in ended.out
