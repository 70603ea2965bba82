"""``elatbot generate --crystals`` and who proposes for ``elatbot design``."""

from __future__ import annotations

import json

import pytest
from jobflow import run_locally
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from elatbot_flows.cli import written_crystals
from elatbot_flows.cli.materials import read_materials
from elatbot_flows.cli.proposing import CrystalOptions, proposer_of
from elatbot_flows.cli.text_options import Asking
from elatbot_flows.errors import TargetError
from elatbot_flows.proposers import GivenProposer, TextProposer
from elatbot_flows.targets import DesignTarget
from engines.nano_gpt import B2, random_weights, save_checkpoint

TARGET = DesignTarget(bulk_modulus=(80, 200))
MINI = Asking("elatbot-mini", None, "transformers", None, None, None, None)


def written(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def in_this_process(flow, store, console, workers):
    """Other tests run commands in processes of their own, which load all anew."""
    run_locally(flow, store=store, ensure_success=True, log=False)


def test_crystals_come_with_rates_and_a_second_run_changes_nothing(
    command, knowing_crystallm, tmp_path, monkeypatch
):
    monkeypatch.setattr(written_crystals, "run_shown", in_this_process)
    (tmp_path / "list.txt").write_text("NiAl\nCu3Ni\n")
    asked = ("generate", "--crystals", "-m", knowing_crystallm, "-n", "4", "--rank")
    asked += ("--sampling-temperature", "0", "--out", "run")
    ended = command(*asked, "--formulas", "list.txt")
    assert ended.code == 0, ended.err
    assert "4 asked for; 2 of 4 can be read" in ended.out
    (folder,) = (tmp_path / "run" / "crystals").iterdir()
    rates = json.loads((folder / "rates.json").read_text())
    assert [rates[name]["count"] for name in ("parsed", "valid", "distinct")] == [2, 2, 1]
    assert rates["parsed"]["of"] == 4 == sum(rates["reasons"].values()) + 2
    answers = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    assert all(one["reason"] or one["file"] for one in answers)
    assert 1 < answers[0]["perplexity"] < 1.2
    (crystal, *_) = [Structure.from_file(path) for path in folder.glob("*.cif")]
    assert StructureMatcher(scale=False).fit(crystal, B2)
    before, journal = written(folder), written(tmp_path / "run" / "journal")
    assert command(*asked, "--formulas", "NiAl,Cu3Ni").code == 0
    assert (written(folder), written(tmp_path / "run" / "journal")) == (before, journal)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--crystals",), "completes formulas"),
        (("--crystals", "--formulas", "NiAl", "-K", "100"), "cannot be asked for by moduli"),
        (("--crystals", "--formulas", "NiAl", "--units", "x"), "no whole number"),
        (("-K", "100"), "add --crystals"),
    ],
)
def test_what_cannot_be_asked_of_it_is_told(command, knowing_crystallm, options, words):
    ended = command("generate", "-m", knowing_crystallm, *options)
    assert ended.code == 2
    assert words in ended.err


def test_a_checkpoint_is_converted_once(command, tmp_path):
    save_checkpoint(tmp_path / "published", random_weights())
    assert command("convert-crystallm", "published", "--out", "model").code == 0
    assert (tmp_path / "model" / "elatbot.json").is_file()
    again = command("convert-crystallm", "published", "--out", "model")
    assert (again.code, "not empty" in again.err) == (2, True)


def test_formulas_of_a_list_or_of_a_model_are_written_by_the_writer(knowing_crystallm, tmp_path):
    (tmp_path / "list.txt").write_text("NiAl\nNi3Al\nNiAl\n")
    options = CrystalOptions("221", "1,2")
    brought = read_materials([tmp_path / "list.txt"])
    listed = proposer_of(TARGET, MINI, brought, knowing_crystallm, options)
    assert isinstance(listed, TextProposer)
    assert listed.wishes.formulas == ("NiAl", "Ni3Al")
    assert (listed.wishes.space_groups, listed.wishes.units) == ((221,), (1, 2))
    named = proposer_of(TARGET, MINI, None, knowing_crystallm, options)
    assert isinstance(named, TextProposer)
    assert named.speller is not None
    assert named.speller.name == "elatbot-mini"
    assert isinstance(proposer_of(TARGET, MINI, brought, None, CrystalOptions()), GivenProposer)


def test_what_does_not_go_together_is_refused(knowing_crystallm, tmp_path):
    B2.to(filename=str(tmp_path / "b2.cif"))
    crystals = read_materials([tmp_path / "b2.cif"])
    with pytest.raises(TargetError, match="list of formulas"):
        proposer_of(TARGET, MINI, crystals, knowing_crystallm, CrystalOptions())
    with pytest.raises(TargetError, match="writes no crystals"):
        proposer_of(TARGET, MINI, None, "elatbot-mini", CrystalOptions())
    with pytest.raises(TargetError, match="nobody is asked"):
        proposer_of(TARGET, MINI, crystals, None, CrystalOptions("221"))
    with pytest.raises(TargetError, match=r"--guidance .* leave it out"):
        proposer_of(TARGET, MINI, crystals, None, CrystalOptions(), guidance=1.0)
    with pytest.raises(TargetError, match=r"--guidance .* leave it out"):
        proposer_of(TARGET, MINI, None, knowing_crystallm, CrystalOptions(), guidance=0.0)
    alone = Asking(knowing_crystallm, None, "transformers", None, None, None, None)
    with pytest.raises(TargetError, match="--writer"):
        proposer_of(TARGET, alone, None, None, CrystalOptions())
