"""From checkpoints of CrystaLLM and CrystaLLM-pi to folders that transformers and vLLM load."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from elatbot_flows.engines.crystallm.tokenizer import make_tokenizer
from elatbot_flows.engines.crystallm.vocabulary import ATOMS, tokens
from elatbot_flows.engines.model_card import ModelCard, write_card
from elatbot_flows.engines.transformers.loading import load_model, quiet
from elatbot_flows.engines.transformers.settings import Settings
from elatbot_flows.errors import EngineError
from elatbot_flows.files import sha256_of
from elatbot_flows.text.formats.crystals import CRYSTAL
from elatbot_flows.text.question import Template

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import GPT2LMHeadModel

__all__ = ["convert_checkpoint"]

_SIZES = ("n_layer", "n_head", "n_embd", "block_size", "vocab_size")
_COMPILED = "_orig_mod."
_MASK = re.compile(r"\.attn\.bias$")
_LINEAR = re.compile(r"\.(?:c_attn|c_proj|c_fc)\.weight$")
"""GPT-2 of transformers has these weights the other way round."""


def convert_checkpoint(checkpoint: str | Path, folder: str | Path) -> Path:
    """Write a checkpoint of CrystaLLM or CrystaLLM-pi as a GPT-2 with tokenizer and card.

    Parameters
    ----------
    checkpoint
        ``ckpt.pt`` as nanoGPT's training writes it, or the folder it lies in. It is read as
        weights alone; nothing in it is run. Or a folder of CrystaLLM-pi with ``config.json`` and
        ``model.safetensors``; those with layers for conditions are no GPT-2 and are refused.
    folder
        Where to; new or empty. Its name is a model's name everywhere.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    EngineError
        If it is no such checkpoint, has another vocabulary, or the folder is not empty.
    """
    place, where = Path(checkpoint).expanduser(), Path(folder).expanduser()
    if where.exists() and (not where.is_dir() or any(where.iterdir())):
        raise EngineError(f"{where} is not empty: give a new folder")
    brackets = (place / "config.json").is_file()
    if brackets:
        model, file = _successor(place), place / "model.safetensors"
    else:
        file = place / "ckpt.pt" if place.is_dir() else place
        model = _model(*_read(file), file)
    where.mkdir(parents=True, exist_ok=True)
    with quiet():
        model.save_pretrained(where)
    make_tokenizer(model.config.n_positions, brackets=brackets).save_pretrained(where)
    origin = f"weights as published, sha256 {sha256_of(file)}"
    dialect = "crystallm-pi" if brackets else "crystallm"
    write_card(where, ModelCard(dialect, (CRYSTAL,), ATOMS, origin))
    return where


def _successor(place: Path) -> GPT2LMHeadModel:
    """A model of CrystaLLM-pi without layers for conditions."""
    wanted: Any = len(tokens(brackets=True))
    with quiet():
        model: Any = load_model(Settings(str(place), template=Template.RAW), place)
    kind, size = model.config.model_type, model.config.vocab_size
    if kind != "gpt2" or size != wanted:
        raise EngineError(
            f"{place} is a {kind} of {size} tokens, models of CrystaLLM-pi without conditions are "
            f"a gpt2 of {wanted}: those with conditions cannot be loaded"
        )
    return cast("GPT2LMHeadModel", model)


def _read(place: Path) -> tuple[dict[str, int], dict[str, Tensor]]:
    """Sizes and weights."""
    import torch

    if not place.is_file():
        raise EngineError(f"there is no checkpoint {place}: give ckpt.pt of CrystaLLM")
    try:
        found: Any = torch.load(place, map_location="cpu", weights_only=True)
        sizes = {name: int(found["model_args"][name]) for name in _SIZES}
        weights = {name.removeprefix(_COMPILED): w for name, w in found["model"].items()}
    except Exception as error:
        why = " ".join(str(error).split())[:200]
        raise EngineError(
            f"{place} is no checkpoint of CrystaLLM that can be read as weights alone "
            f"({type(error).__name__}: {why}): give ckpt.pt as its training writes it"
        ) from error
    if sizes["vocab_size"] != len(tokens()):
        raise EngineError(
            f"{place} has {sizes['vocab_size']} tokens, CrystaLLM has {len(tokens())}: it was "
            "trained with another vocabulary"
        )
    return sizes, weights


def _model(sizes: dict[str, int], weights: dict[str, Tensor], place: Path) -> GPT2LMHeadModel:
    """A GPT-2 of these weights; biases that were left out in training are zero."""
    from transformers import GPT2Config, GPT2LMHeadModel

    end = len(tokens()) - 1
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=sizes["vocab_size"],
            n_positions=sizes["block_size"],
            n_embd=sizes["n_embd"],
            n_layer=sizes["n_layer"],
            n_head=sizes["n_head"],
            activation_function="gelu_new",
            bos_token_id=end,
            eos_token_id=end,
            pad_token_id=end,
        )
    )
    turned = {
        name: value.t() if _LINEAR.search(name) else value
        for name, value in weights.items()
        if not (_MASK.search(name) and value.ndim > 1)
    }
    wanted = model.state_dict()
    zero = {n: w.new_zeros(w.shape) for n, w in wanted.items() if n.endswith(".bias")}
    filled = {n: zero[n] for n in zero if n not in turned} | turned
    try:
        model.load_state_dict({n: w.float().contiguous() for n, w in filled.items()})
    except RuntimeError as error:
        why = " ".join(str(error).split())[:200]
        raise EngineError(f"{place} has other weights than CrystaLLM: {why}") from error
    return model
