"""What a user can put right is told in one line that names the remedy; nothing is written."""

from __future__ import annotations

import shutil
import sys

import pytest
from cli_commands import EMT

from elatbot_flows.engines.mini.generator_files import find_folder

BAND = ("--bulk-modulus", "150:170")


def refused(ended, *words):
    """Assert that a command was refused with one line that has these words."""
    assert ended.code == 2, ended
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


TARGETS = {
    "unknown element": (
        (*BAND, "--elements", "Ni,Xx"),
        ("--elements", "'Xx'", "write symbols such as"),
    ),
    "unknown excluded element": ((*BAND, "--exclude", "Qq"), ("--exclude", "'Qq'")),
    "reversed": (("-K", "170:150"), ("--bulk-modulus", "reversed", "write 150:170")),
    "negative": (
        ("--bulk-modulus=-20:-10",),
        ("bulk_modulus", "stable solid", "change the interval"),
    ),
    "not numbers": (("-G", "a:b"), ("--shear-modulus", "'a:b'", "write LOW:HIGH")),
    "one number": (("-K", "150"), ("--bulk-modulus", "'150'", "write LOW:HIGH")),
    "no edge": (("-K", ":"), ("--bulk-modulus", "':'", "150: or :170")),
    "not a number": (("-K", "150:nan"), ("--bulk-modulus", "not a number")),
    "Poisson ratio beyond one half": (("--poisson-ratio", "0.2:0.6"), ("poisson_ratio", "0.5")),
    "no interval": ((), ("no interval", "give at least one")),
    "contradiction": (
        (*BAND, "-G", "10:20", "--pugh-ratio", "1:2"),
        ("contradict each other", "bulk_modulus 150:170", "widen one of them"),
    ),
    "far from the training rows": (
        ("-K", "700:800"),
        ("elatbot-mini", "700:800 GPa", "choose an interval"),
    ),
    "element without training rows": (
        (*BAND, "--elements", "Ni,Xe"),
        ("does not know Xe", "leave them out"),
    ),
    "all excluded": (
        (*BAND, "--elements", "Ni,Al", "--exclude", "Al,Ni"),
        ("no element is left", "exclude fewer"),
    ),
    "potential twice": (
        (*BAND, "--potential", "7net-0", "--potential", "7net-0"),
        ("--potential 7net-0 is given twice",),
    ),
    "no material": ((*BAND, "--from", "nowhere.cif"), ("no file or folder nowhere.cif",)),
    "unknown engine": ((*BAND, "--engine", "magic"), ("'magic'", "transformers, vllm")),
    "no server": ((*BAND, "--engine", "server"), ("needs the address", "url")),
    "unknown dialect": ((*BAND, "--dialect", "latin"), ("'latin'", "choose from")),
    "no candidates": ((*BAND, "-n", "0"), ("n is 0", "1 to 2000")),
    "too many candidates": ((*BAND, "-n", "2001"), ("n is 2001", "split")),
    "negative seed": ((*BAND, "--seed", "-1"), ("--seed is -1", "at least 0")),
    "no workers": ((*BAND, "--workers", "0"), ("--workers is 0", "at least 1")),
    "negative guidance": ((*BAND, "--guidance", "-1"), ("guidance is -1.0", "0 or more")),
    "no sites": ((*BAND, "--max-sites", "0"), ("max_sites is 0", "at least 1")),
    "unknown potential": ((*BAND, "--potential", "foo"), ("'foo'", "7net-0", "give one of")),
    "no generator": ((*BAND, "--generator", "./nope"), ("no folder './nope'", "elatbot-mini")),
}


@pytest.mark.parametrize("case", TARGETS)
def test_impossible_design(command, tmp_path, case):
    arguments, words = TARGETS[case]
    refused(command("design", *arguments, "--out", tmp_path / "run"), *words)
    assert files_in(tmp_path) == []


@pytest.fixture
def generator(tmp_path):
    """A copy of the generator that ships with the package."""
    return shutil.copytree(find_folder("elatbot-mini"), tmp_path / "generator")


def test_incomplete_generator(command, generator, tmp_path):
    (generator / "tokenizer.json").unlink()
    ended = command("design", *BAND, "--generator", generator, "--out", tmp_path / "run")
    refused(ended, "lacks tokenizer.json", "use 'elatbot-mini'")
    assert not (tmp_path / "run").exists()


def test_damaged_weights(command, generator, tmp_path):
    weights = generator / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    ended = command("design", *BAND, "--generator", generator, "--out", tmp_path / "run")
    refused(ended, "weights", "use 'elatbot-mini'")
    assert not (tmp_path / "run").exists()


def in_the_way(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    return blocker


@pytest.mark.parametrize("below", ["", "run"])
def test_a_file_where_the_folder_should_be(command, tmp_path, below):
    blocker = in_the_way(tmp_path)
    ended = command("design", *BAND, "--out", blocker / below)
    refused(ended, "--out", str(blocker), "choose another folder")
    assert blocker.read_text() == "not a folder"


def no_directory(folder):
    return folder / "nope"


def incomplete_directory(folder):
    (folder / "matgl").mkdir()
    (folder / "matgl" / "model.json").write_text("{}")
    return folder / "matgl"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("potential", "words"),
    [
        (no_directory, ("there is no directory", "MatGL")),
        (incomplete_directory, ("model.pt, state.pt missing", "holds model.pt")),
        (lambda _: "ase.calculators.nope:EMT", ("not an ASE calculator", "ase.calculators.nope")),
    ],
)
def test_a_potential_that_cannot_be_loaded(command, tmp_path, potential, words):
    """Only a worker notices."""
    name = potential(tmp_path)
    out = tmp_path / "run"
    ended = command("design", *BAND, "--potential", name, "--out", out, "--workers", "1")
    refused(ended, *words)
    assert command("query", "--out", out).out.strip() == "no candidates"


def test_a_potential_that_knows_none_of_the_elements(command, tmp_path):
    """Only a worker notices."""
    arguments = (*BAND, "--elements", "Ti,Fe", "--potential", EMT, "--workers", "1")
    ended = command("design", *arguments, "--out", tmp_path / "run")
    refused(ended, "no element is left", "choose other potentials")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["running", "store"]


def test_files_without_materials(command, tmp_path):
    empty, table, broken = tmp_path / "empty", tmp_path / "table.csv", tmp_path / "broken.cif"
    empty.mkdir()
    table.write_text("name\nNi\n")
    broken.write_text("nothing")
    for path, words in ((empty, "folders are empty"), (table, "no column 'formula'")):
        refused(command("design", *BAND, "--from", path), words)
    refused(command("design", *BAND, "--from", broken), "nothing to read", "broken.cif")


VALIDATIONS = {
    "method": (("--method", "guess"), ("--method guess", "finite_strain")),
    "supercell": (("--supercell", "0"), ("--supercell is 0", "at least 1")),
    "interval": (("-K", "170:150"), ("--bulk-modulus", "reversed")),
    "contradiction": (("-K", "150:170", "-G", "10:20", "--pugh-ratio", "1:2"), ("contradict",)),
    "potential": (("--potential", "foo"), ("'foo'", "7net-0")),
}


@pytest.mark.parametrize("case", VALIDATIONS)
def test_impossible_validation(command, tmp_path, case):
    (tmp_path / "x.cif").write_text("nothing")
    arguments, words = VALIDATIONS[case]
    refused(command("validate", tmp_path / "x.cif", *arguments), *words)


def test_validation_of_a_file_that_is_not_there(command):
    refused(command("validate", "nowhere.cif"), "there is no file nowhere.cif")


QUERIES = {
    "unknown field": (("--sort", "foo"), ("--sort foo", "try probability")),
    "field without an order": (("--sort", "structure"), ("--sort structure", "try probability")),
    "unknown status": (("--status", "done"), ("--status done", "proposed, built, passed")),
    "unknown verdict": (("--verdict", "yes"), ("--verdict yes", "hit, open, miss")),
    "negative limit": (("--limit", "-1"), ("--limit is -1", "at least 0")),
    "reversed": (("-K", "170:150"), ("--bulk-modulus", "write 150:170")),
    "unknown element": (("--contains", "Xx"), ("--contains", "'Xx'")),
    "no formula": (("--formula", "Xx3"), ("'Xx3'", "write Ni3Al")),
    "no system": (("--chemsys", "Al-Xx"), ("chemical system", "'Xx'")),
    "empty folder": ((), ("holds no results", "give the --out folder of a run")),
}


@pytest.mark.parametrize("case", QUERIES)
def test_impossible_query(command, tmp_path, case):
    arguments, words = QUERIES[case]
    refused(command("query", "--out", tmp_path, *arguments), *words)
    assert list(tmp_path.iterdir()) == []


def test_query_of_a_folder_that_is_not_there(command, tmp_path):
    refused(command("query", "--out", tmp_path / "nope"), "holds no results")
    assert list(tmp_path.iterdir()) == []


def test_unknown_options_are_refused(command):
    ended = command("design", *BAND, "--hardness", "1:2")
    assert ended.code == 2
    assert "--hardness" in ended.err


def test_an_environment_without_jobflow_is_told_of(command, monkeypatch):
    """That of vLLM has none."""
    for name in [name for name in sys.modules if name.startswith("elatbot_flows.flows")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jobflow", None)
    ended = command("predict", "--formula", "NiAl", "--engine", "vllm")
    refused(ended, "jobflow is not installed", "--engine server")
