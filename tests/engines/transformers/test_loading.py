"""What belongs together is loaded, and nothing else."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from elatbot_flows.engines.transformers import placement
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.errors import EngineError
from engines.tiny_models import make_adapter, make_tiny_llama


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_tiny_llama(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapter(base, tmp_path_factory):
    return make_adapter(tmp_path_factory.mktemp("adapter"), base)


@pytest.fixture
def copy(base, tmp_path):
    return shutil.copytree(base, tmp_path / "model")


@pytest.fixture
def adapter_copy(adapter, tmp_path):
    return shutil.copytree(adapter, tmp_path / "adapter")


def refusal(model, **settings):
    with pytest.raises(EngineError) as caught:
        TransformersSettings(str(model), **settings).start()
    return str(caught.value)


def edit(file, **changes):
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def edit_weights(file, change):
    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})


def test_stale_name_of_the_base_is_only_recorded(base, adapter_copy):
    edit(adapter_copy / "adapter_config.json", base_model_name_or_path="/gone/llama-chat")
    engine = TransformersSettings(str(base), adapter=str(adapter_copy)).start()
    assert engine.record.settings["adapter_trained_on"] == "/gone/llama-chat"
    assert engine.record.settings["adapter_merged"]


@pytest.mark.parametrize("size", [{"hidden": 96}, {"layers": 1}, {"layers": 3}])
def test_adapter_of_another_model(adapter, tmp_path, size):
    """Wider, shallower or deeper, whether its own base is on this machine or not."""
    other = make_tiny_llama(tmp_path / "other", **size)
    message = refusal(other, adapter=str(adapter))
    assert "does not fit this model: num_hidden_layers" in message or "hidden_size" in message
    moved = shutil.copytree(adapter, tmp_path / "moved")
    edit(moved / "adapter_config.json", base_model_name_or_path="/gone/base")
    message = refusal(other, adapter=str(moved))
    assert "does not fit this model" in message
    assert "weights" in message or "size mismatch" in message
    assert "'/gone/base'" in message


def test_adapter_of_another_architecture(base, adapter_copy):
    changes = {"target_modules": ["c_attn"], "base_model_name_or_path": "gpt2"}
    edit(adapter_copy / "adapter_config.json", **changes)
    assert "does not fit this model" in refusal(base, adapter=str(adapter_copy))


def test_adapter_with_missing_weights(base, adapter_copy):
    def drop(weights):
        del weights[min(weights)]

    edit_weights(adapter_copy / "adapter_model.safetensors", drop)
    assert "1 weights are missing" in refusal(base, adapter=str(adapter_copy))


def test_adapter_with_unknown_weights(base, adapter_copy):
    def add(weights):
        weights["base_model.model.model.layers.0.unknown.lora_A.weight"] = torch.ones(4, 64)

    edit_weights(adapter_copy / "adapter_model.safetensors", add)
    assert "1 weights have no place" in refusal(base, adapter=str(adapter_copy))


def test_adapter_folder_without_weights(base, adapter_copy):
    (adapter_copy / "adapter_model.safetensors").unlink()
    (adapter_copy / "adapter_model.bin").write_bytes(b"")
    message = refusal(base, adapter=str(adapter_copy))
    assert "adapter_model.safetensors missing" in message
    assert "no folder" in refusal(base, adapter=str(adapter_copy / "nothing"))


def test_model_with_missing_weights(copy):
    """They are not filled with random numbers."""

    def drop(weights):
        del weights["model.layers.1.mlp.up_proj.weight"]

    edit_weights(copy / "model.safetensors", drop)
    assert "model.layers.1.mlp.up_proj.weight" in refusal(copy)


def test_model_with_other_weights(copy):
    edit(copy / "config.json", num_hidden_layers=1)
    assert "do not fit its configuration" in refusal(copy)
    edit(copy / "config.json", num_hidden_layers=2, intermediate_size=48)
    assert "model" in refusal(copy)


def test_pickled_weights_are_refused(copy):
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    assert "safetensors" in refusal(copy)


def test_programs_of_a_model_are_not_run(copy):
    auto = {"AutoConfig": "made.Config", "AutoModelForCausalLM": "made.Model"}
    edit(copy / "config.json", model_type="made", auto_map=auto)
    (copy / "made.py").write_text("raise SystemExit('ran')")
    assert "cannot be loaded" in refusal(copy)


def test_tokenizer_of_another_model(copy, tmp_path):
    small = make_tiny_llama(tmp_path / "small", vocabulary=300)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(copy / name, small / name)
    assert "more tokens than the model" in refusal(small)


def test_tokenizer_without_end(copy):
    edit(copy / "tokenizer_config.json", eos_token=None)
    assert "eos_token" in refusal(copy)


def test_no_chat_template(base):
    message = refusal(base, template="chat")
    assert "no chat template" in message
    assert "'elatbot' or 'raw'" in message


def test_nothing_there(tmp_path):
    assert "no folder" in refusal(tmp_path / "nothing")
    assert "no tokenizer can be loaded" in refusal(tmp_path)
    assert "Hub" in refusal("nobody/nothing") or "hub" in refusal("nobody/nothing")


@pytest.mark.parametrize("device", ["gpu", "cpu:1", "cuda:x"])
def test_unknown_device(base, device):
    assert "cpu, cuda, cuda:N or mps" in refusal(base, device=device)


@pytest.mark.parametrize("device", ["cuda", "cuda:99", "mps"])
def test_device_that_is_not_there(base, device):
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert f"device {device} is not there" in refusal(base, device=device)


def test_bad_settings(base, monkeypatch):
    assert "float32" in refusal(base, dtype="float8")
    assert "8bit or 4bit" in refusal(base, quantization="2bit")
    monkeypatch.setattr(placement, "find_spec", lambda _: None)
    assert "pip install bitsandbytes" in refusal(base, quantization="4bit")
    with pytest.raises(EngineError, match="template"):
        TransformersSettings("elatbot-mini", template="letter")
    with pytest.raises(EngineError, match="batch_tokens"):
        TransformersSettings("elatbot-mini", batch_tokens=0)
