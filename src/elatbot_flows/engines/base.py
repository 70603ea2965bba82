"""What every engine does: questions in, completions out, each accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Protocol

from monty.json import MSONable

from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elatbot_flows.documents import TextModelRecord
    from elatbot_flows.engines.completion import Completion
    from elatbot_flows.text.question import Question

__all__ = ["Engine", "EngineSettings", "Failure", "Sampling"]


@dataclass(frozen=True)
class Sampling(MSONable):
    """How answers are drawn.

    Parameters
    ----------
    temperature
        0 takes the most likely token.
    top_p
        Nucleus sampling threshold; 1 keeps all.
    top_k
        Number of tokens to choose from; 0 keeps all.
    max_tokens
        Longest answer in tokens.
    samples
        Answers to each question.
    seed
        Same seed, same answers, where the engine can promise it; its record says whether.
    stop
        Texts that end an answer; they are not part of it.
    guidance
        How much more closely than they were taught answers follow what is wanted: scores ``s`` of
        tokens become ``(1 + guidance) s - guidance u``, with ``u`` those after
        `Question.unconditional`, before they are divided by the temperature (classifier-free
        guidance, J. Ho and T. Salimans, arXiv:2207.12598; of language models, G. Sanchez et al.,
        arXiv:2306.17806). 0 is none. Twice the work; in transformers alone.

    Raises
    ------
    EngineError
        If a number is out of range.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 512
    samples: int = 1
    seed: int = 0
    stop: tuple[str, ...] = ()
    guidance: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", tuple(self.stop))  # JSON has no tuples
        if (
            self.temperature < 0
            or not 0 < self.top_p <= 1
            or min(self.top_k, self.seed) < 0
            or min(self.max_tokens, self.samples) < 1
            or not 0 <= self.guidance < inf
        ):
            raise EngineError(
                "sampling needs temperature, top_k, seed and guidance >= 0, 0 < top_p <= 1, and "
                "max_tokens and samples >= 1"
            )
        if self.temperature == 0 and self.samples > 1:
            raise EngineError(
                f"{self.samples} samples at temperature 0 are the same answer: raise the "
                "temperature, or ask for one sample"
            )


@dataclass(frozen=True)
class Failure(MSONable):
    """A question that got no answer.

    Parameters
    ----------
    reason
        For programs: ``"prompt_too_long"``, ``"pattern_not_supported"``, ``"server_error"``,
        ``"timeout"``, ``"ambiguous"``, ...
    message
        For people; names the remedy.
    """

    reason: str
    message: str


class Engine(Protocol):
    """A text model somewhere: in this process, in vLLM, behind a server."""

    @property
    def record(self) -> TextModelRecord:
        """Who answers: what has to be known to ask the same model again."""

    def complete(
        self, questions: Sequence[Question], sampling: Sampling
    ) -> Iterator[tuple[int, list[Completion] | Failure]]:
        """Answer questions, in whatever order suits the engine.

        Every question comes back exactly once, with its place in `questions`, as soon as it is
        answered: a bad one as a `Failure`, which leaves the others alone.

        Raises
        ------
        EngineError
            If nothing can be answered any more, for example because a server is gone for longer
            than it is waited for. What was answered before has been yielded.
        """


class EngineSettings(Protocol):
    """Settings of an engine: a frozen, MSONable, hashable dataclass that knows how to start it."""

    def start(self) -> Engine:
        """Load the model or connect to the server.

        Raises
        ------
        EngineError
            If it is missing, incomplete, or parts do not belong together; names the remedy.
        """
