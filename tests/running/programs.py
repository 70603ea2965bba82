"""Programs of the environment that the tests run in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
PATIENCE = 600


def call(*command):
    done = subprocess.run(  # noqa: S603 - our own programs
        [str(BIN / command[0]), *map(str, command[1:])],
        capture_output=True, text=True, check=False, timeout=PATIENCE, input="y\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told(*command):
    """How a command ended, and what it said."""
    done = subprocess.run(  # noqa: S603 - our own programs
        [str(BIN / command[0]), *map(str, command[1:])],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    return done.returncode, done.stdout
