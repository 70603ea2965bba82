"""Putting an adapter on a model, and making sure that all of it is there."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from elatbot_flows.engines.weights_files import local_folder
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

__all__ = [
    "ADAPTER_FILES",
    "adapter_folder",
    "add_adapter",
    "is_adapter",
    "model_of_adapter",
    "read_adapter_config",
    "weight_names",
]

_KIND = ("model_type", "num_hidden_layers", "hidden_size", "intermediate_size", "vocab_size")
_CONFIG, _WEIGHTS, _MODEL = "adapter_config.json", "adapter_model.safetensors", "config.json"
ADAPTER_FILES = (_CONFIG, _WEIGHTS)
"""What a folder of an adapter holds."""


def adapter_folder(adapter: str) -> Path:
    """Folder of an adapter, brought from the hub where it is no local one.

    Raises
    ------
    EngineError
        If it is neither here nor there.
    """
    folder = local_folder(adapter)
    if folder:
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(adapter, allow_patterns=list(ADAPTER_FILES)))
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())[:300]
        raise EngineError(
            f"the adapter {adapter} is no folder and cannot be brought from the Hugging Face hub: "
            f"{why}"
        ) from error


def is_adapter(folder: Path | None) -> bool:
    """Whether a folder holds an adapter and no model."""
    return folder is not None and (folder / _CONFIG).is_file() and not (folder / _MODEL).is_file()


def model_of_adapter(folder: Path) -> str:
    """Model that an adapter says it was trained on: a folder of this machine, or a hub name.

    Raises
    ------
    EngineError
        If it does not say, or that folder is not here.
    """
    base = read_adapter_config(folder).get("base_model_name_or_path")
    try:
        if base:
            local_folder(base)
            return str(base)
    except EngineError:
        pass
    raise EngineError(
        f"{folder} holds an adapter, and the model it was trained on ({base!r}) is not here: give "
        "that model, and this folder as its adapter"
    )


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """Settings that an adapter was trained with.

    Raises
    ------
    EngineError
        If the folder holds no adapter with weights in the safetensors format.
    """
    missing = [name for name in ADAPTER_FILES if not (folder / name).is_file()]
    if missing:
        raise EngineError(
            f"{folder} is not the folder of an adapter: {' and '.join(missing)} missing; give the "
            "folder that PEFT's save_pretrained wrote"
        )
    try:
        config = json.loads((folder / _CONFIG).read_text())
    except ValueError as error:
        raise EngineError(f"{folder / _CONFIG} is not JSON ({error}): get it anew") from error
    if not isinstance(config, dict) or "peft_type" not in config:
        raise EngineError(f"{folder / _CONFIG} names no peft_type: get it anew")
    return config


def weight_names(folder: Path) -> tuple[str, ...]:
    """Names of the weights of an adapter.

    Raises
    ------
    EngineError
        If they cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / _WEIGHTS, framework="np") as file:
            return tuple(file.keys())
    except (OSError, SafetensorError) as error:
        raise EngineError(f"{folder / _WEIGHTS} cannot be read ({error}): get it anew") from error


def add_adapter(
    model: PreTrainedModel, folder: Path, *, merge: bool, name: str = "default"
) -> PreTrainedModel:
    """Put an adapter on a model.

    Parameters
    ----------
    model
        The model it was trained on, or what this made of it with other adapters; it is changed.
    folder
        Of the adapter.
    merge
        Add the adapter to the weights of the model, which makes it as fast as without.
    name
        What to call it where several share a model.

    Raises
    ------
    EngineError
        If PEFT is not installed, or the adapter was trained on another model: some of its weights
        find no place or have another shape, or some of its places stay empty.
    """
    try:
        from peft import PeftModel
    except ImportError as error:
        raise EngineError(
            "adapters are loaded by PEFT, which is not installed: pip install peft"
        ) from error
    config = read_adapter_config(folder)
    _check_base(model, folder, config)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of missing weights, which are errors below
            adapted: Any = model
            if isinstance(model, PeftModel):
                model.load_adapter(str(folder), adapter_name=name)
            else:
                adapted = PeftModel.from_pretrained(model, str(folder), adapter_name=name)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise _wrong_base(folder, config, _first_line(error)) from error
    _check_loaded(adapted, folder, config, name)
    whole: Any = adapted.merge_and_unload(safe_merge=True) if merge else adapted
    return cast("PreTrainedModel", whole.eval())


def _check_base(model: PreTrainedModel, folder: Path, config: dict[str, Any]) -> None:
    """Refuse an adapter whose own base lies on this machine and is another kind of model.

    Its note often names a folder of another machine; then only its weights can tell.
    """
    file = Path(str(config.get("base_model_name_or_path"))) / _MODEL
    if not file.is_file():
        return
    stated = json.loads(file.read_text())
    for name in _KIND:
        here = getattr(model.config, name, None)
        if name in stated and stated[name] != here:
            raise _wrong_base(folder, config, f"{name} was {stated[name]}, here it is {here}")


def _check_loaded(adapted: Any, folder: Path, config: dict[str, Any], name: str) -> None:
    """Refuse an adapter unless every weight of its file is in the model and no other."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import load_file

    # Embeddings belong to an adapter only where its file has them.
    there = get_peft_model_state_dict(adapted, adapter_name=name, save_embedding_layers=False)
    stored = load_file(folder / _WEIGHTS)
    faults = {"have no place": stored.keys() - there, "are missing": there.keys() - stored}
    for what, names in faults.items():
        if names:
            raise _wrong_base(folder, config, f"{len(names)} weights {what}, such as {min(names)}")
    wrong = [name for name, value in stored.items() if not _same(value, there[name])]
    if wrong:
        raise _wrong_base(folder, config, f"{len(wrong)} weights were not taken over")


def _same(stored: Tensor, loaded: Tensor) -> bool:
    import torch

    return stored.shape == loaded.shape and torch.equal(stored.to(loaded.dtype), loaded.cpu())


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if "size mismatch" in line]
    return re.sub(r"\s+", " ", lines[0] if lines else str(error))[:300]


def _wrong_base(folder: Path, config: dict[str, Any], why: str) -> EngineError:
    base = config.get("base_model_name_or_path")
    return EngineError(
        f"the adapter {folder} does not fit this model: {why}; give the model that it was trained "
        f"on (its own note says {base!r})"
    )
