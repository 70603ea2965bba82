"""The model a training begins with, and the same with what a checkpoint holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.adapters import add_adapter, read_adapter_config
from elatbot_flows.engines.mini.generator_files import is_generator
from elatbot_flows.engines.model_card import read_card
from elatbot_flows.engines.tokenizer_loading import load_tokenizer
from elatbot_flows.engines.transformers.loading import quiet
from elatbot_flows.engines.transformers.placement import quantization_config
from elatbot_flows.engines.weights_files import hub_commit, local_folder, weights_sha256
from elatbot_flows.errors import EngineError, TrainingError
from elatbot_flows.files import sha256_of
from elatbot_flows.training.data.leaks import base_formulas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from elatbot_flows.text.question import Template
    from elatbot_flows.training.finetune.settings import FineTuning

__all__ = ["Base", "context_length", "find_base", "new_model", "stored_dtype", "stored_model"]

_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_LATTICE = ("config.json", "tokenizer.json", "tokenizer.model")
"""What a model from scratch is made of, where it is there."""


@dataclass(frozen=True)
class Base:
    """What is trained on.

    Parameters
    ----------
    name
        Folder, as a whole path, or name on the hub.
    tokenizer
        Of transformers.
    sha256
        Hash of the weights, of configuration and tokenizer for a model from scratch; None for one
        of the hub.
    revision
        Commit on the hub.
    """

    name: str
    tokenizer: Any
    sha256: str | None
    revision: str | None = None


def find_base(spec: str, settings: FineTuning, template: Template) -> Base:
    """Look up what is trained on, without its weights.

    Parameters
    ----------
    spec
        Folder with a model and its tokenizer, or name on the Hugging Face hub. For ``"scratch"``
        weights are not looked at.
    settings
        How it is taught.
    template
        How questions are written.

    Raises
    ------
    EngineError
        If it is not there, or its tokenizer lacks a chat template that is needed.
    TrainingError
        If the folder holds an adapter.
    """
    folder = local_folder(spec)
    if folder is None:
        return Base(
            spec, load_tokenizer(spec, template), None, getattr(_config(spec), "_commit_hash", None)
        )
    if (folder / "adapter_config.json").is_file():
        raise TrainingError(
            f"{folder} holds an adapter: give the model it belongs to, or merge it first "
            "(elatbot_flows.training.finetune.merge)"
        )
    sha256 = _hash_of_plan(folder) if settings.method == "scratch" else weights_sha256(folder)
    tokenizer = load_tokenizer(str(folder), template)
    return Base(str(folder.resolve()), tokenizer, sha256, hub_commit(folder))


def context_length(base: Base) -> int | None:
    """Most tokens that a model has places for, None where it does not say.

    Raises
    ------
    EngineError
        If its configuration cannot be read.
    """
    text = _config(base.name).get_text_config(decoder=True)
    length = getattr(text, "max_position_embeddings", None)
    return int(length) if length else None


def stored_dtype(spec: str) -> Any:
    """What the numbers of a model are stored as; single precision where it does not say.

    Raises
    ------
    EngineError
        If its configuration cannot be read.
    """
    import torch

    return getattr(_config(spec), "dtype", None) or torch.float32


def _config(spec: str) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(spec, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _not_loaded(spec, error) from error


def _hash_of_plan(folder: Path) -> str:
    """Hash of what a model from scratch is made of."""
    lines = [f"{sha256_of(folder / f)}  {f}\n" for f in _LATTICE if (folder / f).is_file()]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def known_formulas(spec: str) -> tuple[str, ...] | None:
    """Hashes of the formulas a base was trained on; None if nobody wrote them down.

    Raises
    ------
    EngineError, GeneratorError
        If what was written down cannot be read.
    """
    card = read_card(spec)
    written = is_generator(spec) or (card is not None and card.training_formulas is not None)
    return base_formulas(spec) if written else None


def new_model(base: Base, settings: FineTuning) -> Any:
    """The model as it is before the first step; the same seed gives the same weights.

    Raises
    ------
    EngineError
        If it cannot be loaded.
    TrainingError
        If tokenizer and model do not belong together, or an adapter finds no place.
    """
    from transformers import set_seed

    set_seed(settings.seed)
    model = _weights(base, settings)
    if not settings.adapts:
        return model
    from peft import LoraConfig, get_peft_model

    targets = settings.targets
    kind = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # type: ignore[arg-type]  # real numbers work
        lora_dropout=settings.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, kind)
    except ValueError as error:
        raise TrainingError(
            f"no adapter fits {base.name}: {' '.join(str(error).split())}"
        ) from error


def stored_model(base: Base, settings: FineTuning, folder: Path) -> Any:
    """The model with what a checkpoint or a finished training holds, read from its files.

    Raises
    ------
    EngineError
        If files are missing or do not fit.
    """
    if settings.adapts:
        read_adapter_config(folder)
        return add_adapter(_weights(base, settings), folder, merge=False)
    stored = Base(str(folder), base.tokenizer, None)
    return _read(stored, settings).eval()


def _weights(base: Base, settings: FineTuning) -> Any:
    model = _random(base) if settings.method == "scratch" else _read(base, settings)
    if len(base.tokenizer) > model.get_input_embeddings().weight.shape[0]:
        raise TrainingError(
            f"the tokenizer of {base.name} has more tokens than the model: they do not belong "
            "together, get both from the same source"
        )
    return model


def _random(base: Base) -> Any:
    from transformers import AutoModelForCausalLM

    try:
        return AutoModelForCausalLM.from_config(_config(base.name), trust_remote_code=False)
    except ValueError as error:
        raise _not_loaded(base.name, error) from error


def _read(base: Base, settings: FineTuning) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    # What learns has to be in single precision; what does not may be as it is computed in.
    dtype = _DTYPES[settings.computed_in if settings.adapts else "fp32"]
    read: Any = AutoModelForCausalLM.from_pretrained
    try:
        with quiet():
            model, info = read(
                base.name,
                revision=base.revision if local_folder(base.name) is None else None,
                dtype=getattr(torch, dtype),
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                **_placement(settings),
            )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise _not_loaded(base.name, error) from error
    if faults := [*info["missing_keys"], *info["mismatched_keys"], *info["unexpected_keys"]]:
        raise EngineError(
            f"the weights of {base.name} do not fit its configuration ({len(faults)} differ, such "
            f"as {faults[0]}): get the model anew"
        )
    if settings.method != "qlora":
        return model.to(settings.on)
    from peft import prepare_model_for_kbit_training

    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)


def _placement(settings: FineTuning) -> Mapping[str, Any]:
    if settings.method != "qlora":
        return {}
    on = settings.on
    return {"quantization_config": quantization_config("4bit"), "device_map": {"": on}}


def _not_loaded(spec: str, error: Exception) -> EngineError:
    why = " ".join(str(error).split())[:300]
    return EngineError(
        f"{spec} cannot be loaded as a language model: {why}; give a folder with config.json, a "
        "tokenizer and weights in the safetensors format, or the name of such a model on the "
        "Hugging Face hub"
    )
