"""Have crystals described by a stand-in of robocrystallographer, see `slow_describer`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def stand_in(monkeypatch):
    """Have crystals described by `slow_describer`, which needs no robocrystallographer."""
    from elatbot_flows.training.data import descriptions

    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setattr(descriptions, "_WORKER", "slow_describer")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
