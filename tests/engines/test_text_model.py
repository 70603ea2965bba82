"""Text models by name: engine, dialect, and what they can be asked."""

from __future__ import annotations

import json
import shutil

import pytest
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows.engines.mini.generator_files import find_folder
from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.engines.vllm.engine import VllmSettings
from elatbot_flows.errors import EngineError, ParseError
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.question import Template


def test_a_shipped_model_and_a_folder_of_one_speak_the_compact_dialect(tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(find_folder("elatbot-mini"), folder)
    named, copied = text_model("elatbot-mini"), text_model(str(folder))
    assert named.dialect == copied.dialect == "compact"
    assert "Ni" in named.elements == copied.elements
    assert named.settings == TransformersSettings("elatbot-mini", template=Template.RAW)
    assert (named.name, copied.name) == ("elatbot-mini", "mine")


def test_other_models_speak_elatbot_unless_said():
    model = text_model("owner/name", adapter="mine", device="cuda", dtype="bfloat16")
    assert (model.dialect, model.elements, model.name) == ("elatbot", None, "owner/name")
    assert model.settings == TransformersSettings(
        "owner/name", "mine", device="cuda", dtype="bfloat16", template=Template.ELATBOT
    )
    chat = text_model("owner/name", dialect="elatbot-chat")
    assert chat.settings.template is Template.CHAT


def test_every_engine_gets_its_own_settings():
    server = text_model("name", engine="server", url="http://localhost:8000", concurrency=4)
    assert server.settings == ServerSettings("http://localhost:8000", "name", concurrency=4)
    vllm = text_model("owner/name", engine="vllm", dtype="float16", max_model_len=4096)
    assert vllm.settings == VllmSettings("owner/name", dtype="float16", max_model_len=4096)


def test_models_are_told_apart_and_survive_json():
    models = [text_model("elatbot-mini"), text_model("owner/name", adapter="a")]
    for model in models:
        again = MontyDecoder().decode(json.dumps(model, cls=MontyEncoder))
        assert again == model
        assert hash(again) == hash(model)
    assert len(set(models)) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"engine": "magic"}, "choose from transformers, vllm, server"),
        ({"engine": "server"}, "needs the address"),
        ({"url": "http://x"}, "needs the address"),
        ({"colour": "red"}, "no setting colour: it has"),
        ({"engine": "vllm", "device": "cuda"}, "no setting device: it has"),
        ({"engine": "server", "url": "http://x", "dtype": "float16"}, "no setting dtype: it has"),
    ],
)
def test_wrong_settings_are_refused(arguments, words):
    with pytest.raises(EngineError, match=words):
        text_model("owner/name", **arguments)


def test_dialects_are_known_and_fit_the_template():
    with pytest.raises(ParseError, match="'latin'"):
        text_model("owner/name", dialect="latin")
    with pytest.raises(EngineError, match="template 'raw', not 'elatbot'"):
        TextModel(TransformersSettings("owner/name"), "compact")


def test_tasks():
    mini, other = text_model("elatbot-mini"), text_model("owner/name")
    assert mini.check_task(None) is Task.BULK_MODULUS
    assert other.check_task(None) is Task.TENSOR
    assert other.check_task("infill") is Task.INFILL
    for task in ("tensor", "poetry"):
        with pytest.raises(EngineError, match=f"cannot be asked for {task}: it knows bulk_modulus"):
            mini.check_task(task)


def test_the_engine_is_loaded_once():
    model = text_model("elatbot-mini")
    assert model.engine() is text_model("elatbot-mini").engine()
    assert model.engine().record.template == "raw"
