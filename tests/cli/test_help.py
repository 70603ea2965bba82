"""Help, version and the ways a run ends without a result."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool

import pytest

from elatbot_flows import __version__
from elatbot_flows.running.runner import Event, RunSummary

INTERVALS = {
    "--bulk-modulus": "GPa",
    "--shear-modulus": "GPa",
    "--youngs-modulus": "GPa",
    "--poisson-ratio": "ratio",
    "--pugh-ratio": "K/G",
}
OPTIONS = {
    "design": "--elements --exclude --max-elements --max-sites -n --out --json --seed --from "
    "--potential --hull --no-hull --generator --adapter --engine --url --dialect --device "
    "--generator-device --workers",
    "validate": "--potential --method --supercell --hull --device --dtype --workers --out --json",
    "query": "--out --hit --verdict --status --all --elements --contains --formula --unseen --seen "
    "--max-above-hull --run --sort --limit --json",
}


@pytest.mark.parametrize("name", OPTIONS)
def test_help_lists_all_options_with_units(command, name):
    ended = command(name, "--help")
    assert ended.code == 0
    for option, unit in INTERVALS.items():
        lines = [line for line in ended.out.splitlines() if option in line]
        assert any(unit in line and "LOW:HIGH" in line for line in lines)
    for option in OPTIONS[name].split():
        assert f" {option} " in ended.out


def test_commands_are_listed(command):
    ended = command("--help")
    assert ended.code == 0
    assert "design" in ended.out
    assert "query" in ended.out


def test_version(command):
    ended = command("--version")
    assert (ended.code, ended.out.strip()) == (0, f"elatbot_flows {__version__}")


def design_with(run_flow, command, monkeypatch, tmp_path):
    monkeypatch.setattr("elatbot_flows.running.runner.run_flow", run_flow)
    return command("design", "-K", "150:170", "--out", tmp_path / "run")


def test_a_killed_worker_is_told(command, monkeypatch, tmp_path):
    def killed(*_, **__):
        raise BrokenProcessPool

    ended = design_with(killed, command, monkeypatch, tmp_path)
    assert ended.code == 1
    assert "fewer --workers" in ended.err
    assert "Traceback" not in ended.err


def test_a_job_that_fails_is_named(command, monkeypatch, tmp_path):
    def failing(*_, on_event, **__):
        error = ValueError("no such luck")
        on_event(Event("failed", "judge", error))
        return RunSummary(failed={"judge": error})

    ended = design_with(failing, command, monkeypatch, tmp_path)
    assert ended.code == 1
    assert ended.err.splitlines() == ["judge failed: ValueError: no such luck"]
