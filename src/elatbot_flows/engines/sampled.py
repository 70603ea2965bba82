"""What is written down of how a sample was drawn, and the seed it was drawn with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from elatbot_flows.engines.base import Sampling

__all__ = ["refuse_guidance", "request_seed", "sampling_record"]


def request_seed(seed: int, prompt: str) -> int:
    """Seed for one question, below 2^31.

    Questions of one call get different ones, so that chance does not favour the same words in all
    their answers, and the same one whatever else is asked.
    """
    digest = hashlib.sha256(f"{seed} {prompt}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4]) >> 1


def sampling_record(sampling: Sampling, index: int, *, guided: bool, **more: Any) -> dict[str, Any]:
    """Settings of a sample, for `elatbot_flows.engines.completion.Completion`.

    Parameters
    ----------
    sampling
        Of the call.
    index
        Place of the sample among those of its question.
    guided
        Whether the answer was held to a pattern.
    more
        What only this engine has.
    """
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "max_tokens": sampling.max_tokens,
        "stop": list(sampling.stop),
        "guidance": sampling.guidance,
        "guided": guided,
        "index": index,
        **more,
    }


def refuse_guidance(sampling: Sampling) -> None:
    """Refuse what only transformers can.

    Raises
    ------
    EngineError
        If guidance is asked for.
    """
    if sampling.guidance:
        raise EngineError(
            "this engine cannot weigh a question against its unconditional one: set guidance to 0, "
            "or use the engine 'transformers'"
        )
