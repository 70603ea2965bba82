"""What a text generator returns for one sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from monty.json import MSONable

__all__ = ["Completion"]


@dataclass(frozen=True)
class Completion(MSONable):
    """One sample of a text model with all that is needed to draw it again.

    Parameters
    ----------
    text
        What the model wrote, without the prompt.
    model
        Name of the model and its version.
    prompt
        What the model was given.
    seed
        Seed of the call that drew this sample.
    sampling
        Settings of the sampler (temperature, top_p, ...) and ``index``, the place of this sample
        in its call.
    prompt_tokens, completion_tokens
        Lengths in tokens of the model.
    adapter, revision
        Adapter, and hash of the weights or commit on the hub, where there are such.
    finish_reason
        ``"stop"`` if the model ended its answer, ``"length"`` if it was cut off.
    """

    text: str
    model: str
    prompt: str
    seed: int
    sampling: dict[str, Any] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    adapter: str | None = None
    revision: str | None = None
    finish_reason: str | None = None
