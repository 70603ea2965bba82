"""How likely a model finds an answer: to rank what it wrote."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.text.question import Question

__all__ = ["perplexities"]


def perplexities(model: TextModel, pairs: Sequence[tuple[Question, str]]) -> list[float]:
    """Perplexity of each answer to its question, under the model as it is.

    Parameters
    ----------
    model
        A text model in this process (the engine ``"transformers"``).
    pairs
        Questions and answers; where an answer ends is not counted.

    Returns
    -------
    list of float
        ``exp(-mean(log p))`` over the tokens of each answer.

    Raises
    ------
    EngineError
        If the model runs elsewhere, cannot be loaded, or a pair is longer than it reads.
    """
    from elatbot_flows.engines.transformers.engine import TransformersEngine

    engine = model.engine()
    if not isinstance(engine, TransformersEngine):
        raise EngineError(
            f"{model.name} tells no likelihoods where it runs: rank with the engine 'transformers'"
        )
    return [math.exp(-_mean(engine.log_likelihoods(*pair))) for pair in pairs]


def _mean(values: Sequence[Any]) -> float:
    return float(sum(values) / len(values)) if values else 0.0
