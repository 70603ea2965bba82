"""``elatbot campaign``: a file says what is wanted; what is wrong in it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import samples
from elatbot_flows.cli.app import app
from elatbot_flows.cli.campaign_config import read_campaign
from elatbot_flows.documents import CampaignDesign, CampaignDocument
from elatbot_flows.errors import ElatbotError, TargetError
from elatbot_flows.proposers import GivenProposer, TextProposer
from elatbot_flows.report.campaign import write_campaign
from elatbot_flows.targets import Interval

CONFIG = f"""
name: trial
targets:
  - bulk_modulus: 100:180
    exclude: [Pb]
  - {{bulk_modulus: [90, 150], pugh_ratio: "1.75:", max_elements: 2}}
element_sets:
  - [Ni, Al, Cu]
  - [Cu, Au]
generators: [elatbot-mini]
lists: [formulas.txt]
n: 4
part: 2
potentials: ["{samples.EMT}"]
hull: false
stop: {{hits: 1}}
tags: [mine]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "campaign.yaml"
    path.write_text(CONFIG)
    (tmp_path / "formulas.txt").write_text("NiAl\nCu3Al\nno formula\n")
    return path


def test_every_target_is_asked_for_with_every_set_of_elements(config):
    targets = read_campaign(config).design_targets()
    assert [target.elements for target in targets] == [("Al", "Cu", "Ni"), ("Au", "Cu")] * 2
    assert targets[0].bulk_modulus == Interval(100, 180)
    assert targets[0].excluded_elements == ("Pb",)
    assert targets[2].pugh_ratio == Interval(low=1.75)
    assert targets[2].max_elements == 2


def test_generators_and_lists_become_designs(config):
    maker, unreadable = read_campaign(config).maker(config.parent)
    text, given = maker.designs
    assert isinstance(text.proposer, TextProposer)
    assert (text.n, maker.most, maker.chunk) == (2, 2, 2)
    assert isinstance(given.proposer, GivenProposer)
    assert (given.n, given.proposer.materials) == (None, ["NiAl", "Cu3Al"])
    assert [judge.potential for judge in text.judges] == [samples.EMT]
    assert (maker.name, maker.tags, maker.stop.hits, maker.stop.idle) == ("trial", ["mine"], 1, 3)
    assert unreadable[0]["reason"] == "not_a_formula"


def test_guidance_is_said_to_the_generator(tmp_path):
    path = tmp_path / "c.yaml"
    generators = "generators: [elatbot-mini, {model: elatbot-mini, guidance: 0}]"
    path.write_text(f"name: x\ntargets: [{{bulk_modulus: '150:170'}}]\n{generators}\n")
    own, plain = read_campaign(path).maker(tmp_path)[0].designs
    assert (own.proposer.guidance, plain.proposer.guidance) == (None, 0.0)


def test_small_numbers_are_no_times_of_day(tmp_path):
    """YAML of old reads 5:10 as 310."""
    path = tmp_path / "c.yaml"
    path.write_text("name: x\ntargets: [{pugh_ratio: 1:2}, {shear_modulus: 5:10}]\n")
    one, other = read_campaign(path).design_targets()
    assert (one.pugh_ratio, other.shear_modulus) == (Interval(1, 2), Interval(5, 10))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x\ntargets: []", "targets: List should have at least 1 item"),
        ("targets: [{bulk_modulus: '1:2'}]", "name: Field required"),
        ("name: x\ntarget: []\ntargets: [{bulk_modulus: '1:2'}]", "target: Extra inputs .* known"),
        ("name: x\ntargets: [{bulk: '1:2'}]", "targets.0.bulk: Extra inputs"),
        ("name: x\ntargets:\n- pugh_ratio: 1.75:", "is no YAML: .* in quotes"),
        ("name: x\ntargets: [{bulk_modulus: '1:2'}]\nn: 0", "n: Input should be greater"),
        ("[1", "is no YAML"),
        ("", "the file: Input should be"),
        ("name: !!python/object/apply:os.system ['true']", "is no YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, words):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(TargetError, match=words):
        read_campaign(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x\ntargets: [{bulk_modulus: '170:150'}]", "reversed"),
        ("name: x\ntargets: [{bulk_modulus: [1]}]", "two numbers"),
        ("name: x\ntargets: [{bulk_modulus: '1:2'}]\nstop: {hits: 0}", "not a positive"),
        ("name: x\ntargets: [{bulk_modulus: '1:2'}]\npotentials: [nobody]", "nobody"),
        ("name: x\ntargets: [{bulk_modulus: '1:2'}]\nlists: [none.txt]", "no file"),
        ("name: x\ntargets: [{bulk_modulus: '900:990'}]", "900"),
    ],
)
def test_what_cannot_be_done_ends_the_command_at_once(tmp_path, text, words):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    result = CliRunner().invoke(app, ["campaign", str(path), "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, ElatbotError)
    assert words in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_campaign_runs_resumes_and_is_found(config, monkeypatch):
    """The second time every design is taken over; the store finds all candidates by the name."""
    monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(config.parent / "cache"))
    out = config.parent / "out"
    command = ["campaign", str(config), "--out", str(out), "--workers", "1", "--json"]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    found = CampaignDocument.model_validate(json.loads(first.stdout))
    assert found.hits >= 1
    assert len(found.designs) == 4
    page = (out / "campaign-trial.html").read_text()
    assert "<svg" in page
    assert found.best[0].candidate_id in page
    assert "left out" in first.stderr
    again = CampaignDocument.model_validate(json.loads(CliRunner().invoke(app, command).stdout))
    assert [one.run_id for one in again.designs] == [one.run_id for one in found.designs]
    assert again.best == found.best
    listed = CliRunner().invoke(
        app, ["query", "--out", str(out), "--tag", "trial", "--json", "--limit", "0", "--all"]
    )
    assert listed.exit_code == 0, listed.output
    runs = {one["run_id"] for one in json.loads(listed.stdout)}
    assert runs == {one.run_id for one in found.designs}


@pytest.mark.slow
def test_a_design_that_fails_ends_the_command_after_all_is_told(tmp_path, monkeypatch):
    """EMT knows neither titanium nor zirconium; the other target is none the worse for it."""
    monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "c.yaml"
    path.write_text(
        "name: trial\ntargets: [{bulk_modulus: 100:180}]\nn: 1\nhull: false\n"
        f"element_sets: [[Ti, Zr], [Ni, Al, Cu]]\npotentials: ['{samples.EMT}']\n"
    )
    out = tmp_path / "out"
    ended = CliRunner().invoke(
        app, ["campaign", str(path), "--out", str(out), "--workers", "1", "--json"]
    )
    assert isinstance(ended.exception, TargetError)
    found = CampaignDocument.model_validate(json.loads(ended.stdout))
    assert [one.counts is None for one in found.designs] == [True, False]
    assert found.passed >= 1
    assert "did not end" in found.notes[0]
    assert (out / "campaign-trial.html").is_file()


def test_what_others_wrote_is_escaped(tmp_path):
    evil = "<script>alert(1)</script>"
    found = CampaignDocument(
        uuid="",
        name=f"../../{evil}",
        lanes=[evil],
        notes=[evil],
        stopped=evil,
        designs=[CampaignDesign(label=evil, lane=0, part=0)],
    )
    path = write_campaign(found, tmp_path)
    assert path.parent == tmp_path
    assert "<script>" not in path.read_text()
    assert isinstance(path, Path)


def test_a_model_that_writes_crystals_takes_the_formulas_of_another(config, tmp_path):
    model = "{model: writer, dialect: crystallm, speller: elatbot-mini, units: [1, 2]}"
    config.write_text(CONFIG.replace("[elatbot-mini]", f"[{model}]"))
    (tmp_path / "writer").mkdir()
    proposer = read_campaign(config).maker(config.parent)[0].designs[0].proposer
    assert proposer.model.writes_crystals
    assert proposer.speller.name == "elatbot-mini"
    assert proposer.wishes.units == (1, 2)
    config.write_text(CONFIG.replace("[elatbot-mini]", "[{model: writer, dialect: crystallm}]"))
    with pytest.raises(TargetError, match="give formulas"):
        read_campaign(config).maker(config.parent)
