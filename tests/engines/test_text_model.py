"""Text models by name: engine, dialect, and what they can be asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows.engines.mini.generator_files import find_folder
from elatbot_flows.engines.model_card import ModelCard, hash_formulas, write_card
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
    assert named.dialect == copied.dialect == "compact-2"
    assert "Ni" in named.elements == copied.elements
    assert named.settings == TransformersSettings("elatbot-mini", template=Template.RAW)
    assert (named.name, copied.name) == ("elatbot-mini", "mine")


def test_an_adapter_of_a_shipped_model_says_what_it_was_trained_for(tmp_path):
    write_card(tmp_path, ModelCard("compact-2", ("bulk_modulus",), ("Al", "Ni")))
    model = text_model("elatbot-mini", adapter=str(tmp_path))
    assert (model.trained_for, model.elements) == (("bulk_modulus",), ("Al", "Ni"))
    assert model.expected_moduli([("NiAl", "Cubic")]) is None  # that is what the base expects


@pytest.fixture
def trained(tmp_path):
    """Folder of an adapter with its card; the model it belongs to is beside it."""
    base, folder = tmp_path / "base", tmp_path / "adapter"
    base.mkdir()
    folder.mkdir()
    (folder / "adapter_model.safetensors").touch()
    config = {"peft_type": "LORA", "base_model_name_or_path": str(base)}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    write_card(folder, ModelCard("elatbot-constants", ("bulk_modulus",), ("Al", "Ni")))
    return str(folder), str(base)


def test_the_folder_of_an_adapter_stands_for_it_and_its_model(trained):
    folder, base = trained
    alone, both = text_model(folder), text_model(base, adapter=folder)
    assert alone == both
    assert (alone.settings.model, alone.settings.adapter) == (base, folder)
    assert (alone.dialect, alone.check_task(None)) == ("elatbot-constants", "bulk_modulus")
    assert alone.card == both.card


def test_an_adapter_whose_model_is_elsewhere_needs_it(trained):
    folder, base = trained
    Path(base).rmdir()
    with pytest.raises(EngineError, match=f"trained on .'{base}'. is not here: give that model"):
        text_model(folder)


def test_the_card_of_a_folder_says_how_a_server_of_it_is_asked(trained):
    folder, base = trained
    model = text_model(folder, engine="server", url="http://x")
    assert model.settings == ServerSettings("http://x", base, folder)
    assert (model.dialect, model.trained_for) == ("elatbot-constants", ("bulk_modulus",))
    assert model.is_unseen("NiAl") is None


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
        TextModel(TransformersSettings("owner/name"), "compact-2")


def test_tasks():
    mini, other = text_model("elatbot-mini"), text_model("owner/name")
    assert mini.check_task(None) == Task.BULK_MODULUS
    with pytest.raises(EngineError, match=r"say the task .* tensor_from_words, .*elatbot\.json"):
        other.check_task(None)
    assert other.check_task("infill") is Task.INFILL
    with pytest.raises(EngineError, match="cannot be asked for poetry: it was trained for bulk_m"):
        mini.check_task("poetry")


def test_the_engine_is_loaded_once():
    model = text_model("elatbot-mini")
    assert model.engine() is text_model("elatbot-mini").engine()
    assert model.engine().record.template == "raw"


ADAPTER_README = "fine-tuned version of x on the {} dataset.\n"


@pytest.mark.parametrize(
    ("name", "readme", "task"),
    [
        ("ElaTBoT-DFT_ft_result_prompt1", None, Task.TENSOR_FROM_STRUCTURE),
        ("elatbot-dft-4", None, Task.TENSOR_FROM_FULL_TEXT),
        ("mine", "only_comp_desc_train_dataset", Task.TENSOR_FROM_COMPOSITION),
        ("ElaTBoT_ft_adapter", "combined_data", Task.TENSOR),
        ("prompt2", "ec_short_train_dataset_special", Task.TENSOR_FROM_STRUCTURE),
    ],
)
def test_names_and_readmes_of_published_adapters_tell_their_task(tmp_path, name, readme, task):
    folder = tmp_path / name
    folder.mkdir()
    if readme:
        (folder / "README.md").write_text(ADAPTER_README.format(readme))
    model = text_model("owner/name", adapter=str(folder))
    assert model.check_task(None) is task
    assert model.check_task("tensor_from_words") is Task.TENSOR_FROM_WORDS


def test_published_adapters_tell_their_task(shared):
    layout = shared / "models" / "published-adapter-layout"
    if not layout.is_dir():
        pytest.skip("the layout of published adapters is not on this machine")
    for name, task in (
        ("ElaTBoT-DFT_ft_result_prompt1", Task.TENSOR_FROM_STRUCTURE),
        ("ElaTBoT_ft_adapter", Task.TENSOR),
    ):
        assert text_model("owner/name", adapter=str(layout / name)).check_task(None) is task


def test_names_on_a_server_tell_their_task_too():
    there = {"engine": "server", "url": "http://x"}
    adapted = text_model("llama", adapter="dft-prompt-3", **there)
    assert adapted.check_task(None) is Task.TENSOR_FROM_COMPOSITION
    with pytest.raises(EngineError, match="say the task"):
        text_model("llama-2-7b", **there).check_task(None)


CARD = ModelCard(
    "elatbot-constants",
    ("tensor_from_words", "bulk_modulus"),
    elements=("Al", "Ni"),
    split={"by": "formula", "test": 0.05},
    data_sha256="0" * 64,
    training_formulas=hash_formulas(["Ni3Al", "NiAl"]),
)


def test_a_card_says_dialect_task_and_elements(tmp_path):
    write_card(tmp_path, CARD)
    model = text_model("owner/name", adapter=str(tmp_path))
    assert (model.dialect, model.elements) == ("elatbot-constants", ("Al", "Ni"))
    assert model.check_task(None) == "tensor_from_words"
    assert model.tasks == ("tensor_from_words", "bulk_modulus")
    assert (model.is_unseen("Al2Ni6"), model.is_unseen("Ni2Al")) == (False, True)
    again = MontyDecoder().decode(json.dumps(model, cls=MontyEncoder))
    assert again == model
    assert text_model(str(tmp_path), engine="vllm").trained_for == CARD.tasks


def test_a_card_refuses_what_it_does_not_say(tmp_path):
    write_card(tmp_path, CARD)
    model = text_model("owner/name", adapter=str(tmp_path))
    with pytest.raises(EngineError, match="was trained for bulk_modulus, tensor_from_words"):
        model.check_task("tensor")
    with pytest.raises(EngineError, match="not 'elatbot': leave the dialect out"):
        text_model("owner/name", adapter=str(tmp_path), dialect="elatbot")
    write_card(tmp_path, ModelCard("elatbot", ("tensor",)))
    strict = text_model("owner/name", adapter=str(tmp_path), dialect="elatbot-strict")
    assert strict.dialect == "elatbot-strict"
    assert strict.is_unseen("NiAl") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dialect": "latin"}, "no dialect 'latin'"),
        ({"tasks": ["poetry"]}, "no task 'poetry'"),
        ({"tasks": []}, "no task at all"),
        ({"elements": ["Xx"]}, "'Xx' is no chemical element"),
        ({"training_formulas": ["NiAl"]}, "sixteen hexadecimal"),
        ({"format_version": 2}, "format_version is 2"),
        ({"colour": "red"}, "entry 'colour'"),
        ({"tasks": None}, "no card"),
    ],
)
def test_broken_cards_are_refused(tmp_path, change, words):
    path = write_card(tmp_path, CARD)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(EngineError, match=words) as error:
        text_model("owner/name", adapter=str(tmp_path))
    assert "elatbot.json is no card of a model" in str(error.value)
    path.write_text("{")
    with pytest.raises(EngineError, match="no card of a model"):
        text_model("owner/name", adapter=str(tmp_path))
