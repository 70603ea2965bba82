"""What a small model begins as: configuration, words, and weights that know the elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.text.compact import BEGIN, END, PAD, UNKNOWN, vocabulary
from elatbot_flows.uncertainty.elements import element_table

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

__all__ = ["Shape", "build_tokenizer", "first_model", "write_base"]


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


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Word-level tokenizer that splits at blanks and puts the start word in front."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    ids = {word: number for number, word in enumerate(vocabulary())}
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


def first_model(shape: Shape) -> LlamaForCausalLM:
    """Random weights, but for the words of elements: half of them is what elements are like.

    A fixed random map takes the properties of an element to its vector, so that similar elements
    begin alike.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    words = vocabulary()
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
        weights = model.get_input_embeddings().weight
        spread = weights.std()
        weights[rows] = (weights[rows] + vectors / vectors.std() * spread) / 2**0.5
    return model


def write_base(folder: Path, shape: Shape | None = None) -> None:
    """Write a folder that a training begins with."""
    first_model(shape or Shape()).save_pretrained(folder)
    build_tokenizer().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
