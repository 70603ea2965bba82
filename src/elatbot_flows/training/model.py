"""The network of the embedded generator and the settings of its training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.text.compact import BEGIN, END, vocabulary

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

__all__ = ["GeneratorTraining", "build_model"]

_LONGEST_TEXT = 64


@dataclass(frozen=True)
class GeneratorTraining(MSONable):
    """Settings of a training.

    Parameters
    ----------
    epochs
        Passes over the training rows.
    batch_size
        Rows per step; each row is seen once in each of the two tasks.
    learning_rate, weight_decay
        Of AdamW; the rate rises over the first 3 % of the steps and falls along a cosine.
    dropout
        On the output of every attention and feed-forward block.
    hidden_size, layers, heads, feed_forward
        Shape of the Llama model.
    seed
        Of the weights, the order of the rows, augmentation and dropout.
    split_seed
        Of the division of the formulas.
    threads
        CPU threads.
    """

    epochs: int = 45
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    dropout: float = 0.1
    hidden_size: int = 192
    layers: int = 5
    heads: int = 6
    feed_forward: int = 512
    seed: int = 0
    split_seed: int = 0
    threads: int = 1


def build_model(settings: GeneratorTraining) -> LlamaForCausalLM:
    """Make a Llama model with random weights and dropout on the output of its blocks."""
    from transformers import LlamaConfig, LlamaForCausalLM

    words = vocabulary()
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=settings.hidden_size,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.heads,
            intermediate_size=settings.feed_forward,
            max_position_embeddings=_LONGEST_TEXT,
            tie_word_embeddings=True,
            pad_token_id=0,
            bos_token_id=words.index(BEGIN),
            eos_token_id=words.index(END),
        )
    )
    from torch.nn import functional

    for layer in model.model.layers:
        for block in (layer.self_attn.o_proj, layer.mlp):
            block.register_forward_hook(
                lambda module, _, out: functional.dropout(out, settings.dropout, module.training)
            )
    return model
