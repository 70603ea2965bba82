"""Tests of the server's engine wait milliseconds where users wait for seconds."""

from __future__ import annotations

import pytest

from elatbot_flows.engines.server import client as server_client


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait milliseconds where users wait for seconds."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.005)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.02)
    monkeypatch.setattr(server_client, "_SHORTEST", 0.005)
    monkeypatch.setattr(server_client, "_LONGEST", 0.02)
