"""From a question to the tokens that a model of transformers reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from elatbot_flows.engines.base import Failure
from elatbot_flows.engines.guides import Guide, Guides
from elatbot_flows.engines.word_index import WordIndex
from elatbot_flows.errors import EngineError, GeneratorError, ParseError
from elatbot_flows.text.compact import vocabulary
from elatbot_flows.text.question import CrystalLimits, Template, messages, write
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.choices import begin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

    from elatbot_flows.text.question import Limits, Question

__all__ = ["Asked", "Asker"]


@dataclass(frozen=True, eq=False)
class Asked:
    """A question as the model reads it.

    Parameters
    ----------
    text
        Question and beginning of the answer.
    tokens
        The same in tokens.
    prefix
        Tokens of the beginning of the answer.
    guide
        What the rest of the answer has to follow.
    unconditional
        Tokens of the question without what guidance makes answers follow; none if there is none.
    """

    text: str
    tokens: tuple[int, ...]
    prefix: tuple[int, ...]
    guide: Guide | None
    unconditional: tuple[int, ...] = ()


class Asker:
    """Writes questions for one tokenizer.

    Parameters
    ----------
    tokenizer
        Of the model. Nothing is added that the template does not spell; the beginning of an answer
        is turned into tokens apart from its question, as in training.
    template
        How questions are written.
    context_length
        Most tokens of question and answer; None for no limit.
    guided
        Whether answers follow the patterns and limits of their questions.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        template: Template,
        context_length: int | None,
        *,
        guided: bool,
    ) -> None:
        self._tokenizer = tokenizer
        self._template = template
        self._limit = context_length
        self._guided = guided

        self._limited = lru_cache(maxsize=256)(self._guide_of_limits)

    @cached_property
    def _guides(self) -> Guides:
        return Guides(self._tokenizer)

    def _ids(self, words: Sequence[str]) -> dict[str, int]:
        """Token numbers of the words that limits are written in."""
        ids = self._tokenizer.get_vocab()
        if missing := sorted(set(words) - set(ids)):
            raise EngineError(
                f"limits need a model that writes whole words of its dialect; this one has no "
                f"{missing[0]!r}: leave the limits out"
            )
        return ids

    def ask(self, question: Question, max_tokens: int) -> Asked | Failure:
        """Text and tokens of a question, or why it cannot be asked."""
        try:
            text = self._write(question)
        except ParseError as error:
            return Failure(error.reason, str(error))
        prefix = self._encode(question.prefix)
        tokens = self._encode(text) + prefix
        if not tokens:
            return Failure("empty_prompt", "the question has no text: ask something")
        if self._limit is not None and len(tokens) + max_tokens > self._limit:
            return Failure(
                "prompt_too_long",
                f"the question has {len(tokens)} tokens and its answer may have {max_tokens}, but "
                f"the model reads {self._limit} together: shorten the question or lower max_tokens",
            )
        try:
            guide = self._guide(question, prefix)
        except (EngineError, GeneratorError) as error:
            return Failure("pattern_not_supported", str(error))
        except ParseError as error:
            return Failure(error.reason, str(error))
        other: tuple[int, ...] = ()
        if question.unconditional is not None:
            plain = replace(question, input=question.unconditional)
            other = self._encode(self._write(plain)) + prefix
        return Asked(text + question.prefix, tokens, prefix, guide, other)

    def continued(self, asked: Asked, answer: str) -> tuple[int, ...]:
        """Tokens of a question and an answer to it, as one text where that leaves the question."""
        whole = self._encode(asked.text + answer)
        if whole[: len(asked.tokens)] == asked.tokens:
            return whole
        return asked.tokens + self._encode(answer)

    def _write(self, question: Question) -> str:
        if self._template is not Template.CHAT:
            plain = write(question, self._template)
            return self._template.begin(self._tokenizer) + plain
        text = self._tokenizer.apply_chat_template(
            messages(question), add_generation_prompt=True, tokenize=False
        )
        return str(text)

    def _encode(self, text: str) -> tuple[int, ...]:
        if not text:
            return ()
        # Questions that are too long are told of below, question by question.
        return tuple(self._tokenizer.encode(text, add_special_tokens=False, verbose=False))

    def _guide(self, question: Question, prefix: tuple[int, ...]) -> Guide | None:
        if not self._guided:
            return None
        if question.limits is not None:
            return self._limited(question.limits)
        if question.pattern is None:
            return None
        return self._guides.guide(question.pattern, prefix)

    def _guide_of_limits(self, limits: Limits | CrystalLimits) -> Guide:
        if isinstance(limits, CrystalLimits):
            return Guide(WordIndex(begin(limits), self._ids(words.vocabulary())), 0)
        from elatbot_flows.engines.mini.grammar import MaterialIndex

        return Guide(MaterialIndex(limits, self._ids(vocabulary())), 0)
