"""A model and its adapter as one model: it says the same, and takes the card along."""

from __future__ import annotations

import pytest

from elatbot_flows.engines.base import Sampling
from elatbot_flows.engines.model_card import ModelCard, read_card, write_card
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.engines.transformers.merged import write_merged
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Question
from engines.tiny_models import make_adapter, make_tiny_llama


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A model whose numbers are stored in half precision, and an adapter with its card."""
    base = make_tiny_llama(tmp_path_factory.mktemp("base"))
    adapter = make_adapter(tmp_path_factory.mktemp("adapter"), base)
    write_card(adapter, ModelCard("elatbot-constants", ("bulk_modulus",)))
    return TransformersSettings(str(base), str(adapter))


def said(settings):
    questions = [Question("", f"What of Al{n}? ") for n in range(4)]
    answers = dict(settings.start().complete(questions, Sampling(max_tokens=12)))
    return [answers[n][0].text for n in range(4)]


def test_it_says_the_same_and_is_a_name_of_its_own(settings, tmp_path):
    before = said(settings)
    (tmp_path / "merged").mkdir()
    (tmp_path / "merged" / "old").touch()
    with pytest.raises(EngineError, match="holds something already: choose another"):
        write_merged(settings, tmp_path / "merged")
    assert (tmp_path / "merged" / "old").exists()
    folder = write_merged(settings, tmp_path / "merged", overwrite=True)
    model = text_model(str(folder))
    assert said(TransformersSettings(str(folder))) == before
    assert (model.dialect, model.trained_for) == ("elatbot-constants", ("bulk_modulus",))
    assert read_card(folder) == read_card(settings.adapter)
    assert not (folder / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def test_what_cannot_be_merged_or_written_is_told_of(settings, tmp_path):
    with pytest.raises(EngineError, match="has no adapter"):
        write_merged(TransformersSettings(settings.model), tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="cannot be written"):
        write_merged(settings, tmp_path / "file" / "merged")
