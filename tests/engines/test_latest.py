"""One text model is in memory at a time."""

from __future__ import annotations

import shutil
import weakref

import pytest

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.latest import latest, release
from elatbot_flows.engines.transformers import engine as transformers_engine
from elatbot_flows.engines.transformers import loading
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.engines.vllm.engine import VllmSettings
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Question
from engines.tiny_models import make_adapter, make_tiny_llama


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


QUESTIONS = [Question("", "Ni3Al is")]
SHORT = Sampling(max_tokens=8)


def said(engine):
    return dict(engine.complete(QUESTIONS, SHORT))[0][0].text


@pytest.fixture
def loads(monkeypatch):
    """Models that are loaded, by weak references, and how many were alive then."""
    found, alive, real = [], [], loading.load_model

    def load(settings, folder):
        alive.append(sum(model() is not None for model in found))
        model = real(settings, folder)
        found.append(weakref.ref(model))
        return model

    monkeypatch.setattr(loading, "load_model", load)
    release()
    yield alive
    release()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A model and two adapters."""
    folder = tmp_path_factory.mktemp("tiny")
    base = make_tiny_llama(folder / "base")
    adapters = [make_adapter(folder / f"a.{seed}", base, seed=seed) for seed in (1, 2)]
    return str(base), *map(str, adapters)


def test_a_model_that_somebody_holds_is_let_go_too(tiny, loads):
    """As by a loop whose variable still names the engine before."""
    settings = [TransformersSettings(tiny[0], adapter) for adapter in (None, *tiny[1:])]
    engines = [each.start() for each in settings]
    assert loads == [0, 0, 0]
    first = [said(engine) for engine in engines]  # each loads its own again
    assert loads == [0] * 6
    assert len(set(first)) == 3
    assert said(settings[1].start()) == first[1]


def test_weights_that_changed_are_refused(tiny, tmp_path, loads):
    folder = shutil.copytree(tiny[0], tmp_path / "copy")
    engine = TransformersSettings(str(folder)).start()
    release()
    make_tiny_llama(folder, seed=7)
    with pytest.raises(EngineError, match="changed since they were loaded first"):
        said(engine)


def test_adapters_that_are_not_merged_share_their_model(tiny, loads):
    apart = [TransformersSettings(tiny[0], adapter, merge_adapter=False) for adapter in tiny[1:]]
    engines = [each.start() for each in apart]
    assert loads == [0]
    texts = [said(engine) for engine in engines]
    assert texts == [said(engine) for engine in engines]
    assert loads == [0]
    merged = [said(TransformersSettings(tiny[0], adapter).start()) for adapter in tiny[1:]]
    assert texts == merged
    assert len(set(texts)) == 2
    assert all(engine.record.adapter_sha256 for engine in engines)
