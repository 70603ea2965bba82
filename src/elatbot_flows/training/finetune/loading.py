"""The model a training begins with, and the same with what a checkpoint holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.adapters import add_adapter, read_adapter_config
from elatbot_flows.engines.transformers.loading import quiet
from elatbot_flows.engines.transformers.placement import quantization_config
from elatbot_flows.engines.weights_files import local_folder
from elatbot_flows.errors import EngineError, TrainingError
from elatbot_flows.training.finetune.bases import Base, not_loaded, read_config
from elatbot_flows.training.finetune.processes import own_device

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from elatbot_flows.training.finetune.settings import FineTuning

__all__ = ["new_model", "stored_model"]

_BLOCKS = (".self_attn.o_proj", ".mlp")
_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


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
        return _dropping(model, settings.dropout)
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
        adapted: Any = get_peft_model(model, kind)
    except ValueError as error:
        raise TrainingError(
            f"no adapter fits {base.name}: {' '.join(str(error).split())}"
        ) from error
    # What does not learn is the base's own; PEFT would put its embeddings into every checkpoint.
    adapted.save_pretrained = partial(adapted.save_pretrained, save_embedding_layers=False)
    return adapted


def _dropping(model: Any, share: float) -> Any:
    """Let a share of what attention and feed-forward blocks say be left out while it learns."""
    from torch.nn.functional import dropout

    found = [m for n, m in model.named_modules() if n.endswith(_BLOCKS)] if share else []
    if share and not found:
        raise TrainingError("this model has no blocks that dropout is known for: set dropout to 0")
    for module in found:
        module.register_forward_hook(lambda block, _, out: dropout(out, share, block.training))
    return model


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
        return AutoModelForCausalLM.from_config(read_config(base.name), trust_remote_code=False)
    except ValueError as error:
        raise not_loaded(base.name, error) from error


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
        raise not_loaded(base.name, error) from error
    if faults := [*info["missing_keys"], *info["mismatched_keys"], *info["unexpected_keys"]]:
        raise EngineError(
            f"the weights of {base.name} do not fit its configuration ({len(faults)} differ, such "
            f"as {faults[0]}): get the model anew"
        )
    if settings.method != "qlora":
        return model.to(own_device(settings.on))
    from peft import prepare_model_for_kbit_training

    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)


def _placement(settings: FineTuning) -> Mapping[str, Any]:
    if settings.method != "qlora":
        return {}
    place = {"": own_device(settings.on)}
    return {"quantization_config": quantization_config("4bit"), "device_map": place}
