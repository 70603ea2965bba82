"""From the tokens that a model wrote to completions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.sampled import sampling_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transformers import PreTrainedTokenizerBase

    from elatbot_flows.documents import TextModelRecord
    from elatbot_flows.engines.asking import Asked
    from elatbot_flows.engines.base import Sampling
    from elatbot_flows.engines.transformers.decoding import Answer

__all__ = ["Answers"]

_BYTES_PER_LETTER = 4


class Answers:
    """Reads what one model wrote.

    Parameters
    ----------
    tokenizer
        Of the model.
    record
        Of the engine.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, record: TextModelRecord) -> None:
        self._tokenizer = tokenizer
        self._record = record

    def stopper(self, stop: Sequence[str]) -> Callable[[list[int]], bool]:
        """Whether the tokens of an answer now hold one of these texts."""
        if not stop:
            return lambda _: False
        # A token is one byte at least.
        most = _BYTES_PER_LETTER * (max(map(len, stop)) + 1)

        def stopped(tokens: list[int]) -> bool:
            end = self._decode(tokens[-most:])
            return any(text in end for text in stop)

        return stopped

    def read(
        self, asked: Asked, answers: Sequence[Answer], sampling: Sampling
    ) -> list[Completion] | Failure:
        """Completions of all samples of a question, in their order."""
        if any(answer.finish == "not_finite" for answer in answers):
            return Failure(
                "not_finite",
                "the scores of the model are not numbers: load it with dtype='float32' or "
                "'bfloat16', or get its weights anew",
            )
        ordered = sorted(answers, key=lambda answer: answer.row.index)
        return [self._completion(asked, answer, sampling) for answer in ordered]

    def _completion(self, asked: Asked, answer: Answer, sampling: Sampling) -> Completion:
        record = self._record
        return Completion(
            text=self._text(asked, answer.tokens, sampling.stop),
            model=record.name,
            prompt=asked.text,
            seed=sampling.seed,
            sampling=sampling_record(
                sampling, answer.row.index, guided=answer.row.guide is not None
            ),
            prompt_tokens=len(asked.tokens),
            completion_tokens=len(answer.tokens),
            adapter=record.adapter,
            revision=record.revision or record.weights_sha256,
            finish_reason=answer.finish,
        )

    def _text(self, asked: Asked, tokens: list[int], stop: Sequence[str]) -> str:
        """What follows the beginning of the answer; both together are the whole answer."""
        before = self._decode(asked.prefix)
        text = self._decode([*asked.prefix, *tokens])[len(before) :]
        found = [text.index(end) for end in stop if end in text]
        return text[: min(found)] if found else text

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True)) if tokens else ""
