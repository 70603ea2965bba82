"""The examples run as printed, or with an analytic potential where that is quicker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from elatbot_flows.cli.campaign_config import CampaignConfig, read_campaign

EXAMPLES = Path(__file__).parents[1] / "examples"
EMT = ("--potential", "ase.calculators.emt:EMT")


def run(folder, name, *arguments):
    """Run an example in `folder`; return what it printed."""
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, EXAMPLES / f"{name}.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_example_says_what_it_shows_and_is_short():
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert len(scripts) == 9
    for script in scripts:
        text = script.read_text()
        assert text.startswith('"""')
        assert f"python examples/{script.name}" in text
        assert len(text.splitlines()) <= 60


def test_the_campaign_can_be_read_and_its_settings_are_the_usual_ones():
    config = read_campaign(EXAMPLES / "campaign.yaml")
    maker, unreadable = config.maker(EXAMPLES)
    assert len(config.design_targets()) == 4
    assert len(maker.designs) == 1
    assert not unreadable
    text = (EXAMPLES / "campaign.yaml").read_text()
    assert not [
        name for name in CampaignConfig.model_fields if name not in text and name != "device"
    ]


def test_submit_fireworks(tmp_path):
    pytest.importorskip("fireworks")
    lines = run(tmp_path, "submit_fireworks").splitlines()
    names = ["begin", "propose", "build", "judge", "hull", "conclude", "publish"]
    assert [line.split(" -> ")[0] for line in lines] == names
    assert lines[-1] == "publish -> result"


@pytest.mark.slow
def test_predict_moduli(tmp_path):
    copper, _, _, xenon, counted, *proposals = run(tmp_path, "predict_moduli").splitlines()
    assert copper.startswith("Cu  K = 1")
    assert xenon == "Xe  unsupported_element"
    assert counted == "3 of 4 predicted"
    assert len(proposals) == 5


@pytest.mark.slow
def test_propose_only(tmp_path):
    lines = run(tmp_path, "propose_only", "-n", "2", "--seed", "3").splitlines()
    assert len(lines) >= 10
    assert all("GPa expected" in line for line in lines)


@pytest.mark.slow
def test_build_crystals(tmp_path):
    printed = run(tmp_path, "build_crystals", "CuAu").splitlines()
    assert printed[0].startswith("CuAu passed")
    assert sum(line.startswith(" * space group") for line in printed) == 1


@pytest.mark.slow
def test_validate_candidates(tmp_path):
    """Copper has 137 GPa."""
    verdict, moduli = run(tmp_path, "validate_candidates").splitlines()
    assert verdict.startswith("Cu: hit, probability 0.")
    assert moduli.startswith("  K = 1")


@pytest.mark.slow
def test_design_then_query(tmp_path):
    printed = run(tmp_path, "design_alloys", *EMT, "-n", "1", "--out", "alloys")
    assert "1. " in printed
    assert (tmp_path / "alloys" / "report.html").is_file()
    assert " taken over" in run(tmp_path, "design_alloys", *EMT, "-n", "1", "--out", "alloys")
    asked = run(tmp_path, "query_results", "alloys")
    assert "Hits, best first:" in asked
    assert "outranked" in asked


@pytest.mark.slow
def test_learn_from_verdicts(tmp_path):
    printed = run(tmp_path, "learn_from_verdicts").splitlines()
    before, after = (int(word[:-1]) for word in printed[0].split() if word.endswith("%"))
    assert after > 1.2 * before
    assert (tmp_path / "elatbot-taught" / "generator.json").is_file()


@pytest.mark.slow
def test_fine_tune(tmp_path):
    printed = run(tmp_path, "fine_tune")
    before, after = (float(line.split()[-2]) for line in printed.splitlines()[:2])
    assert after < before / 2
    assert (tmp_path / "elatbot-training" / "merged" / "elatbot.json").is_file()
