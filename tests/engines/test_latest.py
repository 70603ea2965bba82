"""One text model is in memory at a time."""

from __future__ import annotations

import weakref

import pytest

from elatbot_flows.engines.latest import latest, release
from elatbot_flows.engines.transformers import engine as transformers_engine
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.engines.vllm.engine import VllmSettings
from elatbot_flows.errors import EngineError


class Model:
    """Something large."""


def test_equal_settings_load_once_whatever_the_kind():
    loaded = []

    def load(settings):
        loaded.append(settings)
        return Model()

    asked = [TransformersSettings("a"), TransformersSettings("a"), VllmSettings("a")]
    first, again, other = (latest(settings, load) for settings in asked)
    assert first is again
    assert other is not first
    assert loaded == [asked[0], asked[2]]
    release()
    assert latest(asked[2], load) is not other
    release()


def test_a_model_is_let_go_before_the_next_one_is_loaded():
    old = weakref.ref(latest(VllmSettings("old"), lambda _: Model()))
    assert old() is not None
    alive = []
    latest(VllmSettings("new"), lambda _: alive.append(old() is not None))
    assert alive == [False]
    release()


def test_weights_of_a_transformers_model_are_let_go_before_others_are_loaded(monkeypatch):
    real, alive = transformers_engine.load, []

    def load(settings):
        alive.append(old() is not None)
        return real(settings)

    old = weakref.ref(TransformersSettings("elatbot-mini", template="raw").start()._model)
    monkeypatch.setattr(transformers_engine, "load", load)
    TransformersSettings("elatbot-mini", template="raw", batch_tokens=1).start()
    assert alive == [False]


def test_what_cannot_be_loaded_is_tried_again():
    def refuse(_):
        raise EngineError("gone")

    for _ in range(2):
        with pytest.raises(EngineError, match="gone"):
            latest(VllmSettings("wrong"), refuse)
