"""How a model is taught which of two answers is better: settings and loss.

Direct preference optimisation, Rafailov et al. 2023, arXiv:2305.18290, eq. 7. The DPOTrainer of trl
(1.16) is not used: whatever columns it is given, it makes tokens of texts by itself, of question
and answer together, cuts what is long, and needs two packages more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import TrainingError
from elatbot_flows.text.wire import IGNORED
from elatbot_flows.training.finetune.settings import FineTuning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

__all__ = ["PreferenceTuning", "answer_log_likelihoods", "preference_loss"]


@dataclass(frozen=True)
class PreferenceTuning(FineTuning):
    """How a model is taught which of two answers is better: settings of `FineTuning` and one more.

    Parameters
    ----------
    beta
        How strongly it is held to what it was: small numbers let it go further.

    Raises
    ------
    TrainingError
        If a setting is out of range, or `packing` is set.
    """

    beta: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.beta, str) or not 0 < self.beta < math.inf:
            raise TrainingError(f"beta is {self.beta!r}: it must be a number above 0")
        if self.packing:
            raise TrainingError("answers that are compared cannot share a row: leave packing out")


def answer_log_likelihoods(model: Any, batch: Mapping[str, Any]) -> Tensor:
    """Logarithm of the probability of each answer as a whole, shape ``(rows,)``, nats."""
    import torch

    given = {name: batch[name] for name in ("input_ids", "attention_mask")}
    if "logits_to_keep" in batch:
        given["logits_to_keep"] = batch["logits_to_keep"]
    scores = model(**given, use_cache=False).logits
    if "places" in batch:
        scores = scores[:, batch["places"]]
    labels = batch["shift_labels"]
    nats = torch.nn.functional.cross_entropy(
        scores.float().transpose(1, 2), labels, ignore_index=IGNORED, reduction="none"
    )
    return -nats.sum(dim=1)


def preference_loss(found: Tensor, reference: Tensor, beta: float) -> Tensor:
    """Mean over pairs of minus the logarithm of the probability that the better one is preferred.

    Parameters
    ----------
    found, reference
        Log-likelihoods of better and worse answers, nats, shape ``(pairs, 2)``: now, and by the
        reference.
    beta
        See `PreferenceTuning`.

    Examples
    --------
    >>> import torch
    >>> before = torch.tensor([[-3.0, -2.0]])
    >>> round(float(preference_loss(before, before, beta=0.1)), 4)  # nothing learned: ln 2
    0.6931
    >>> float(preference_loss(before + torch.tensor([1.0, -1.0]), before, beta=0.1)) < 0.6
    True
    """
    import torch

    gained = found - reference
    margin: Tensor = beta * (gained[:, 0] - gained[:, 1])
    return -torch.nn.functional.logsigmoid(margin).mean()
