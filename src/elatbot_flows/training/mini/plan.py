"""What a small model begins as: configuration, words, and weights that know the elements."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monty.json import MSONable

from elatbot_flows.engines.mini.generator_files import METADATA, load_hashes
from elatbot_flows.engines.model_card import ModelCard, read_card, write_card
from elatbot_flows.text.compact import BEGIN, END, PAD, UNKNOWN, vocabulary
from elatbot_flows.uncertainty.elements import element_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

__all__ = ["FIRST", "Shape", "build_tokenizer", "first_model", "write_base"]

FIRST = "began_with.json"
"""File beside first weights that says which release they are of."""


@dataclass(frozen=True)
class Shape(MSONable):
    """Shape of a Llama model.

    Parameters
    ----------
    hidden_size, layers, heads, feed_forward
        Of the model.
    longest
        Most tokens of question and answer.
    seed
        Of its weights.
    """

    hidden_size: int = 192
    layers: int = 5
    heads: int = 6
    feed_forward: int = 512
    longest: int = 128
    seed: int = 0


def build_tokenizer(words: Sequence[str] | None = None) -> PreTrainedTokenizerFast:
    """Word-level tokenizer that splits at blanks and puts the start word in front.

    Parameters
    ----------
    words
        Its vocabulary, special words first; None for that of the compact format.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    ids = {word: number for number, word in enumerate(words or vocabulary())}
    tokenizer = Tokenizer(WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, ids[BEGIN])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )


def first_model(shape: Shape, words: Sequence[str] | None = None) -> LlamaForCausalLM:
    """Random weights, but for the words of elements: half of them is what elements are like.

    A fixed random map takes the properties of an element to its vector, so that similar elements
    begin alike.

    Parameters
    ----------
    shape
        Of the model.
    words
        Its vocabulary, special words first; None for that of the compact format.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    words = words or vocabulary()
    torch.manual_seed(shape.seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=shape.hidden_size,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads,
            intermediate_size=shape.feed_forward,
            max_position_embeddings=shape.longest,
            tie_word_embeddings=True,
            pad_token_id=0,
            bos_token_id=words.index(BEGIN),
            eos_token_id=words.index(END),
        )
    )
    symbols, table = element_table()
    known = torch.tensor((table - table.mean(axis=0)) / table.std(axis=0)).float()
    vectors = known @ torch.randn(known.shape[1], shape.hidden_size)
    rows = torch.tensor([words.index(symbol) for symbol in symbols])
    with torch.no_grad():
        weights: Any = model.get_input_embeddings().weight
        spread = weights.std()
        weights[rows] = (weights[rows] + vectors / vectors.std() * spread) / 2**0.5
    return model


def write_base(folder: Path, shape: Shape | None = None, before: Path | None = None) -> None:
    """Write a folder that a training begins with.

    Parameters
    ----------
    folder
        Made if absent.
    shape
        Of new weights; None for the default.
    before
        Folder of an earlier release, to go on from its weights; words that it lacks get new ones,
        and its card is taken over, so that what it has seen is known.
    """
    model = first_model(shape or Shape()) if before is None else _went_on(before, shape or Shape())
    model.save_pretrained(folder)
    build_tokenizer().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if before is not None:
        write_card(folder, _card_of(before))
        (folder / FIRST).write_text(json.dumps(_origin(before), indent=1) + "\n")


def _went_on(before: Path, shape: Shape) -> LlamaForCausalLM:
    """Earlier weights with vectors for more words; the words it has stay in their places."""
    import torch
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(before, dtype=torch.float32)
    torch.manual_seed(shape.seed)
    model.resize_token_embeddings(len(vocabulary()), mean_resizing=False)
    model.config.max_position_embeddings = shape.longest
    return model


def _origin(before: Path) -> dict[str, Any]:
    """Which release a training goes on from, and what making that one took."""
    document = json.loads((before / METADATA).read_text())
    info, training = document["info"], document["training"]
    seconds = training.get("cpu_seconds")  # of release 1.0; later ones are of several trainings
    if seconds is None:
        made = [*training["trainings"], *training["before"], training["first"] or {}]
        seconds = sum(each.get("cpu_seconds", 0.0) for each in made)
    kept = {key: info[key] for key in ("name", "version", "weights_sha256")}
    return kept | {"cpu_seconds": seconds}


def _card_of(before: Path) -> ModelCard:
    """What an earlier release was trained for; release 1.0 has no card."""
    card = read_card(before)
    if card is not None:
        return card
    known = json.loads((before / METADATA).read_text())["info"]
    hashes = tuple(f"{number:016x}" for number in load_hashes(before).tolist())
    tasks = ("bulk_modulus", "generation")
    return ModelCard("compact-2", tasks, tuple(known["elements"]), training_formulas=hashes)
