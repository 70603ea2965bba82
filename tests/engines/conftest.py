"""The shipped generator, loaded once."""

from __future__ import annotations

import pytest

from elatbot_flows.engines.mini.generator import load_generator


@pytest.fixture(scope="session")
def mini():
    return load_generator("elatbot-mini")
