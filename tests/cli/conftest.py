"""The command line in this process, and one real run that several tests look at."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from elatbot_flows.cli import main

sys.path.insert(0, str(Path(__file__).parent))  # whatever pytest's import mode

from cli_commands import BAND, QUICK, Ended, elatbot


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Give a command in this process, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["elatbot", *map(str, arguments)])
        with warnings.catch_warnings(), pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(ended.value.code or 0, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def design_run(tmp_path_factory):
    """A design run of two alloys: its folder and how it ended."""
    folder = tmp_path_factory.mktemp("design") / "run"
    ended = elatbot("design", *BAND, *QUICK, "-n", "2", "--out", folder)
    assert ended.code == 0, ended.err
    return folder, ended
