"""How likely a model finds the answers of both tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.text.compact import (
    BEGIN,
    END,
    Condition,
    Proposal,
    render_answer,
    render_design,
    render_modulus,
    vocabulary,
)
from elatbot_flows.text.compact_questions import render_predict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch
    from transformers import LlamaForCausalLM

    from elatbot_flows.training.data.bulk_modulus import BulkModulusRow

__all__ = ["answer_loss", "design_texts", "mean_loss", "predict_texts"]

_IGNORED = -100


def design_texts(rows: Iterable[BulkModulusRow]) -> list[tuple[str, str]]:
    """Prompts (bulk modulus alone) and answers of the design task, without augmentation."""
    return [
        (
            render_design(Condition(bulk_modulus=row.bulk_modulus)),
            render_answer(Proposal(row.formula, row.crystal_system)),
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
