"""The training loop of the embedded generator."""

from __future__ import annotations

import copy
import logging
import math
from typing import TYPE_CHECKING

from elatbot_flows.training.augment import Augmentation, Augmenter
from elatbot_flows.training.likelihood import answer_loss, design_texts, mean_loss, predict_texts
from elatbot_flows.training.model import GeneratorTraining, build_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from transformers import LlamaForCausalLM

    from elatbot_flows.training.data.bulk_modulus import BulkModulusRow, Split

__all__ = ["fit"]

_LOG = logging.getLogger(__name__)


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
