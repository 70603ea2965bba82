"""A question as an engine gets it, and the ways to write it for a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from monty.json import MSONable

from elatbot_flows.text import wire
from elatbot_flows.text.elatbot_prompts import Prompt

__all__ = ["CrystalLimits", "Limits", "Question", "Template", "messages", "write"]


class Template(StrEnum):
    """How a question is written before it becomes tokens."""

    ELATBOT = "elatbot"
    """``Human: ...\\nAssistant: ``, as the published adapters were trained; no begin token."""
    CHAT = "chat"
    """The chat template of the model's tokenizer, the question as one message of the user."""
    RAW = "raw"
    """The text as it is, with whatever special tokens it spells; nothing is added."""
    BEGIN = "begin"
    """The text behind the token with which texts begin for the model's tokenizer, if it has one."""

    def begin(self, tokenizer: Any) -> str:
        """What a tokenizer of transformers is to find before a text."""
        return str(tokenizer.bos_token or "") if self is Template.BEGIN else ""


@dataclass(frozen=True)
class Limits(MSONable):
    """What a material that a model writes has to obey, beyond what a regular expression can say.

    Parameters
    ----------
    elements
        Symbols that may be used, each once.
    number
        How many different ones must be used.
    most_atoms
        Most atoms in the formula as it is written.
    """

    elements: tuple[str, ...]
    number: int
    most_atoms: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "elements", tuple(self.elements))  # JSON has no tuples


@dataclass(frozen=True)
class CrystalLimits(MSONable):
    """What an answer in Wyckoff positions has to obey: its question, and what that cannot say.

    Parameters
    ----------
    asked
        Question of `elatbot_flows.text.wyckoff.questions`.
    elements
        Symbols that may be chosen where the question leaves that open; None for all.
    most_sites
        In the primitive cell.
    most_elements
        Different ones in a formula that is chosen; None for no limit.
    """

    asked: str
    elements: tuple[str, ...] | None = None
    most_sites: int = 40
    most_elements: int | None = None

    def __post_init__(self) -> None:
        if self.elements is not None:  # JSON has no tuples
            object.__setattr__(self, "elements", tuple(self.elements))


@dataclass(frozen=True)
class Question(MSONable):
    """What is asked, and what an answer has to look like.

    Parameters
    ----------
    instruction
        What to do; may be empty.
    input
        What to do it with.
    pattern
        Regular expression that the whole rest of the answer matches, for engines that can decode
        under one. It uses only literals, classes, groups, ``|``, ``?`` and counted repetition.
    prefix
        Beginning of the answer, which the model goes on with.
    limits
        What a material has to obey, for models that write whole words of
        `elatbot_flows.text.compact` or `elatbot_flows.text.wyckoff` in transformers: they are held
        to it instead of the pattern.
        Other engines ask without it, so whoever reads the answer looks again.
    unconditional
        `input` without what answers are to follow more closely under guidance
        (`elatbot_flows.engines.base.Sampling`); None where nothing was taught without it.
    """

    instruction: str
    input: str
    pattern: str | None = None
    prefix: str = ""
    limits: Limits | CrystalLimits | None = None
    unconditional: str | None = None

    @property
    def loose_pattern(self) -> str | None:
        """Its pattern with a blank before an answer allowed, which is none of the answer.

        Vocabularies such as that of Llama 2 put a blank before every text, so that an answer begins
        with the token of a blank and ``[[``; models were trained to write that one.
        """
        if self.pattern is None or self.prefix:
            return self.pattern
        return f" ?(?:{self.pattern})"

    def in_words(self) -> Question:
        """The same for a vocabulary of whole words, whose tokens hold no blanks."""
        return replace(
            self, pattern=None if self.pattern is None else self.pattern.replace(" ", "")
        )

    def tidy(self, text: str) -> str:
        """An answer under `loose_pattern` as `pattern` has it."""
        loose = self.pattern is not None and not self.prefix
        return text.removeprefix(" ") if loose else text


def write(question: Question, template: Template) -> str:
    """Text of a question without the beginning of its answer.

    Raises
    ------
    ParseError
        With reason ``"ambiguous"``, see `elatbot_flows.text.wire.render`.
    ValueError
        For `Template.CHAT`: only the tokenizer knows its chat template, see `messages`.
    """
    if template is Template.CHAT:
        raise ValueError("a chat template belongs to a tokenizer: give it the messages instead")
    if template is Template.ELATBOT:
        return wire.render(Prompt(question.instruction, question.input))
    return "\n".join(part for part in (question.instruction, question.input) if part)


def messages(question: Question) -> list[dict[str, str]]:
    """Messages of a question for a chat template or a chat server."""
    return [{"role": "user", "content": write(question, Template.RAW)}]
