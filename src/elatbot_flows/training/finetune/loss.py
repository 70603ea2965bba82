"""How well a model knows answers: nats per token of them, whatever they are divided into."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import TrainingError
from elatbot_flows.text.wire import IGNORED
from elatbot_flows.training.finetune.batches import Collator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from elatbot_flows.training.finetune.encoding import Coded

__all__ = ["answer_loss", "autocast", "check_packing", "only_look", "tolerance"]

_EXACT, _ROUNDED = 1e-4, 2e-2


def tolerance(precision: str) -> float:
    """How far losses of the same weights on the same records may lie apart, nats per token."""
    return _EXACT if precision == "fp32" else _ROUNDED


def autocast(device: str, precision: str) -> contextlib.AbstractContextManager[Any]:
    """Compute in this precision."""
    import torch

    if precision == "fp32":
        return contextlib.nullcontext()
    dtype = torch.bfloat16 if precision == "bf16" else torch.float16
    return torch.autocast(device, dtype=dtype)


def answer_loss(
    model: Any,
    coded: Sequence[Coded],
    collator: Callable[[Sequence[Coded]], dict[str, Any]],
    size: int,
    precision: str,
) -> float:
    """Mean over the tokens of all answers of minus the logarithm of their probability.

    Parameters
    ----------
    model
        A causal language model of transformers; it is in evaluation mode meanwhile.
    coded
        At least one record.
    collator, size
        How they are divided into batches; the result depends on it in its last digits only.
    precision
        That is computed in.
    """
    import torch

    training = model.training
    only_look(model)
    total, tokens = 0.0, 0
    ordered = sorted(coded, key=len)
    try:
        with torch.no_grad(), autocast(model.device.type, precision):
            for start in range(0, len(ordered), size):
                batch = collator(ordered[start : start + size])
                inputs = {name: values.to(model.device) for name, values in batch.items()}
                learned = int((batch["labels"][:, 1:] != IGNORED).sum())
                # With a cache packed records would see each other.
                loss = model(**inputs, use_cache=False).loss
                total += float(loss) * learned
                tokens += learned
    finally:
        model.train(training)
    return total / tokens


def only_look(model: Any) -> None:
    """Put a model into evaluation mode, but for weights of four bits.

    On CPUs that can, bitsandbytes packs these anew when they are evaluated, and the gradients of
    steps after that are wrong.
    """
    for module in model.eval().modules():
        if type(module).__name__ == "Linear4bit":  # it does the same in both modes but for that
            module.training = True


def check_packing(model: Any, coded: Sequence[Coded], precision: str) -> None:
    """Make sure that records in one row do not see each other.

    Parameters
    ----------
    model
        That will be trained on packed records.
    coded
        Some records, of different lengths if there are.
    precision
        That is computed in.

    Raises
    ------
    TrainingError
        If the loss differs from that of the records alone by more than `tolerance`.
    """
    alone = answer_loss(model, coded, Collator(), len(coded), precision)
    packed = answer_loss(model, coded, Collator(packing=True), len(coded), precision)
    if not math.isclose(alone, packed, rel_tol=0, abs_tol=tolerance(precision)):
        raise TrainingError(
            f"this model cannot tell packed records apart: their loss is {packed:.4f}, that of the "
            f"same records alone {alone:.4f}; train without packing"
        )
