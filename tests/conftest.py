"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("ELATBOT_FLOWS_CACHE", tempfile.mkdtemp(prefix="elatbot-cache-"))

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with reference data and checkpoints; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("ELATBOT_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(
            "the reference data are not on this machine (set ELATBOT_SHARED to their folder)"
        )
    return folder
