"""What is trained on, and what is known of it without its weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.mini.generator_files import describe_generator, is_generator
from elatbot_flows.engines.model_card import read_card
from elatbot_flows.engines.tokenizer_loading import load_tokenizer
from elatbot_flows.engines.weights_files import hub_commit, local_folder, weights_sha256
from elatbot_flows.errors import EngineError, TrainingError
from elatbot_flows.files import sha256_of
from elatbot_flows.training.data.leaks import base_formulas

if TYPE_CHECKING:
    from pathlib import Path

    from elatbot_flows.text.question import Template
    from elatbot_flows.training.finetune.settings import FineTuning

__all__ = [
    "Base",
    "context_length",
    "find_base",
    "known_elements",
    "known_formulas",
    "not_loaded",
    "read_config",
]

_PLAN = ("config.json", "tokenizer.json", "tokenizer.model")
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
        commit = getattr(read_config(spec), "_commit_hash", None)
        return Base(spec, load_tokenizer(spec, template), None, commit)
    if (folder / "adapter_config.json").is_file():
        raise TrainingError(
            f"{folder} holds an adapter: give the model it belongs to, or merge it first "
            "(elatbot_flows.engines.transformers.merged.write_merged)"
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
    text = read_config(base.name).get_text_config(decoder=True)
    length = getattr(text, "max_position_embeddings", None)
    return int(length) if length else None


def read_config(spec: str) -> Any:
    """Configuration of a model.

    Raises
    ------
    EngineError
        If it cannot be read.
    """
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(spec, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise not_loaded(spec, error) from error


def _hash_of_plan(folder: Path) -> str:
    """Hash of what a model from scratch is made of."""
    lines = [f"{sha256_of(folder / f)}  {f}\n" for f in _PLAN if (folder / f).is_file()]
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


def known_elements(spec: str) -> tuple[str, ...] | None:
    """Symbols of the elements that a base was trained on; None if nobody wrote them down.

    Raises
    ------
    EngineError, GeneratorError
        If what was written down cannot be read.
    """
    card = read_card(spec)
    if card is not None and card.elements is not None:
        return card.elements
    return describe_generator(spec).elements if is_generator(spec) else None


def not_loaded(spec: str, error: Exception) -> EngineError:
    """What to say of a model that cannot be loaded."""
    why = " ".join(str(error).split())[:300]
    return EngineError(
        f"{spec} cannot be loaded as a language model: {why}; give a folder with config.json, a "
        "tokenizer and weights in the safetensors format, or the name of such a model on the "
        "Hugging Face hub"
    )
