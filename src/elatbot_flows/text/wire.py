r"""What a model sees of a question and its answer: plain text, then token numbers.

::

    Human: {instruction}\n{input}\nAssistant: {answer}</s>

The line of the instruction is left out where it is empty. ElaTBot was trained without a token for
the beginning of a text, question and answer turned into tokens separately.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from elatbot_flows.errors import ParseError
from elatbot_flows.text.elatbot_prompts import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["END", "IGNORED", "Encoded", "Tokenizer", "encode", "parse", "render"]

END = "</s>"
"""Ends an answer."""
IGNORED = -100
"""Label of a token that the loss leaves out, as PyTorch and transformers have it."""
_HUMAN = "Human: "
_ASSISTANT = "\nAssistant: "


class Tokenizer(Protocol):
    """What `encode` needs of a tokenizer of transformers."""

    eos_token_id: int | None

    def encode(self, text: str, *, add_special_tokens: bool) -> Sequence[int]:
        """Token numbers of a text."""


@dataclass(frozen=True)
class Encoded:
    """Tokens and what to learn of them.

    Parameters
    ----------
    input_ids
        Token numbers.
    labels
        The same, `IGNORED` where the question stands.
    """

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]


def render(prompt: Prompt, answer: str | None = None) -> str:
    """Write a question, with its answer or ready to be answered.

    Raises
    ------
    ParseError
        With reason ``"ambiguous"`` if the parts could not be told apart afterwards.
    """
    text = _question(prompt)
    if answer is None:
        return text
    if END in answer:
        raise ParseError(f"an answer cannot hold {END!r}", reason="ambiguous")
    return text + answer + END


def _question(prompt: Prompt) -> str:
    instruction, text = prompt.instruction, prompt.input
    body = f"{instruction}\n{text}" if instruction else text
    first, line_break, _ = body.partition("\n")
    if (
        _ASSISTANT in body
        or END in body
        or bool(line_break) != bool(instruction)
        or (instruction and first != instruction)
    ):
        raise ParseError(
            "a question is one line of instruction, or none, and an input without the words "
            f"{_ASSISTANT.strip()!r} and {END!r}; without instruction the input is one line",
            reason="ambiguous",
        )
    return f"{_HUMAN}{body}{_ASSISTANT}"


def parse(text: str) -> tuple[Prompt, str | None]:
    """Read what `render` writes.

    Returns
    -------
    tuple
        The question, and the answer or None.

    Raises
    ------
    ParseError
        With reason ``"not_a_conversation"`` or, for an answer without its end, ``"unfinished"``.
    """
    question, mark, answer = text.partition(_ASSISTANT)
    body = question.removeprefix(_HUMAN)
    if not mark or body == question or END in body:
        raise ParseError(
            f"{text[:60]!r} is not a question between 'Human: ' and 'Assistant: '",
            reason="not_a_conversation",
        )
    first, line_break, rest = body.partition("\n")
    if line_break and not first:
        raise ParseError("the line of the instruction is empty", reason="not_a_conversation")
    prompt = Prompt(first, rest) if line_break else Prompt("", first)
    if not answer:
        return prompt, None
    if answer.find(END) != len(answer) - len(END):
        raise ParseError(f"the answer does not end with {END!r}", reason="unfinished")
    return prompt, answer.removesuffix(END)


def encode(tokenizer: Tokenizer, prompt: Prompt, answer: str | None = None) -> Encoded:
    """Turn a question, and its answer, into tokens as in the training of ElaTBot.

    Parameters
    ----------
    tokenizer
        Of the model; whatever it would add at the beginning of a text is left out.
    prompt
        The question.
    answer
        None to have it generated.

    Raises
    ------
    ParseError
        With reason ``"ambiguous"``, see `render`, or ``"no_end_token"`` for a tokenizer without
        ``eos_token``.
    """
    render(prompt, answer)
    question = tuple(tokenizer.encode(_question(prompt), add_special_tokens=False))
    if answer is None:
        return Encoded(question, (IGNORED,) * len(question))
    if tokenizer.eos_token_id is None:
        raise ParseError(
            "the tokenizer has no token for the end of an answer: set its eos_token",
            reason="no_end_token",
        )
    learned = (*tokenizer.encode(answer, add_special_tokens=False), tokenizer.eos_token_id)
    return Encoded(question + learned, (IGNORED,) * len(question) + learned)
