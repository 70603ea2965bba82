"""The command line in this process, and one real run that several tests look at."""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import pytest

from elatbot_flows.cli import main

sys.path.insert(0, str(Path(__file__).parent))  # whatever pytest's import mode

from cli_commands import BAND, QUICK, Ended, elatbot

from made_once import made_once


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
    """A design run of two alloys: its folder, which tests only read, and how it ended."""

    def design(folder):
        ended = elatbot("design", *BAND, *QUICK, "-n", "2", "--out", folder / "run")
        assert ended.code == 0, ended.err
        (folder / "ended.json").write_text(json.dumps(asdict(ended)))

    folder = made_once(tmp_path_factory, "design", design)
    return folder / "run", Ended(**json.loads((folder / "ended.json").read_text()))
