"""The training loop of the embedded generator, and the likelihoods it is judged by."""

from __future__ import annotations

import copy
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monty.json import MSONable

from elatbot_flows.text.compact import (
    BEGIN,
    END,
    Condition,
    render_answer,
    render_design,
    render_modulus,
    render_predict,
    vocabulary,
)
from elatbot_flows.text.compact import Proposal as Material
from elatbot_flows.training.augment import Augmentation, Augmenter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch
    from transformers import LlamaForCausalLM

    from elatbot_flows.datasets.bulk_modulus import BulkModulusRow, Split

__all__ = [
    "GeneratorTraining",
    "answer_loss",
    "build_model",
    "design_texts",
    "fit",
    "mean_loss",
    "predict_texts",
]

_LOG = logging.getLogger(__name__)
_IGNORED = -100
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


def design_texts(rows: Iterable[BulkModulusRow]) -> list[tuple[str, str]]:
    """Prompts (bulk modulus alone) and answers of the design task, without augmentation."""
    return [
        (
            render_design(Condition(bulk_modulus=row.bulk_modulus)),
            render_answer(Material(row.formula, row.crystal_system)),
        )
        for row in rows
    ]


def predict_texts(rows: Iterable[BulkModulusRow]) -> list[tuple[str, str]]:
    """Prompts and answers of the prediction task, without augmentation."""
    return [
        (render_predict(row.counts, row.crystal_system), render_modulus(row.bulk_modulus))
        for row in rows
    ]


def _tensors(texts: Sequence[tuple[str, str]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token numbers and labels of a batch, filled up on the right."""
    import torch

    ids = {word: number for number, word in enumerate(vocabulary())}
    prompts = [[BEGIN, *prompt.split()] for prompt, _ in texts]
    answers = [[*answer.split(), END] for _, answer in texts]
    width = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True))
    tokens = torch.zeros(len(texts), width, dtype=torch.long)
    labels = torch.full_like(tokens, _IGNORED)
    for i, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        line = torch.tensor([ids[word] for word in (*prompt, *answer)])
        tokens[i, : len(line)] = line
        labels[i, len(prompt) : len(line)] = line[len(prompt) :]
    return tokens, labels


def answer_loss(model: LlamaForCausalLM, texts: Sequence[tuple[str, str]]) -> torch.Tensor:
    """Negative log likelihood (nats) of each answer given its prompt, shape ``(len(texts),)``."""
    from torch.nn import functional

    tokens, labels = _tensors(texts)
    # Filling is on the right and attention is causal: no mask is needed.
    logits = model(input_ids=tokens).logits[:, :-1].float()
    losses = functional.cross_entropy(
        logits.transpose(1, 2), labels[:, 1:], reduction="none", ignore_index=_IGNORED
    )
    return losses.sum(dim=1)


def mean_loss(model: LlamaForCausalLM, texts: Sequence[tuple[str, str]]) -> float:
    """Mean negative log likelihood (nats) per answer, without dropout."""
    import torch

    model.eval()
    with torch.no_grad():
        parts = [answer_loss(model, texts[i : i + 256]) for i in range(0, len(texts), 256)]
    return float(torch.cat(parts).mean())


def fit(
    split: Split, settings: GeneratorTraining, augmentation: Augmentation
) -> tuple[LlamaForCausalLM, dict[str, float]]:
    """Train on ``split.train``; keep the weights that are best on ``split.validation``.

    Returns
    -------
    model, best
        The model with its best weights, and the epoch and validation losses they come from.
    """
    import numpy as np
    import torch

    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    model = build_model(settings)
    augmenter = Augmenter(split.train, augmentation, rng)
    optimizer, schedule = _optimizer(model, settings, len(split.train))
    held_out = design_texts(split.validation), predict_texts(split.validation)
    best: dict[str, float] = {"loss": math.inf}
    weights = copy.deepcopy(model.state_dict())
    for epoch in range(1, settings.epochs + 1):
        model.train()
        total = 0.0
        order = rng.permutation(len(split.train))
        for start in range(0, len(order), settings.batch_size):
            rows = [split.train[i] for i in order[start : start + settings.batch_size]]
            total += _step(model, optimizer, augmenter, rows)
            schedule.step()
        design, predict = (mean_loss(model, texts) for texts in held_out)
        _LOG.info(
            "epoch %d: training loss %.3f, validation design %.3f, predict %.3f nats",
            *(epoch, total / len(order), design, predict),
        )
        if design + predict < best["loss"]:
            best = {"loss": design + predict, "epoch": epoch, "design": design, "predict": predict}
            weights = copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    model.eval()
    return model, best


def _optimizer(
    model: LlamaForCausalLM, settings: GeneratorTraining, rows: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    import torch
    from transformers import get_cosine_schedule_with_warmup

    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        betas=(0.9, 0.98),
    )
    steps = math.ceil(rows / settings.batch_size) * settings.epochs
    return optimizer, get_cosine_schedule_with_warmup(optimizer, math.ceil(0.03 * steps), steps)


def _step(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    augmenter: Augmenter,
    rows: Sequence[BulkModulusRow],
) -> float:
    """One step on both tasks of `rows`; returns the sum of the losses of the rows."""
    import torch

    with torch.autocast("cpu", dtype=torch.bfloat16):
        design = answer_loss(model, [augmenter.design(row) for row in rows])
        predict = answer_loss(model, [augmenter.predict(row) for row in rows])
    losses = design + predict
    losses.mean().backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(losses.detach().sum())
