"""Questions as token numbers, for engines that are given those instead of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.base import Failure
from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Template, messages, write

if TYPE_CHECKING:
    from elatbot_flows.text.question import Question

__all__ = ["encode", "load_tokenizer", "prompt_text", "read_template", "too_long"]


def read_template(name: str) -> Template:
    """Template of a name.

    Raises
    ------
    EngineError
        If there is none.
    """
    try:
        return Template(name)
    except ValueError as error:
        raise EngineError(
            f"unknown template {name!r}: give one of {', '.join(Template)}"
        ) from error


def load_tokenizer(name: str, template: Template) -> Any:
    """Tokenizer of transformers from a folder or the hub.

    Raises
    ------
    EngineError
        If there is none, or it lacks the chat template that is asked for.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError, AttributeError) as error:
        why = " ".join(str(error).split())[:300]
        raise EngineError(
            f"no tokenizer can be loaded from {name!r}: {why}; give a folder or a hub name"
        ) from error
    if template is Template.CHAT and not tokenizer.chat_template:
        raise EngineError(
            f"the tokenizer {name!r} has no chat template: choose the template the model was "
            "trained with"
        )
    return tokenizer


def prompt_text(tokenizer: Any, question: Question, template: Template) -> str:
    """Text of a question and of the beginning of its answer.

    Raises
    ------
    ParseError
        If the question cannot be written.
    """
    return _text(tokenizer, question, template) + question.prefix


def encode(tokenizer: Any, question: Question, template: Template) -> list[int]:
    """Token numbers of a question and of the beginning of its answer, nothing added.

    Both become tokens separately, as in training (see `elatbot_flows.text.wire`).

    Raises
    ------
    ParseError
        If the question cannot be written.
    """
    parts = (_text(tokenizer, question, template), question.prefix)
    return [
        token
        for part in parts
        if part
        for token in tokenizer.encode(part, add_special_tokens=False)
    ]


def _text(tokenizer: Any, question: Question, template: Template) -> str:
    if template is not Template.CHAT:
        return write(question, template)
    talk = messages(question)
    return str(tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True))


def too_long(tokens: int, max_tokens: int, context_length: int | None) -> Failure | None:
    """Why a question has no room in the context together with its longest answer, if it has not."""
    if context_length is None or tokens + max_tokens <= context_length:
        return None
    return Failure(
        "prompt_too_long",
        f"{tokens} tokens of question and up to {max_tokens} of answer exceed the context of "
        f"{context_length}: shorten the question or lower max_tokens",
    )
