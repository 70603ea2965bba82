"""``--dft``: refused at once where it cannot work, a judge with a budget where it can."""

from __future__ import annotations

import json
import sys

import pytest
from cli_commands import EMT

import samples
from elatbot_flows.cli.dft import dft_judge
from elatbot_flows.errors import DFTError, TargetError
from emt_code import EMTCode


def test_without_it_there_is_no_judge():
    assert dft_judge(None, "standard", 3, None) == []


def test_it_is_a_judge_with_a_budget():
    pytest.importorskip("gpaw", reason="GPAW is not installed (docs/dft.md)")
    (judge,) = dft_judge("gpaw", "quick", 2, 0.5)
    assert (judge.budget, judge.max_core_hours) == (2, 0.5)
    assert judge.code.settings.cutoff == 450


@pytest.mark.parametrize(("code", "budget"), [("abinit", 3), ("gpaw", 0)])
def test_impossible_options_are_refused(code, budget):
    with pytest.raises(TargetError):
        dft_judge(code, "quick", budget, None)


def test_a_code_that_is_not_installed_is_refused_before_anything_runs(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpaw", None)
    with pytest.raises(DFTError, match="pip install"):
        dft_judge("gpaw", "quick", 3, None)


def test_the_help_of_both_commands_names_them(command):
    for name in ("design", "validate"):
        text = command(name, "--help").out
        assert " --dft " in text
        assert " --dft-preset " in text


@pytest.mark.slow
def test_a_crystal_is_shown_to_it_last_and_the_store_tells_who_was_right(
    command, monkeypatch, tmp_path
):
    monkeypatch.setattr("elatbot_flows.cli.dft._code", lambda _: EMTCode)
    file = tmp_path / "POSCAR"
    samples.fcc("Cu").to(file, fmt="poscar")
    said = ("--potential", EMT, "--dft", "gpaw", "--workers", "1", "-K", "10:20", "--json")
    ended = command("validate", file, *said, "--out", tmp_path / "run")
    assert ended.code == 0, ended.err
    (entry,) = json.loads(ended.out)
    assert entry["dft"]["status"] == "measured"
    assert entry["dft"]["verdict_before"] == "miss"  # judged all the same: it was given
    assert [row["source"] for row in entry["dft"]["sources"]][-1] == "estimate"

    scores = json.loads(command("against-dft", "--out", tmp_path / "run", "--json").out)
    assert (scores["asked"], scores["failed"]) == (1, 0)
    assert {one["source"] for one in scores["sources"]} >= {EMT, "estimate"}
    assert "judged 1 of 1" in command("against-dft", "--out", tmp_path / "run").out
