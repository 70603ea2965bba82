"""Templates by name, and tokenizers that have what a template needs."""

from __future__ import annotations

from typing import Any

from elatbot_flows.errors import EngineError
from elatbot_flows.text.question import Template

__all__ = ["load_tokenizer", "read_template", "require_chat_template"]


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


def load_tokenizer(name: str, template: Template, revision: str | None = None) -> Any:
    """Tokenizer of transformers from a folder or the hub.

    Parameters
    ----------
    name
        Folder or hub name.
    template
        How questions are written.
    revision
        On the hub.

    Raises
    ------
    EngineError
        If there is none, or it lacks the chat template that is asked for.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError, AttributeError) as error:
        why = " ".join(str(error).split())[:300]
        raise EngineError(
            f"no tokenizer can be loaded from {name!r}: {why}; give a folder with a model "
            "and its tokenizer, or a hub name"
        ) from error
    require_chat_template(tokenizer, name, template)
    return tokenizer


def require_chat_template(tokenizer: Any, name: str, template: Template) -> None:
    """Refuse a tokenizer that lacks the chat template it is to be used with.

    Raises
    ------
    EngineError
        If it does.
    """
    if template is Template.CHAT and not tokenizer.chat_template:
        raise EngineError(
            f"the tokenizer of {name} has no chat template: set template to 'elatbot' or 'raw', or "
            "store a template in its tokenizer_config.json"
        )
