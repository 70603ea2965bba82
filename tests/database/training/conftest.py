"""Empty stores, and a Materials Project of our own."""

from __future__ import annotations

import pytest
from maggma.stores import MemoryStore

from elatbot_flows.database.training.collections import TrainingStores
from recorded_elasticity import KEY, Served


@pytest.fixture
def stores():
    names = ("materials", "descriptions", "records")
    made = [MemoryStore(name, key="material_id") for name in names]
    made.append(MemoryStore("sources", key="origin"))
    for store in made:
        store.connect()
    return TrainingStores(*made)


@pytest.fixture
def service(monkeypatch):
    from mp_api.client.core.client import _Rester
    from mp_api.client.core.settings import MAPI_CLIENT_SETTINGS

    served = Served()
    monkeypatch.setattr(MAPI_CLIENT_SETTINGS, "ENDPOINT", served.endpoint)
    monkeypatch.setattr(MAPI_CLIENT_SETTINGS, "MAX_RETRIES", 0)
    monkeypatch.setattr(
        _Rester, "_get_heartbeat_info", staticmethod(lambda _: (served.version, []))
    )
    monkeypatch.setenv("MP_API_KEY", KEY)
    yield served
    served.close()
