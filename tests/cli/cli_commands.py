"""Ways to give a command: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EMT = "ase.calculators.emt:EMT"
METALS = "Ni,Cu,Pd,Ag,Pt,Au"
QUICK = ("--elements", METALS, "--max-sites", "4", "--potential", EMT, "--workers", "2")
"""Small cells and an analytic potential, so that a run takes seconds."""
BAND = ("--bulk-modulus", "100:200")


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(config: Path | None = None) -> dict[str, str]:
    """That of a user without a configuration of jobflow, unless `config` is one."""
    ours = {"COLUMNS": "160", "JOBFLOW_CONFIG_FILE": str(config or "/nowhere/jobflow.yaml")}
    return os.environ | ours


def start(*arguments: str, config: Path | None = None) -> subprocess.Popen[str]:
    """Start ``elatbot`` as the leader of a process group, as a shell does."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "elatbot_flows.cli", *map(str, arguments)],
        env=environment(config),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def elatbot(*arguments: str, config: Path | None = None) -> Ended:
    """Run ``elatbot`` in a process of its own to its end."""
    process = start(*arguments, config=config)
    out, err = process.communicate(timeout=900)
    return Ended(process.returncode, out, err)
