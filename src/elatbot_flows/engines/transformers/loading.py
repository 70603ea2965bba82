"""Loading a model of transformers with its tokenizer and adapter, whole or not at all."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from elatbot_flows.engines.adapters import adapter_folder, add_adapter, read_adapter_config
from elatbot_flows.engines.latest import shared
from elatbot_flows.engines.tokenizer_loading import load_tokenizer
from elatbot_flows.engines.transformers.placement import (
    quantization_config,
    require_device,
    torch_dtype,
)
from elatbot_flows.engines.weights_files import hub_commit, local_folder, weights_sha256
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from elatbot_flows.engines.transformers.settings import Settings

__all__ = ["Loaded", "adapter_name", "load", "load_model", "quiet"]


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model ready to write, and where it came from.

    Parameters
    ----------
    model, tokenizer
        Of transformers; the model in evaluation mode.
    ends
        Tokens that end an answer.
    context_length
        Most tokens of question and answer.
    revision, weights_sha256
        Commit on the hub or, for a local folder, hash of the weights.
    adapter_revision, adapter_sha256
        The same for the adapter.
    adapter_base
        Model that the adapter says it was trained on, often a folder of another machine.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    ends: frozenset[int]
    context_length: int | None
    revision: str | None
    weights_sha256: str | None
    adapter_revision: str | None = None
    adapter_sha256: str | None = None
    adapter_base: str | None = None


def load(settings: Settings) -> Loaded:
    """Load what settings name.

    Raises
    ------
    EngineError
        If something is missing or does not fit; names the remedy.
    """
    if settings.adapter is None:
        return _load_model(settings)
    folder = adapter_folder(settings.adapter)
    alone = replace(settings, adapter=None)
    if settings.merges:
        found = _load_model(alone)
        model = add_adapter(found.model, folder, merge=True)
    else:
        common = shared(settings.base, lambda: _Common(_load_model(alone)))
        found = common.loaded
        model = common.model = add_adapter(
            common.model, folder, merge=False, name=adapter_name(settings.adapter)
        )
    commit = hub_commit(folder)
    return replace(
        found,
        model=model,
        adapter_revision=commit,
        adapter_sha256=None if commit else weights_sha256(folder),
        adapter_base=_adapter_base(folder),
    )


def adapter_name(adapter: str) -> str:
    """What an adapter is called beside others; PEFT takes no dots."""
    return hashlib.sha256(adapter.encode()).hexdigest()[:16]


class _Common:
    """A model and, once there are any, its adapters."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.model = loaded.model


def _load_model(settings: Settings) -> Loaded:
    """Load a model without its adapter."""
    require_device(settings.device)
    folder = local_folder(settings.model)
    with quiet():
        tokenizer = _tokenizer(settings, folder)
        model = load_model(settings, folder)
    commit = hub_commit(folder) if folder else getattr(model.config, "_commit_hash", None)
    embeddings: Any = model.get_input_embeddings()
    if len(tokenizer) > embeddings.weight.shape[0]:
        raise EngineError(
            f"the tokenizer of {settings.model} has more tokens than the model: they do not belong "
            "together, get both from the same source"
        )
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        ends=_ends(model, tokenizer),
        context_length=_context_length(model),
        revision=commit,
        weights_sha256=weights_sha256(folder) if folder and not commit else None,
    )


def load_model(settings: Settings, folder: Path | None) -> PreTrainedModel:
    """The model alone, with all of its weights and no others.

    Parameters
    ----------
    settings
        What to load, and where it runs.
    folder
        Where it lies on this machine; None for the hub.

    Raises
    ------
    EngineError
        If it is not there, or weights and configuration do not belong together.
    """
    from transformers import AutoModelForCausalLM

    read: Any = AutoModelForCausalLM.from_pretrained  # a pair with output_loading_info
    quantized = quantization_config(settings.quantization)
    placement: dict[str, Any] = {"device_map": {"": settings.device}} if quantized else {}
    try:
        model, info = read(
            str(folder or settings.model),
            revision=None if folder else settings.revision,
            dtype=torch_dtype(settings.dtype, settings.device),
            quantization_config=quantized,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            **placement,
        )
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        raise _not_loaded(settings, error) from error
    faults = [*info["missing_keys"], *info["mismatched_keys"], *info["unexpected_keys"]]
    if faults:
        raise EngineError(
            f"the weights of {settings.model} do not fit its configuration ({len(faults)} differ, "
            f"such as {faults[0]}): get the model anew; an adapter goes into the setting 'adapter'"
        )
    placed = model if quantized else model.to(settings.device)
    return cast("PreTrainedModel", placed.eval())


def _tokenizer(settings: Settings, folder: Path | None) -> PreTrainedTokenizerBase:
    revision = None if folder else settings.revision
    tokenizer: PreTrainedTokenizerBase = load_tokenizer(
        str(folder or settings.model), settings.template, revision
    )
    if tokenizer.eos_token_id is None:
        raise EngineError(
            f"the tokenizer of {settings.model} has no token for the end of an answer: set "
            "eos_token in its tokenizer_config.json"
        )
    return tokenizer


def _not_loaded(settings: Settings, error: Exception) -> EngineError:
    why = " ".join(str(error).split())[:300]
    return EngineError(
        f"{settings.model} cannot be loaded as a language model: {why}; give a folder with "
        "config.json, a tokenizer and weights in the safetensors format, or the name of such a "
        "model on the Hugging Face hub"
    )


def _adapter_base(adapter: Path) -> str | None:
    return read_adapter_config(adapter).get("base_model_name_or_path")


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    stated = getattr(model.generation_config, "eos_token_id", None)
    listed = stated if isinstance(stated, list) else [stated]
    return frozenset(end for end in (tokenizer.eos_token_id, *listed) if end is not None)


def _context_length(model: PreTrainedModel) -> int | None:
    text = model.config.get_text_config(decoder=True)
    length = getattr(text, "max_position_embeddings", None)
    return int(length) if length else None


@contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bars of transformers."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
